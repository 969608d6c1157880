"""For how long what is kept, as the policy and the settings in force say, for the pages that tell of it."""

from dataclasses import dataclass

from django.conf import settings
from django.db import connection

from crm.consent import policy
from crm.consent.models import Rule, Settings


@dataclass(frozen=True)
class Facts:
    """Sentences and numbers, as they are now."""

    demands: list[str]  # of the company
    stricter: list[tuple[str, list[str]]]  # for whom, and what
    hits: str
    trash_days: int
    tracks_unknown: bool
    database: str
    data_dir: str


def facts() -> Facts:
    """What is in force."""
    company = policy.of_company()
    return Facts(
        demands=policy.demands_in_words(company),
        stricter=[(policy.name(policy.key_of(rule)), _clauses(rule)) for rule in policy.rules()],
        hits=policy.kept_hits(Settings.load().hits_days),
        trash_days=settings.TRASH_DAYS,
        tracks_unknown=company["tracks_unknown"],
        database="PostgreSQL" if connection.vendor == "postgresql" else "SQLite",
        data_dir=str(settings.DATA_DIR),
    )


def _clauses(rule: Rule) -> list[str]:
    return policy.demands_in_words({name: getattr(rule, name) for name in policy.DEMANDS})
