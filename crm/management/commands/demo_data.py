"""`manage.py demo_data`: loads the demo's data into an empty database, or forgets it; run by `manage.py demo`."""

import shutil
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand
from django.utils import timezone

from crm.accounts.models import User
from crm.demo.company import COLLEAGUES
from crm.demo.data import everything

FOLDERS = ("demo-mail", "spool", "queue", "files", "logs")


class Command(BaseCommand):
    """Refuses to touch a database that somebody works with."""

    help = "Loads the demo's data; run by `manage.py demo`."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--forget", action="store_true", help="empty the demo's database and mailboxes instead")

    def handle(self, *args: Any, forget: bool, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("Demo data is loaded by `manage.py demo` only.")
        if forget:
            _forget()
        elif User.objects.exists():
            raise CommandError("The database has users already, so no demo data was loaded.")
        else:
            everything.load(now=timezone.now())


def _forget() -> None:
    call_command("migrate", verbosity=0, interactive=False)
    if User.objects.exists() and not User.objects.filter(email__in=[colleague.email for colleague in COLLEAGUES]).exists():
        raise CommandError("The database holds users who are not the demo's, so it was left as it is.")
    call_command("flush", verbosity=0, interactive=False)
    for name in FOLDERS:
        shutil.rmtree(settings.DATA_DIR / name, ignore_errors=True)
