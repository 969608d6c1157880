"""A file as people have it: which text it is, and its rows with their numbers."""

import csv
import io
import re
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from crm.exchange import vcards
from crm.lib import encodings

MAX_BYTES: Final = 20 * 1024 * 1024
MAX_ROWS: Final = 100_000
MAX_COLUMNS: Final = 500
DELIMITERS: Final = (",", ";", "\t", "|")
SAMPLE_ROWS: Final = 30
NOT_TEXT: Final = {  # how files of other programs begin, and what to do about them
    b"PK\x03\x04": "workbook",
    b"\xd0\xcf\x11\xe0": "workbook",
    b"%PDF": "other",
    b"\x89PNG": "other",
    b"\xff\xd8\xff": "other",
    b"MZ": "other",
    b"\x1f\x8b": "other",
}
MARKED = re.compile(r"'(?=[=+\-@\t\r\n])")  # put in front of a formula by our own files
INVISIBLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ufff9-\ufffb]")
ADDRESS = re.compile(r"[^\s@]+@[^\s@.]+\.[^\s@]+")  # each letter can be of one part alone: no time is lost over what is none
SEPARATED = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)


class Unreadable(Exception):
    """The file cannot be imported; `sentence` tells the person why, and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True)
class Format:
    """How a file is written."""

    encoding: str
    delimiter: str = ","
    has_head: bool = True
    is_cards: bool = False


@dataclass(frozen=True)
class Row:
    """One row that holds something; as many cells as there are headings."""

    number: int  # as a spreadsheet counts
    cells: tuple[str, ...]
    surplus: int = 0  # cells beyond the headings that hold something


@dataclass(frozen=True)
class Sheet:
    """All that a file holds."""

    head: tuple[str, ...]
    rows: tuple[Row, ...]


def recognise(content: bytes, name: str) -> Format:
    """How the file is written, guessed. Raises Unreadable."""
    _refuse(content, name)
    encoding = encodings.guess(content)
    text = _clean(encodings.decode(content, encoding))
    if vcards.are_in(text):
        return Format(encoding, is_cards=True)
    said = SEPARATED.fullmatch(text.partition("\n")[0].strip())
    delimiter = said[1] if said else _delimiter(text)
    first = next(csv.reader(io.StringIO(text.partition("\n")[2] if said else text, newline=""), delimiter=delimiter), [])
    return Format(encoding, delimiter, has_head=not any(ADDRESS.fullmatch(cell.strip()) for cell in first))


def read(content: bytes, given: Format) -> Sheet:
    """The file's headings and rows. Raises Unreadable."""
    text = _clean(encodings.decode(content, given.encoding))
    if given.is_cards:
        cards = vcards.read(text)
        head = vcards.headings(cards)
        _refuse_size(len(cards), len(head))
        return _checked(head, [Row(number, vcards.cells(card, head)) for number, card in enumerate(cards, start=1)])
    rows = [(number, [_cell(cell) for cell in cells]) for number, cells in _lines(text, given.delimiter)]
    filled = [(number, cells) for number, cells in rows if any(cells)]
    if not filled:
        raise Unreadable(_("There is nothing in the file."))
    return _table(filled, has_head=given.has_head)


def problem_headings() -> set[str]:
    """What our own file of faulty rows calls its last column, in every language."""
    names = set()
    for code, _name in settings.LANGUAGES:
        with override(code):
            names.add(_("problem").casefold())
    return names


