"""`manage.py demo`: everything that the demo needs, with one command and no server to install."""

import fcntl
import os
import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand

from crm.accounts.models import User
from crm.demo.ports import is_free
from crm.environment import is_loopback
from mail.models import Account

LAST_PORT = 65535


class Command(BaseCommand):
    """Prepares the database, then becomes the supervisor of web, worker and mail server."""

    help = "Starts Candor with demo users, demo data and a demo mail server, on this machine only."
    requires_system_checks = ()  # run below, after the refusal that explains the demo

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--reset", action="store_true", help="throw the demo's data away and begin afresh")

    def handle(self, *args: Any, reset: bool, **options: Any) -> None:
        _refuse_public_address()
        self.check()
        os.environ.update(_environment())
        _check_ports()
        _lock(settings.DATA_DIR)
        if reset:
            _run("demo_data", "--forget")
        call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
        if User.objects.exists():
            _follow_ports()
        else:
            self.stdout.write("Loading the demo data…")
            self.stdout.flush()
            _run("demo_data")
        _become_supervisor()


def _refuse_public_address() -> None:
    for name in ("SITE_URL", "TRACKING_URL"):
        address = getattr(settings, name)
        if not is_loopback(address):
            raise CommandError(
                f"The demo runs on this machine only, and {name} is {address}. "
                f"Unset {name} to see the demo, or follow docs/deployment.md for real use."
            )


def _environment() -> dict[str, str]:
    """What makes our own processes the demo's."""
    return {
        "CANDOR_DEMO": "1",
        "PORT": str(settings.PORT),
        "DATA_DIR": str(settings.DATA_DIR),
        "SITE_URL": f"http://localhost:{settings.PORT}",
        "TRACKING_URL": f"http://127.0.0.1:{settings.PORT}",
        "CANDOR_DEMO_SMTP_PORT": str(settings.DEMO_SMTP_PORT),
        "CANDOR_DEMO_IMAP_PORT": str(settings.DEMO_IMAP_PORT),
    }


def _check_ports() -> None:
    wanted = {"web": settings.PORT, "SMTP": settings.DEMO_SMTP_PORT, "IMAP": settings.DEMO_IMAP_PORT}
    for use, port in wanted.items():
        if not 0 < port <= LAST_PORT:
            raise CommandError(f"PORT={settings.PORT} leaves no room for the demo's {use} port {port}: choose a PORT below 65400.")
        if not is_free(port):
            elsewhere = settings.PORT + 100 if settings.PORT < LAST_PORT - 200 else 8000
            raise CommandError(
                f"Port {port} ({use}) is taken by another program, so nothing was started. "
                f"Stop that program, or choose another port: make run PORT={elsewhere}"
            )


def _lock(data: Path) -> None:
    """Hold DATA_DIR for this demo; the lock outlives the exec and ends with the supervisor."""
    descriptor = os.open(data / "demo.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise CommandError(
            f"Another Candor runs on the data in {data}. Stop it, or give this one a folder of its own: make run DATA_DIR=var2"
        ) from None
    os.set_inheritable(descriptor, True)


def _follow_ports() -> None:
    """The demo's mail accounts lead to the servers of this start, whatever PORT it had the last time."""
    ports = {"smtp_port": settings.DEMO_SMTP_PORT, "imap_port": settings.DEMO_IMAP_PORT}
    Account.objects.filter(is_demo=True).exclude(**ports).update(**ports)


def _run(*arguments: str) -> None:
    """Run a management command in a process that has the demo's settings."""
    code = subprocess.run([sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments], check=False).returncode  # noqa: S603 - our own words
    if code:
        raise CommandError(f"`manage.py {' '.join(arguments)}` failed, see above.", returncode=code)


def _become_supervisor() -> None:
    options = {
        "--port": settings.PORT,
        "--smtp-port": settings.DEMO_SMTP_PORT,
        "--imap-port": settings.DEMO_IMAP_PORT,
        "--data": settings.DATA_DIR,
    }
    arguments = [str(part) for option in options.items() for part in option]
    os.chdir(settings.BASE_DIR)
    os.execv(sys.executable, [sys.executable, "-m", "crm.demo.supervisor", *arguments])  # noqa: S606 - our own words
