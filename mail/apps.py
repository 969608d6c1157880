from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate

from mail import search_tables


class MailConfig(AppConfig):
    name = "mail"

    def ready(self) -> None:
        post_migrate.connect(look_after_search, sender=self)


def look_after_search(*, using: str, **kwargs: Any) -> None:
    """A migration that alters a table of SQLite drops its triggers, see `mail.search_tables`."""
    if connections[using].vendor == "sqlite":
        search_tables.install(connections[using])
