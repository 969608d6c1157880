"""What the user worked with last: shown where nothing has been asked yet."""

from django.db.models import F

from crm.accounts.models import User
from crm.records.models import RECORDS, TimelineEntry
from crm.searching.results import Result
from crm.searching.sources import SOURCES, veil

SHOWN = 6
LOOKED_AT = 60  # lines of the timeline


def results(user: User) -> list[Result]:
    """The records on whose timelines the user's own latest doings stand, the latest first."""
    lines = TimelineEntry.objects.visible_to(user).filter(actor=user).order_by(F("at").desc(), "-pk")
    keys = [(name, pk) for row in lines.values(*(f"{name}_id" for name in RECORDS))[:LOOKED_AT] for name, pk in _own(row)]
    wanted = list(dict.fromkeys(keys))[:SHOWN]
    found = {name: _present(user, name, [pk for one, pk in wanted if one == name]) for name in dict(wanted)}
    return [found[name][pk] for name, pk in wanted if pk in found[name]]


def _own(row: dict[str, int | None]) -> list[tuple[str, int]]:
    """The record that a line belongs to most of all."""
    pairs = [(name, row[f"{name}_id"]) for name in ("deal", "lead", "person", "organisation")]
    return [(name, pk) for name, pk in pairs if pk][:1]


def _present(user: User, name: str, pks: list[int]) -> dict[int, Result]:
    source = next(source for source in SOURCES if source.kind.name == name)
    rows = list(source.model.objects.visible_to(user).filter(pk__in=pks).select_related(*source.related))
    veil(rows, source.veiled, user)
    return {row.pk: source.present(row) for row in rows}
