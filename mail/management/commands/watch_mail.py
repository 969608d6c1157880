"""Waits at the inboxes of all accounts for news, so that mail comes in within a second or two. One process of an installation runs it."""

import signal
import threading
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from mail import tasks
from mail.sync.watching import Watcher


class Command(BaseCommand):
    help = "Waits at the inboxes of all synced accounts (IMAP IDLE) and has them synced when something happens. Run exactly one."

    def handle(self, *args: Any, **options: Any) -> None:
        stopping = threading.Event()

        def stop(number: int, frame: FrameType | None) -> None:
            stopping.set()

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, stop)
        self.stdout.write(_("Watching mailboxes. Ctrl-C ends it."))
        Watcher(tasks.news_of).run(stopping)