def _refuse(content: bytes, name: str) -> None:
    if len(content) > MAX_BYTES:
        raise Unreadable(_("The file is larger than %(size)d MB. Split it.") % {"size": MAX_BYTES // 1024 // 1024})
    kind = next((kind for start, kind in NOT_TEXT.items() if content.startswith(start)), "")
    if kind == "workbook":
        raise Unreadable(_("This is a workbook. Save it as CSV in your spreadsheet (File, Save as), and choose that file."))
    head = content[:4000]
    wide = head[:2] in (b"\xff\xfe", b"\xfe\xff") or head.count(0) > len(head) // 4
    if kind or (not wide and sum(byte < 9 or 13 < byte < 32 for byte in head) > len(head) // 10):
        raise Unreadable(_("This is no text. Save the table as CSV and try again."))
    if not content.strip():
        raise Unreadable(_("There is nothing in the file."))


def _clean(text: str) -> str:
    """Without what no cell can mean: noughts, other control characters, marks that turn the direction of writing."""
    return INVISIBLE.sub("", text)


def _cell(text: str) -> str:
    return MARKED.sub("", text.strip(), count=1) if text else ""


def _delimiter(text: str) -> str:
    """The one that cuts the first rows most evenly."""
    return max(DELIMITERS, key=lambda mark: _evenness(text, mark))


def _evenness(text: str, delimiter: str) -> float:
    reader = csv.reader(io.StringIO(text[:200_000], newline=""), delimiter=delimiter, skipinitialspace=True)
    try:
        widths = [len(cells) for cells, _count in zip(reader, range(SAMPLE_ROWS), strict=False) if any(cells)]
    except csv.Error:
        return 0
    if not widths or widths[0] < 2:
        return 0
    return sum(width == widths[0] for width in widths) / len(widths) + widths[0] / 1000


def _lines(text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    first, _newline, rest = text.partition("\n")
    said = SEPARATED.fullmatch(first.strip())
    body, start = (rest, 2) if said else (text, 1)
    try:
        return _parsed(body, delimiter, start, strict=True)
    except csv.Error as error:
        if "unexpected end" not in str(error):
            return _loosely(body, delimiter, start)
    raise Unreadable(_("A quotation mark is opened in row %(number)d and never closed.") % {"number": _last_good(body, delimiter, start)})


def _loosely(body: str, delimiter: str, start: int) -> list[tuple[int, list[str]]]:
    """Rows of a file that is not exact about its quotation marks."""
    try:
        return _parsed(body, delimiter, start, strict=False)
    except csv.Error:
        raise Unreadable(_("This is no table: a cell of it is too long.")) from None


def _parsed(body: str, delimiter: str, start: int, *, strict: bool) -> list[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(body, newline=""), delimiter=delimiter, skipinitialspace=True, strict=strict)
    found = []
    for number, cells in enumerate(reader, start=start):
        found.append((number, cells))
        if len(found) > MAX_ROWS * 2:
            break
    return found


def _last_good(body: str, delimiter: str, start: int) -> int:
    """The number of the row that never ends."""
    reader = csv.reader(io.StringIO(body, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True)
    number = start
    try:
        for _cells in reader:
            number += 1
    except csv.Error:
        pass
    return number


def _table(rows: list[tuple[int, list[str]]], *, has_head: bool) -> Sheet:
    width = max(len(cells) for _number, cells in rows[: 1 if has_head else None])
    if has_head:
        head = [" ".join(cell.split()) for cell in rows[0][1]]
        rows = rows[1:]
    else:
        head = [_("Column %(number)d") % {"number": number} for number in range(1, width + 1)]
    own = problem_headings()
    kept = [place for place, heading in enumerate(head) if heading.casefold() not in own or place + 1 < len(head)]
    _refuse_size(len(rows), len(kept))
    found = [
        Row(number, tuple(cells[place] if place < len(cells) else "" for place in kept), sum(map(bool, cells[width:])))
        for number, cells in rows
    ]
    return _checked([head[place] for place in kept], [row for row in found if any(row.cells) or row.surplus])


def _checked(head: list[str], rows: list[Row]) -> Sheet:
    if not rows:
        raise Unreadable(_("There are no rows under the headings."))
    return Sheet(tuple(head), tuple(rows))


def _refuse_size(rows: int, columns: int) -> None:
    """Before the rows are laid out: each takes as many cells as there are headings."""
    if rows > MAX_ROWS:
        raise Unreadable(_("These are more than %(count)d rows. Split the file.") % {"count": MAX_ROWS})
    if columns > MAX_COLUMNS:
        raise Unreadable(_("These are more than %(count)d columns. Leave out what you do not need.") % {"count": MAX_COLUMNS})
