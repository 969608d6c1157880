"""Encrypts every stored password and token with the newest of CREDENTIAL_KEYS, so that older ones can be dropped."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from crm.accounts import second_factor
from crm.lib.encryption import Rotation, rotate


class Command(BaseCommand):
    help = "Encrypt all stored passwords and tokens with the newest of CREDENTIAL_KEYS. Afterwards the older keys can be dropped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only count, change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        done = rotate(dry_run=options["dry_run"]) + second_factor.rotate(dry_run=options["dry_run"])
        self.stdout.write(_words(done, dry_run=options["dry_run"]))
        if done.unreadable:
            raise CommandError(
                f"{done.unreadable} can be read with none of the keys: add the key that is missing to CREDENTIAL_KEYS and run this again, "
                "or have their owners enter their passwords again under Email sync, and take unreadable second factors away under Users."
            )


def _words(done: Rotation, *, dry_run: bool) -> str:
    renewed = f"{done.renewed} would be encrypted" if dry_run else f"{done.renewed} encrypted"
    ending = "" if dry_run or done.unreadable else " Only the newest key of CREDENTIAL_KEYS is needed now."
    return f"{renewed} with the newest key, {done.current} had it already.{ending}"
