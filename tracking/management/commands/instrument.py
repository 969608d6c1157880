"""`manage.py instrument FILE.html`: what a recipient would get of a body, and what was done with each of its links."""

import re
import sys
from argparse import ArgumentParser
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from tracking import hosts, placing
from tracking.instrument import filled, plan_for
from tracking.links import REASONS, Found
from tracking.models import Copy, TrackedMail

LINE_END = re.compile(r"\r\n?|\n")
AS_BYTES = "surrogateescape"  # what is no UTF-8 goes through as it is


class Command(BaseCommand):
    """Print the body as one copy of a tracked mail holds it; each link and the pixel's place go to standard error."""

    help = "Print an HTML body as a recipient would get it, and on standard error what was done with each link and why. Stores nothing."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to read, and whose tracking host to take."""
        parser.add_argument("file", help="a file of HTML, or - for standard input")
        parser.add_argument("--sender", default="", help="the address that the mail goes out from; its domain chooses the tracking host")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, plan, print: the links lead where they should, but nothing they are asked for is recorded."""
        if not settings.TRACKING_KEYS:
            raise CommandError(_("Nothing can be tracked: TRACKING_KEYS is empty."))
        html = self._read(options["file"])
        mail = TrackedMail(created_at=timezone.now(), host=hosts.host_for(options["sender"]), tracks_opens=True, tracks_links=True)
        try:
            plan = plan_for(html, mail=mail)
            tracked = filled(plan, Copy(mail=mail), numbers=range(len(plan.tracked)))
        except Exception as error:  # as when sending: a mail that cannot be tracked is still a mail
            self.stderr.write(_("The mail goes out as it is, untracked: it could not be prepared (%s).") % type(error).__name__)
            tracked = html
        else:
            for line in _lines(html, plan.links):
                self.stderr.write(line)
            self.stderr.write(_("pixel: %s") % placing.PLACES[plan.place])
        self._warn_of_length(placing.size(tracked))
        self._print(tracked)

    def _read(self, name: str) -> str:
        """The file's text with its line ends as they are. Raises CommandError."""
        try:
            content = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        except OSError as error:
            raise CommandError(_("%(file)s cannot be read: %(fault)s") % {"file": name, "fault": error.strerror}) from error
        if b"\0" in content:
            raise CommandError(_("%(file)s is no HTML in UTF-8: it holds NUL bytes.") % {"file": name})
        html = content.decode(errors=AS_BYTES)
        if not _is_utf8(html):
            self.stderr.write(_("%(file)s is not in UTF-8: its letters beyond ASCII are kept as the bytes that they are.") % {"file": name})
        return html

    def _warn_of_length(self, size: int) -> None:
        if size > placing.NEARLY_CLIPPED:
            told = {"size": size // 1000, "limit": placing.GMAIL_CLIPS // 1000}
            self.stderr.write(_("warning: %(size)s KB, of which Gmail shows the first %(limit)s") % told)

    def _print(self, html: str) -> None:
        """The very bytes, whatever charset the terminal has."""
        stream = getattr(self.stdout, "buffer", None)
        if stream:
            stream.write(html.encode(errors=AS_BYTES))
            stream.flush()
        else:
            self.stdout.write(html, ending="")


def _lines(html: str, links: Iterable[Found]) -> Iterator[str]:
    """What was done with each link, after the number of its line."""
    ends = [end.start() for end in LINE_END.finditer(html)]
    for link in links:
        done = _("left as it is: %s") % REASONS[link.reason] if link.reason else _("tracked")
        yield f"{bisect_left(ends, link.tag) + 1}: {link.target!r} “{_printable(link.text)}” {done}"


def _printable(words: str) -> str:
    return "".join(letter if letter.isprintable() else "�" for letter in words)


def _is_utf8(html: str) -> bool:
    try:
        html.encode()
    except UnicodeEncodeError:
        return False
    return True
