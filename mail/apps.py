from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate

from crm.consent.signals import no_more
from mail import search_tables


class MailConfig(AppConfig):
    name = "mail"

    def ready(self) -> None:
        from crm.records import history
        from mail import on_records, refusals  # models are there only now

        post_migrate.connect(look_after_search, sender=self)
        history.SOURCES.append(history.Source("mails", on_records.lines))
        no_more.connect(refusals.stop_shared, dispatch_uid="mail.refusals")


def look_after_search(*, using: str, **kwargs: Any) -> None:
    """A migration that alters a table of SQLite drops its triggers, see `mail.search_tables`."""
    if connections[using].vendor == "sqlite":
        search_tables.install(connections[using])
