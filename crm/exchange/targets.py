"""What a column may hold: the fields of a record, parts of them, what goes elsewhere. Keys are kept in `ImportJob.mapping`.

"emails@home": a field that has a label. "organisation.city", "person.emails": a field of the organisation or the person beside.
"custom-12": a field of the company's own. All others are names of fields, or one of EXTRA.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.records.fields import book
from crm.records.fields.book import Field, Kind
from crm.records.models import CustomField, Label

LABELLED: Final = {  # labels that are offered for a field
    "emails": (Label.WORK, Label.HOME, Label.BILLING, Label.OTHER),
    "phones": (Label.WORK, Label.MOBILE, Label.HOME, Label.FAX, Label.OTHER),
}
PLACE: Final = ("address", "address2", "postcode", "city", "region", "country")
PLACE_LABELS: Final = (Label.WORK, Label.HOME, Label.BILLING, Label.OTHER)
PART_NAMES: Final = {
    "first_name": gettext_lazy("First name"),
    "middle_name": gettext_lazy("Middle name"),
    "last_name": gettext_lazy("Last name"),
}
CONSENT_NAMES: Final = {
    "consent.state": gettext_lazy("Tracking consent: what was said"),
    "consent.at": gettext_lazy("Tracking consent: when"),
    "consent.note": gettext_lazy("Tracking consent: how it is known"),
}
EXTRA: Final[dict[str, dict[str, str | Promise]]] = {
    "person": {
        "address2": gettext_lazy("Second line of the street"),
        "note": gettext_lazy("Note"),
        "created_at": gettext_lazy("Added"),
        "label": gettext_lazy("Label of the next column"),
    },
    "organisation": {
        "address2": gettext_lazy("Second line of the street"),
        "note": gettext_lazy("Note"),
        "created_at": gettext_lazy("Added"),
        "label": gettext_lazy("Label of the next column"),
    },
    "deal": {
        "pipeline": gettext_lazy("Pipeline"),
        "status": gettext_lazy("Status (open, won, lost)"),
        "closing_reason": gettext_lazy("Reason"),
        "closed_at": gettext_lazy("Closed"),
        "note": gettext_lazy("Note"),
        "created_at": gettext_lazy("Added"),
    },
    "lead": {"note": gettext_lazy("Note"), "created_at": gettext_lazy("Added")},
}
ORGANISATION_FIELDS: Final = ("domain", "emails", "phones", "address", "postcode", "city", "region", "country")
PERSON_FIELDS: Final = ("emails", "phones", "job_title")
REPEATABLE: Final = frozenset({Kind.POINTS, Kind.TAGS, Kind.CHOICES, Kind.PEOPLE})
ALWAYS_REPEATABLE: Final = frozenset({"", "note", "label", "address2"})


@dataclass(frozen=True)
class Target:
    """One thing that a column can be mapped to."""

    key: str
    label: str


@dataclass(frozen=True)
class Group:
    """Targets that stand together in the select."""

    label: str
    targets: tuple[Target, ...]


def offered(kind: str) -> list[Group]:
    """All that a column of a file of this kind can hold, as a select shows it."""
    groups = [Group(_("Fields"), (*_names(kind), *_shipped(kind), *_extra(kind))), Group(_("Your own fields"), tuple(_custom(kind)))]
    if kind in ("person", "organisation"):
        groups.append(Group(_("Further addresses"), tuple(_places())))
    if kind == "deal":
        groups.append(Group(_("Contact of the deal"), tuple(_beside("person", PERSON_FIELDS))))
    if kind in ("person", "deal"):
        groups.append(Group(_("Organisation, where it is new"), tuple(_beside("organisation", ORGANISATION_FIELDS))))
    if kind == "person":
        groups.append(Group(_("Consent"), tuple(Target(key, str(label)) for key, label in CONSENT_NAMES.items())))
    return [group for group in groups if group.targets]


def known(kind: str) -> set[str]:
    """The keys of all of them, and the empty one."""
    return {"", *(target.key for group in offered(kind) for target in group.targets)}


def fields(kind: str) -> dict[str, Field]:
    """The fields of a kind of record that can be written, by their keys."""
    return {field.key: field for field in book.of(kind) if not field.is_fixed}


def is_repeatable(target: str, of: dict[str, Field]) -> bool:
    """Whether several columns may be mapped to it: their values are put together."""
    name = target.partition("@")[0].rpartition(".")[2]
    return target in ALWAYS_REPEATABLE or name in ("emails", "phones") or (name in of and of[name].kind in REPEATABLE)


def keys(kind: str, mapping: Iterable[str]) -> list[tuple[str, str]]:
    """By what records that are here already may be known, given what is mapped; the best first."""
    mapped = {target.partition("@")[0] for target in mapping}
    return [(key, label) for key, label in _keys(kind) if KEY_NEEDS[key.partition("-")[0]](mapped, key)]


def _keys(kind: str) -> list[tuple[str, str]]:
    custom = CustomField.objects.filter(of=kind, archived_at=None, kind__in=(CustomField.Kind.TEXT, CustomField.Kind.NUMBER))
    own = [(f"custom-{field.pk}", field.name) for field in custom]
    shipped = {
        "person": [("emails", _("Email, any address")), ("phones", _("Phone")), ("name", _("Name and organisation"))],
        "organisation": [("domain", _("Domain")), ("name", _("Name"))],
        "deal": [("title", _("Title and organisation"))],
        "lead": [("email", _("Email")), ("title", _("Title"))],
    }
    return [*shipped[kind], *own]


def _has_name(mapped: set[str], key: str) -> bool:
    return bool(mapped & {"name", *PART_NAMES})


def _is_mapped(mapped: set[str], key: str) -> bool:
    return key in mapped


def _always(mapped: set[str], key: str) -> bool:
    return True


KEY_NEEDS: Final[dict[str, Callable[[set[str], str], bool]]] = {
    "emails": _is_mapped,
    "phones": _is_mapped,
    "email": _is_mapped,
    "domain": _is_mapped,
    "custom": _is_mapped,
    "name": _has_name,
    "title": _always,
}


def _names(kind: str) -> Iterable[Target]:
    """Where a name is put together from several columns."""
    if kind in ("person", "lead"):
        yield from (Target(key, str(label)) for key, label in PART_NAMES.items())


def _shipped(kind: str) -> Iterable[Target]:
    for key, field in fields(kind).items():
        if field.custom is not None or key == "addresses":
            continue
        yield Target(key, str(field.label))
        yield from (Target(f"{key}@{label}", f"{field.label} · {label.label}") for label in LABELLED.get(key, ()))


def _custom(kind: str) -> Iterable[Target]:
    return (Target(key, str(field.label)) for key, field in fields(kind).items() if field.custom is not None)


def _extra(kind: str) -> Iterable[Target]:
    return (Target(key, str(label)) for key, label in EXTRA[kind].items())


def _places() -> Iterable[Target]:
    of = fields("organisation")
    for label in PLACE_LABELS:
        for key in PLACE:
            name = of[key].label if key in of else EXTRA["person"][key]
            yield Target(f"{key}@{label}", f"{label.label} · {name}")


def _beside(kind: str, chosen: Iterable[str]) -> Iterable[Target]:
    of = fields(kind)
    return (Target(f"{kind}.{key}", f"{of[key].label}") for key in chosen)
