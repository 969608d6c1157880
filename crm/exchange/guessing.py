"""What a file holds and which of its columns is what, guessed from its headings and first values; people correct the rest."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.utils.translation import override

from crm.exchange import headings, targets
from crm.exchange.reading import Row, Sheet
from crm.records.fields.book import Field
from crm.records.models import Label

SAMPLE: Final = 200
PREFIX = re.compile(r"^\s*([^\W\d_][^-:.\d]*?)\s*(?:\s-\s|:\s+|\.)\s*(.+)$")
DATES = re.compile(r"\s*(\d{1,2})[/.-](\d{1,2})[/.-](\d{2,4})\b")
SALE_SIGNS: Final = frozenset({"value", "stage", "expected_close_on", "pipeline", "probability", "currency"})
NAMES: Final = frozenset({"name", "first_name", "last_name"})


@dataclass(frozen=True)
class Guess:
    """All that was guessed."""

    kind: str
    mapping: list[str]
    day_first: bool
    decimal_comma: bool


def guess(sheet: Sheet, *, kind: str = "") -> Guess:
    """What a person would most likely choose; `kind` where it is known."""
    chosen = kind or kind_of(sheet.head)
    return Guess(chosen, mapping_of(sheet, chosen), is_day_first(sheet), is_decimal_comma(sheet))


def signature(head: Sequence[str]) -> str:
    """By what a file with the same headings is known again."""
    return hashlib.sha256("\x1f".join(heading.casefold() for heading in head).encode()).hexdigest()


def kind_of(head: Sequence[str]) -> str:
    """Which records the rows are."""
    prefixes = [_prefixed(heading)[0] for heading in head]
    for kind in ("deal", "lead"):
        if kind in prefixes:
            return kind
    if any(word in ("lead title", "lead name", "lead source") for word in map(folded, head)) and "title" in _targets(head, "lead"):
        return "lead"
    if len(SALE_SIGNS & set(_targets(head, "deal"))) >= 2:
        return "deal"
    return "organisation" if _is_of_organisations(head, prefixes) else "person"


def _is_of_organisations(head: Sequence[str], prefixes: Sequence[str]) -> bool:
    """The organisation has a name and nobody else has one."""
    as_people = {target.partition("@")[0] for target in _targets(head, "person")}
    as_organisations = set(_targets(head, "organisation"))
    if "person" in prefixes or as_people & {"first_name", "last_name"} or "name" not in as_organisations:
        return False
    if "organisation" in as_people and "name" not in as_people:
        return "emails" not in as_people or "organisation" in prefixes
    return "domain" in as_organisations and not as_people & {"emails", "job_title", "organisation"}


def mapping_of(sheet: Sheet, kind: str) -> list[str]:
    """For each column a key of `targets`, or nothing."""
    found = _targets(sheet.head, kind)
    found = [_unless_salutations(target, place, sheet.rows) for place, target in enumerate(found)]
    found = _whole_names(found, sheet.head)
    found = _main_place(found)
    found = _consent_with_its_date(found)
    return _fullest(found, sheet.rows, targets.fields(kind))


def _targets(head: Sequence[str], kind: str) -> list[str]:
    own = _own_names(kind)
    return [_target(heading, kind, own) for heading in head]


def _own_names(kind: str) -> dict[str, str]:
    """Our own names of the fields in every language, under which we export them; the custom ones among them."""
    names: dict[str, str] = {}
    for code, _name in reversed(settings.LANGUAGES):
        with override(code):
            for group in targets.offered(kind):
                names |= {target.label.casefold(): target.key for target in group.targets if "." not in target.key}
    return names


def _target(heading: str, kind: str, own: Mapping[str, str]) -> str:
    prefix, rest = _prefixed(heading)
    if prefix and prefix != kind:
        return _beside(prefix, folded(rest), kind)
    word = folded(rest)
    return own.get(heading.casefold()) or own.get(rest.casefold()) or _known(word, kind) or _of_company(word, kind)


def _prefixed(heading: str) -> tuple[str, str]:
    """Of which record a heading such as "Person - Email - Work" is, and what is left of it."""
    found = PREFIX.match(heading)
    word = folded(found[1]) if found else ""
    kind = next((kind for kind, names in headings.PREFIXES.items() if word in names), "")
    return (kind, found[2]) if found and kind else ("", heading)


def folded(heading: str) -> str:
    """A heading as the tables write it."""
    bare = re.sub(r"['’]s\b", "", heading.casefold())
    return " ".join(re.sub(r"[\W_]+", " ", bare).split())


def _known(word: str, kind: str) -> str:
    """By the tables: as it stands, without its number, with a label."""
    bare = " ".join(re.sub(r"\b\d+\b", " ", word).split())
    if word in headings.LEFT_OUT or bare in headings.LEFT_OUT:
        return ""
    if bare in headings.LABEL_OF_NEXT and "label" in targets.EXTRA[kind]:
        return "label"
    further = re.match(r"address (\d+) ", word)
    if further and int(further[1]) > 1 and kind in ("person", "organisation"):
        place = _named(bare, headings.PLACE)
        return f"{place}@{Label.OTHER}" if place else ""
    return _named(word, headings.FIELDS[kind]) or _named(bare, headings.FIELDS[kind]) or _labelled(word, bare, kind)


def _named(word: str, table: Mapping[str, tuple[str, ...]]) -> str:
    return next((target for target, names in table.items() if word in names), "")


def _labelled(word: str, bare: str, kind: str) -> str:
    """Such as "home phone", "email work", "mobile"."""
    words = bare.split()
    labels = [headings.LABELS[one] for one in words if one in headings.LABELS]
    if not labels:
        return ""
    label = next((one for one in labels if one in headings.LABEL_ALONE), labels[0])
    rest = " ".join(one for one in words if one not in headings.LABELS)
    is_number = not rest and (label in headings.LABEL_ALONE or bare in headings.ALONE_TOO)
    if is_number or rest in (*headings.PHONE, "number", "no", "nummer"):
        return _point("phone", label, kind)
    if rest in headings.EMAIL:
        return _point("email", label, kind)
    numbered = " ".join(one for one in word.split() if one not in headings.LABELS)
    place = _named(numbered, headings.PLACE) or _named(rest, headings.PLACE)
    return f"{place}@{label}" if place and kind in ("person", "organisation") and label in targets.PLACE_LABELS else ""


def _point(point: str, label: Label, kind: str) -> str:
    if kind in ("person", "organisation"):
        return f"{point}s@{label}" if label in targets.LABELLED[f"{point}s"] else f"{point}s@{Label.OTHER}"
    return point if kind == "lead" else f"person.{point}s"


def _of_company(word: str, kind: str) -> str:
    """Such as "company city", "companycity"."""
    for name in headings.PREFIXES["organisation"]:
        if word.startswith(name) and word != name:
            return _beside("organisation", word.removeprefix(name).strip(), kind)
    return ""


def _beside(prefix: str, word: str, kind: str) -> str:
    """What a heading of another record says in a file of this kind."""
    if prefix == kind:
        return _known(word, kind)
    found = _known(word, prefix).partition("@")[0]
    if kind == "lead":
        return {"organisation": {"name": "organisation_name"}, "person": LEAD_OF_PERSON}.get(prefix, {}).get(found, "")
    if found == "name" and kind in ("person", "deal"):
        return prefix if kind == "deal" or prefix == "organisation" else ""
    allowed = {"organisation": targets.ORGANISATION_FIELDS if kind != "organisation" else (), "person": targets.PERSON_FIELDS}
    return f"{prefix}.{found}" if found in allowed.get(prefix, ()) and (prefix == "organisation" or kind == "deal") else ""


LEAD_OF_PERSON: Final = {
    "name": "person_name",
    "emails": "email",
    "phones": "phone",
    "job_title": "job_title",
    "organisation": "organisation_name",
}


def _unless_salutations(target: str, place: int, rows: Sequence[Row]) -> str:
    """A column "Title" may hold Mr and Mrs instead of what somebody works as."""
    if target != "job_title":
        return target
    values = {row.cells[place].casefold().strip(". ") for row in rows[:SAMPLE] if row.cells[place]}
    return "" if values and values <= headings.SALUTATIONS else target


def _whole_names(found: list[str], head: Sequence[str]) -> list[str]:
    """A column "Name" is the last name beside a "Vorname", a column "Jméno" the first one beside a "Příjmení"."""
    words = [folded(_prefixed(heading)[1]) for heading in head]
    has_first, has_last = any(word in headings.FIRST_OF_NAME for word in words), "last_name" in found
    for place, target in enumerate(found):
        if target == "name" and has_last and "first_name" not in found and words[place] in headings.FULL_OR_FIRST:
            found[place] = "first_name"
        elif target == "name" and has_first and not has_last and words[place] in headings.FULL_OR_LAST:
            found[place] = "last_name"
    return found


def _consent_with_its_date(found: list[str]) -> list[str]:
    """A lonely "Consent" is about something else, newsletters mostly, and nothing to keep in the ledger."""
    if {"consent.state", "consent.at"} <= set(found):
        return found
    return ["" if target.startswith("consent.") else target for target in found]


def _main_place(found: list[str]) -> list[str]:
    """Where only labelled addresses are there, the first of them is the main one."""
    if any(target in targets.PLACE for target in found):
        return found
    there = [label for label in targets.PLACE_LABELS for target in found if target in {f"{key}@{label}" for key in targets.PLACE}]
    main = {f"{key}@{there[0]}": key for key in targets.PLACE} if there else {}
    return [main.get(target, target) for target in found]


def _fullest(found: list[str], rows: Sequence[Row], of: dict[str, Field]) -> list[str]:
    """Of several columns that could be the same the one that holds most."""
    filled = [sum(bool(row.cells[place]) for row in rows[:SAMPLE]) for place in range(len(found))]
    best: dict[str, int] = {}
    for place, target in enumerate(found):
        if target not in best or filled[place] > filled[best[target]]:
            best[target] = place
    return [target if targets.is_repeatable(target, of) or best[target] == place else "" for place, target in enumerate(found)]


def is_day_first(sheet: Sheet) -> bool:
    """Whether 03/04/2026 is in April: a number above twelve somewhere tells."""
    first = second = 0
    for row in sheet.rows[: SAMPLE * 5]:
        for cell in row.cells:
            date = DATES.match(cell) if "/" in cell else None
            if date:
                first, second = max(first, int(date[1])), max(second, int(date[2]))
    return not (second > 12 and first <= 12)


def is_decimal_comma(sheet: Sheet) -> bool:
    """Whether 1,250 is a little more than one: told by values that can only be read one way."""
    comma = point = 0
    for row in sheet.rows[: SAMPLE * 5]:
        for cell in row.cells:
            comma += bool(re.fullmatch(r"-?\d{1,3}(\.\d{3})*,\d{1,2}|-?\d+,\d{1,2}", cell))
            point += bool(re.fullmatch(r"-?\d{1,3}(,\d{3})*\.\d{1,2}|-?\d+\.\d{1,2}", cell))
    return comma > point
