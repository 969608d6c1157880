"""`manage.py check_tracking`: whether every tracking host works as recipients need it."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from tracking import checking

MARKS = {checking.State.GOOD: "ok", checking.State.WARN: "warning", checking.State.BAD: "FAULT"}


class Command(BaseCommand):
    """Look at TRACKING_URL and TRACKING_HOSTS; exit 1 when recipients would get nothing from one of them."""

    help = "Check that each tracking host resolves, has a valid certificate and answers from this installation; exit 1 when one does not."

    def handle(self, *args: Any, **options: Any) -> None:
        """One block a host: the address, and each finding in a sentence."""
        checked = checking.check_all()
        for one in checked:
            self.stdout.write(one.address)
            for finding in one.findings:
                self.stdout.write(f"  {MARKS[finding.state]}: {finding.words}")
        if any(one.state == checking.State.BAD for one in checked):
            sys.exit(1)
