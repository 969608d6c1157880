"""`manage.py instrument FILE.html`: what a recipient would get of a body, and what was done with each of its links."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from tracking import hosts, placing
from tracking.instrument import filled, plan_for
from tracking.links import REASONS, Found
from tracking.models import Copy, TrackedMail


class Command(BaseCommand):
    """Print the body as one copy of a tracked mail holds it; each link and the pixel's place go to standard error."""

    help = "Print an HTML body as a recipient would get it, and on standard error what was done with each link and why. Stores nothing."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to read, and whose tracking host to take."""
        parser.add_argument("file", help="a file of HTML in UTF-8, or - for standard input")
        parser.add_argument("--sender", default="", help="the address that the mail goes out from; its domain chooses the tracking host")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, plan, print: the links lead where they should, but nothing they are asked for is recorded."""
        html = _read(options["file"])
        mail = TrackedMail(created_at=timezone.now(), host=hosts.host_for(options["sender"]), tracks_opens=True, tracks_links=True)
        try:
            plan = plan_for(html, mail=mail)
            tracked = filled(plan, Copy(mail=mail), numbers=range(len(plan.tracked)))
        except Exception as error:  # as when sending: a mail that cannot be tracked is still a mail
            self.stderr.write(_("The mail goes out as it is, untracked: it could not be prepared (%s).") % type(error).__name__)
            tracked = html
        else:
            for link in plan.links:
                self.stderr.write(_line(html, link))
            self.stderr.write(_("pixel: %s") % placing.PLACES[plan.place])
        self.stdout.write(tracked, ending="")


def _line(html: str, link: Found) -> str:
    done = _("left as it is: %s") % REASONS[link.reason] if link.reason else _("tracked")
    return f"{html.count(chr(10), 0, link.tag) + 1}: {link.target!r} “{link.text}” {done}"


def _read(name: str) -> str:
    """The file's text with its line ends as they are. Raises CommandError."""
    try:
        content = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise CommandError(_("%(file)s cannot be read: %(fault)s") % {"file": name, "fault": error.strerror}) from error
    if b"\0" in content:
        raise CommandError(_("%(file)s is no HTML: it holds NUL bytes.") % {"file": name})
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise CommandError(_("%(file)s is not a text in UTF-8.") % {"file": name}) from error
