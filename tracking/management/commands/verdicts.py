"""`manage.py verdicts FILE.jsonl`: how good the rules are on labelled requests."""

import sys
from argparse import ArgumentParser
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from tracking.replay import OUR_DOMAINS, Broken, Replayed, Score, replay, scenarios
from tracking.verdicts import words_of

SILENT = frozenset({Score.EXACT})
SCORES = (Score.EXACT, Score.ACCEPTED, Score.WRONG, Score.NEVER)


class Command(BaseCommand):
    """Judge each scenario, print what differs from its labels and why, and the totals."""

    help = (
        "Judge labelled requests (a scenario a line, see docs/verdicts.md) and compare; exit 1 if a line is broken or a “never” came out."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to read and how much to print."""
        parser.add_argument("file", help="a file of JSON lines, or - for standard input")
        parser.add_argument("--all", action="store_true", help="print scenarios that came out exactly, too")
        parser.add_argument(
            "--own-domain", action="append", default=[], help="a recipient's domain that is the sender's own (may be given several times)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, judge, print; nothing is stored."""
        totals: dict[str, Counter[Score]] = defaultdict(Counter)
        broken = 0
        own_domains = (*OUR_DOMAINS, *options["own_domain"])
        with _opened(options["file"]) as lines:
            for number, found in scenarios(lines, own_domains):
                if isinstance(found, Broken):
                    broken += 1
                    self.stderr.write(_("Line %(number)d: %(fault)s") % {"number": number, "fault": found})
                else:
                    replayed = replay(found)
                    totals[found.group][replayed.score] += 1
                    if options["all"] or replayed.score not in SILENT:
                        self._print(replayed)
        self._print_totals(totals)
        if broken or any(counts[Score.NEVER] for counts in totals.values()):
            sys.exit(1)

    def _print(self, replayed: Replayed) -> None:
        scenario = replayed.scenario
        self.stdout.write(f"{scenario.name} {scenario.group} {replayed.score}")
        for place, judgement in enumerate(replayed.judgements):
            wanted = scenario.expect[place] if scenario.expect else ""
            expected = "" if wanted in ("", judgement.verdict) else _(", expected %s") % wanted
            why = "; ".join(map(str, words_of(judgement.reasons)))
            self.stdout.write(f"  {place + 1}. {judgement.verdict}{expected}: {why}")

    def _print_totals(self, totals: dict[str, Counter[Score]]) -> None:
        whole: Counter[Score] = sum(totals.values(), Counter())
        if whole[Score.UNLABELLED]:
            self.stdout.write(_("without labels: %d") % whole[Score.UNLABELLED])
        labelled = sum(whole[score] for score in SCORES)
        if labelled:
            for group, counts in sorted(totals.items()):
                self.stdout.write(f"{group or '-':12} " + "  ".join(f"{score} {counts[score]}" for score in SCORES))
            share = whole[Score.EXACT] / labelled
            self.stdout.write(
                "  ".join(f"{score} {whole[score]}" for score in SCORES)
                + _("  of %(count)d: %(share).1f %% exact") % {"count": labelled, "share": share * 100}
            )


@contextmanager
def _opened(name: str) -> Iterator[TextIO]:
    """The file's lines, or standard input's. Raises CommandError."""
    if name == "-":
        yield sys.stdin
        return
    try:
        with Path(name).open(encoding="utf-8") as lines:
            yield lines
    except OSError as error:
        raise CommandError(_("%(file)s cannot be read: %(fault)s") % {"file": name, "fault": error.strerror}) from error
    except UnicodeDecodeError as error:
        raise CommandError(_("%(file)s is not a text in UTF-8.") % {"file": name}) from error
