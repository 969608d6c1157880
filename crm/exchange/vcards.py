"""Address books as vCards (RFC 2426, RFC 6350) turned into a table with headings that the mapping knows."""

import quopri
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

BEGIN = re.compile(r"^BEGIN:VCARD\s*$", re.IGNORECASE | re.MULTILINE)
FOLD = re.compile(r"\r?\n[ \t]")
NAME_PARTS: Final = ("Last Name", "First Name", "Middle Name", "Name Prefix", "Name Suffix")  # in the order of N
PLACE_PARTS: Final = ("", "Street 2", "Street", "City", "State", "Postal Code", "Country")  # in the order of ADR
PLAIN: Final = {
    "FN": "Display Name",
    "TITLE": "Job Title",
    "NOTE": "Notes",
    "CATEGORIES": "Tags",
    "BDAY": "Birthday",
    "NICKNAME": "Nickname",
    "URL": "Website",
}
# type of a value → the word of its heading; the first one that fits
TYPES: Final = {"CELL": "Mobile", "FAX": "Fax", "HOMEFAX": "Fax", "WORKFAX": "Fax", "WORK": "Work", "HOME": "Home"}


def are_in(text: str) -> bool:
    """Whether the text is vCards."""
    return BEGIN.match(text.lstrip()) is not None


def read(text: str) -> list[dict[str, str]]:
    """The cards, each with its values by their headings."""
    return [_card(piece) for piece in BEGIN.split(FOLD.sub("", text))[1:]]


def headings(cards: Iterable[Mapping[str, str]]) -> list[str]:
    """Those of all cards."""
    return list(dict.fromkeys(heading for card in cards for heading in card))


def cells(card: Mapping[str, str], head: Iterable[str]) -> tuple[str, ...]:
    """One row of as many cells as there are headings."""
    return tuple(card.get(heading, "") for heading in head)


def _card(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for heading, value in (pair for line in _lines(text) for pair in _pairs(line)):
        if value:
            counts[heading] += 1
            found[heading if counts[heading] == 1 else f"{heading} {counts[heading]}"] = value
    return found


def _lines(text: str) -> Iterator[str]:
    """Lines; those of quoted-printable values that go on are put together."""
    waiting: list[str] = []
    for line in text.splitlines():
        waiting.append(line)
        if line.endswith("=") and "QUOTED-PRINTABLE" in waiting[0].upper():
            waiting[-1] = line[:-1]
            continue
        yield "".join(waiting)
        waiting = []


def _pairs(line: str) -> Iterator[tuple[str, str]]:
    head, colon, value = line.partition(":")
    name, *parameters = head.split(";")
    name = name.rpartition(".")[2].upper()  # "item1.EMAIL" belongs to a group
    if not colon:
        return
    if any("QUOTED-PRINTABLE" in one.upper() for one in parameters):
        value = quopri.decodestring(value.encode()).decode(errors="replace")
    if name in READERS:
        yield from READERS[name](value, _type(parameters))
    elif name in PLAIN:
        yield PLAIN[name], _plain(value)


def _type(parameters: list[str]) -> str:
    given = {word.upper() for one in parameters for word in one.rpartition("=")[2].strip('"').split(",")}
    return next((TYPES[one] for one in TYPES if one in given), "Other" if not given - {"INTERNET", "PREF", "VOICE"} else "")


def _name(value: str, kind: str) -> Iterator[tuple[str, str]]:
    yield from zip(NAME_PARTS, _parts(value), strict=False)


def _organisation(value: str, kind: str) -> Iterator[tuple[str, str]]:
    yield "Organization", next(iter(_parts(value)), "")


def _email(value: str, kind: str) -> Iterator[tuple[str, str]]:
    yield f"{kind or 'Other'} Email", _plain(value)


def _phone(value: str, kind: str) -> Iterator[tuple[str, str]]:
    yield f"{kind or 'Other'} Phone", _plain(value).removeprefix("tel:")


def _place(value: str, kind: str) -> Iterator[tuple[str, str]]:
    for part, one in zip(PLACE_PARTS, _parts(value), strict=False):
        if part:
            yield f"{kind or 'Other'} {part}", one


def _parts(value: str) -> list[str]:
    return [_plain(part) for part in re.split(r"(?<!\\);", value)]


def _plain(value: str) -> str:
    """Without the escapes of the format."""
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], value).strip()


READERS: Final[dict[str, Callable[[str, str], Iterator[tuple[str, str]]]]] = {
    "N": _name,
    "ORG": _organisation,
    "EMAIL": _email,
    "TEL": _phone,
    "ADR": _place,
}
