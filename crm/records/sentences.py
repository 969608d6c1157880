"""What lines of the timeline say: the log keeps which sentence it is and what stands in it, and each reader reads it in their language."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.records.money import money


@dataclass(frozen=True)
class Sentence:
    """One of `SENTENCES` and its gaps, which JSON can hold; as a string it is in the active language."""

    key: str
    gaps: Mapping[str, Any]

    def __str__(self) -> str:
        return SENTENCES[self.key](**self.gaps)

    def kept(self) -> list[Any]:
        """As a line keeps it."""
        return [self.key, dict(self.gaps)]


def say(key: str, **gaps: Any) -> Sentence:
    """The sentence of that key. Raises KeyError where there is none, TypeError where its gaps are others."""
    said = Sentence(key, gaps)
    str(said)
    return said


def words(kept: list[Any] | None, otherwise: str) -> str:
    """A kept sentence in the active language; `otherwise` where none was kept, or by a version that knew another one."""
    try:
        return str(Sentence(*kept)) if kept else otherwise
    except (KeyError, TypeError):
        return otherwise


def _deal_created(stage: str, value: str = "", currency: str = "") -> str:
    if not value:
        return _("Deal created in {stage}").format(stage=stage)
    return _("Deal of {value} created in {stage}").format(value=money(Decimal(value), currency), stage=stage)


def _won(days: int, reason: str) -> str:
    won = ngettext("Won after {days} day", "Won after {days} days", days).format(days=days) if days else _("Won")
    return _with_reason(won, reason)


def _with_reason(text: str, reason: str) -> str:
    return f"{text}: {reason}" if reason else text


SENTENCES: Final[Mapping[str, Callable[..., str]]] = {
    "person_added": lambda: _("Contact added"),
    "organisation_added": lambda: _("Organisation added"),
    "lead_added": lambda: _("Lead added"),
    "imported": lambda name: _("Imported from %(name)s") % {"name": name},
    "deal_created": _deal_created,
    "moved": lambda old, new: _("Moved from {old} to {new}").format(old=old, new=new),
    "won": _won,
    "lost": lambda reason: _with_reason(_("Lost"), reason),
    "reopened": lambda stage: _("Reopened in {stage}").format(stage=stage),
    "converted": lambda deal: _("Converted into the deal “{deal}”").format(deal=deal),
    "from_lead": lambda lead: _("Came from the lead “{lead}”").format(lead=lead),
    "archived": lambda: _("Archived"),
    "restored": lambda: _("Brought back from the archive"),
    "back_in_inbox": lambda: _("Back in the inbox"),
    "merged": lambda name: _("Merged with {name}").format(name=name),
    "not_kept": lambda words: _("Not kept of the two: {words}").format(words=words),
}
