"""`manage.py import_mail --user EMAIL FILE…`: brings mails from files into somebody's Archive."""

import logging
import sys
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.accounts.models import User
from mail import importing, intake, parsing
from mail.importing import Found
from mail.models import Account, Message
from mail.parsing import Letter

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    """Import every mail of the files, name those that cannot be read, and count."""

    help = (
        "Import mails from .eml files, mbox files and folders of them into a user's Archive, and into Sent what one of the user's accounts "
        "sent. What was imported before is not imported again. Each file that cannot be read is named on standard error with the reason, "
        "and the import goes on; exit 1 if there was one."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose mail it becomes, and where it is."""
        parser.add_argument("--user", required=True, metavar="EMAIL", help="the address by which the user signs in")
        parser.add_argument(
            "files", nargs="+", metavar="FILE", help="an .eml file, an mbox file, or a folder, which is searched throughout"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """One mail at a time; it may be interrupted and begun again."""
        user = User.objects.filter(email__iexact=options["user"]).first()
        if user is None:
            raise CommandError(_("Nobody signs in as %(email)s.") % {"email": options["user"]})
        own = {one.casefold() for one in Account.objects.filter(owner=user).values_list("email", flat=True)}
        counts: Counter[str] = Counter()
        for name in options["files"]:
            for found in importing.mails_in(Path(name)):
                counts[self._import(found, user, own)] += 1
        self.stdout.write(
            _("%(new)d imported, %(known)d already there, %(broken)d not read.")
            % {name: counts[name] for name in ("new", "known", "broken")}
        )
        if counts["broken"]:
            sys.exit(1)

    def _import(self, found: Found, user: User, own: set[str]) -> str:
        """What became of a mail: “new”, “known” or “broken”."""
        try:
            return "new" if self._is_taken_in(importing.read(found), user, own) else "known"
        except parsing.Unreadable as error:
            reason = error.sentence
        except Exception as error:  # one mail that nobody thought of must not keep the others out
            logger.exception("A mail could not be imported.")
            reason = _("It could not be kept (%s).") % type(error).__name__
        self.stderr.write(f"{found.place}: {reason}")
        return "broken"

    def _is_taken_in(self, letter: Letter, user: User, own: set[str]) -> bool:
        folder = Message.Folder.SENT if letter.sender.email.casefold() in own else Message.Folder.ARCHIVE
        taken = intake.take_in(letter, owner=user, account=None, folder=folder, is_read=True, at=None, now=timezone.now())
        return taken.is_new
