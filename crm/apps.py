"""The project's own application: checks, the Celery app, commands."""

from django.apps import AppConfig


class CrmConfig(AppConfig):
    name = "crm"
    label = "crm"

    def ready(self) -> None:
        from crm import checks  # noqa: F401 - registers the system checks
        from crm.celery import app  # noqa: F401 - shared tasks bind to it
