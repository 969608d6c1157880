"""`manage.py reclassify`: today's rules upon the hits that are recorded."""

from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tracking import reclassifying
from tracking.models import Event
from tracking.verdicts import RULES_VERSION


class Command(BaseCommand):
    """Judge recorded hits anew from their facts, and say what has changed: numbers only, for it is nobody's but each sender's."""

    help = "Judge recorded hits anew after a change of the rules, correct counters, icons, cards and timelines, and say what changed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to judge, and whether to keep it."""
        parser.add_argument("--all", action="store_true", help="also hits that were judged by these rules already")
        parser.add_argument("--dry-run", action="store_true", help="only say what would change")

    def handle(self, *args: Any, **options: Any) -> None:
        """Step by step; it may be interrupted and begun again."""
        events = Event.objects.all() if options["all"] else reclassifying.outdated()
        hits = events.count()
        verdicts: Counter[tuple[str, str]] = Counter()
        mails: set[int] = set()
        left: set[int] = set()
        for outcome in reclassifying.reclassify(events, now=timezone.now(), is_trial=options["dry_run"]):
            verdicts += outcome.verdicts
            mails |= outcome.mails
            left |= outcome.left
        looked = ngettext("%(hits)d hit judged by rules %(version)d.", "%(hits)d hits judged by rules %(version)d.", hits)
        self.stdout.write(looked % {"hits": hits, "version": RULES_VERSION})
        for (before, after), number in sorted(verdicts.items()):
            self.stdout.write(f"  {before} → {after}: {number}")
        if left:
            kept = ngettext(
                "%(hits)d hit keeps its verdict: too little is left of the addresses that it was made from.",
                "%(hits)d hits keep their verdict: too little is left of the addresses that it was made from.",
                len(left),
            )
            self.stdout.write(kept % {"hits": len(left)})
        changed = ngettext("%(mails)d mail shows something else.", "%(mails)d mails show something else.", len(mails))
        self.stdout.write(changed % {"mails": len(mails)} if mails else _("Nothing changes for anybody."))
        if options["dry_run"]:
            self.stdout.write(_("That was a trial: nothing was written."))
