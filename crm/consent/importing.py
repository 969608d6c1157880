"""Many entries at once: a table as spreadsheets write it, read row by row, tried before it is kept."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from email.utils import getaddresses
from typing import Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.accounts import audit
from crm.accounts.models import User
from crm.consent import ledger
from crm.consent.models import Consent
from crm.lib import tables

MAX_BYTES: Final = 5 * 1024 * 1024
MAX_ROWS: Final = 20_000
ORDERS = [("dmy", gettext_lazy("3 April 2026 (day first)")), ("mdy", gettext_lazy("4 March 2026 (month first)"))]
DELIMITERS: Final = (";", ",", "\t", "|")
COLUMNS: Final = {  # by what people write above them
    "email": ("email", "e-mail", "mail", "address", "email address", "e-mail address"),
    "state": ("state", "consent", "status", "answer"),
    "at": ("date", "at", "when", "time", "day"),
    "note": ("note", "source note", "comment", "origin", "source"),
    "wording": ("wording", "text shown", "question"),
    "wording_version": ("wording version", "wording_version", "version"),
}
USUAL: Final = ("email", "state", "at", "note")  # where nothing stands above them
STATES: Final = {
    "granted": Consent.State.GRANTED,
    "agreed": Consent.State.GRANTED,
    "yes": Consent.State.GRANTED,
    "opt-in": Consent.State.GRANTED,
    "refused": Consent.State.REFUSED,
    "no": Consent.State.REFUSED,
    "withdrawn": Consent.State.WITHDRAWN,
    "withdrew": Consent.State.WITHDRAWN,
    "opt-out": Consent.State.WITHDRAWN,
    "unknown": Consent.State.UNKNOWN,
    "not asked": Consent.State.UNKNOWN,
}
NUMBERS = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})$")


class CannotRead(Exception):
    """Nothing of it can be read; `sentence` tells the person why."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True)
class Row:
    """A line of the table: what it says, or what is wrong with it."""

    number: int  # as a spreadsheet counts
    cells: tuple[str, ...]
    saying: ledger.Saying | None = None
    fault: str = ""
    is_known: bool = False  # the ledger says this already


@dataclass(frozen=True)
class Table:
    """All that was read."""

    head: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def new(self) -> list[Row]:
        return [row for row in self.rows if row.saying and not row.is_known]

    @property
    def known(self) -> list[Row]:
        return [row for row in self.rows if row.is_known]

    @property
    def faulty(self) -> list[Row]:
        return [row for row in self.rows if row.fault]


def decode(content: bytes) -> str:
    """The text of a file in UTF-8, UTF-16 or Windows-1252. Raises CannotRead."""
    if len(content) > MAX_BYTES:
        raise CannotRead(_("The file is larger than %(size)d MB. Split it.") % {"size": MAX_BYTES // 1024 // 1024})
    try:
        return tables.decode(content)
    except tables.NoText:
        raise CannotRead(_("This is no text. Save the table as CSV and try again.")) from None


def read(text: str, *, order: str, now: datetime, note: str = "") -> Table:
    """The table, tried against the ledger and against itself; `note` is put behind each row's own. Raises CannotRead."""
    if len(text.encode(errors="replace")) > MAX_BYTES:
        raise CannotRead(_("That is more than %(size)d MB. Split it.") % {"size": MAX_BYTES // 1024 // 1024})
    lines = list(_lines(text))
    if not lines:
        raise CannotRead(_("There is no line in it."))
    if len(lines) > MAX_ROWS + 1:
        raise CannotRead(_("These are more than %(count)d lines. Split the file.") % {"count": MAX_ROWS})
    columns = _columns(lines[0][1])
    head = lines[0][1] if columns else USUAL
    columns = columns or {name: place for place, name in enumerate(USUAL)}
    body = lines[1:] if head is not USUAL else lines
    return Table(tuple(head), tuple(tried([_row(number, cells, columns, order, now, note) for number, cells in body])))


def listed(text: str, *, state: str, at: datetime, note: str) -> Table:
    """The same entry for each address of a list. Raises CannotRead."""
    pieces = [piece.strip() for piece in re.split(r"[\n;,]+", text) if piece.strip()]
    if not pieces:
        raise CannotRead(_("There is no address in it."))
    if len(pieces) > MAX_ROWS:
        raise CannotRead(_("These are more than %(count)d addresses. Split the list.") % {"count": MAX_ROWS})
    rows = []
    for number, piece in enumerate(pieces, start=1):
        email = _address(piece)
        fault = "" if email else _("“%(email)s” is no email address.") % {"email": piece}
        rows.append(Row(number, (piece,), None if fault else ledger.Saying(email, state, at, note=note), fault))
    return Table((_("Address"),), tuple(tried(rows)))


@transaction.atomic
def keep(table: Table, *, source: str, actor: User, name: str = "") -> int:
    """Put what is new into the ledger; answers how many entries."""
    kept = ledger.record_all([row.saying for row in table.new if row.saying], source=source, actor=actor)
    audit.note("consent_imported", actor=actor, about=name, count=kept, known=len(table.known), faulty=len(table.faulty))
    return kept


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Lines that hold something, with their numbers."""
    text = text.removeprefix("\ufeff")
    first, _newline, rest = text.partition("\n")
    said = re.fullmatch(r'"?sep=(.)"?', first.strip("\r "), re.IGNORECASE)
    delimiter = said[1] if said else _delimiter(first)
    try:
        found = csv.reader(io.StringIO(rest if said else text, newline=""), delimiter=delimiter)
        for number, cells in enumerate(found, start=2 if said else 1):
            if any(cell.strip() for cell in cells):
                yield number, [cell.strip() for cell in cells]
    except csv.Error:
        raise CannotRead(_("This is no table: a quotation mark is not closed, or a cell is too long.")) from None


def _delimiter(line: str) -> str:
    return max(DELIMITERS, key=line.count)


def _columns(cells: Sequence[str]) -> dict[str, int]:
    """Where each column is, by the words above them; none where the first line is an entry already."""
    if any("@" in cell for cell in cells):
        return {}
    words = [cell.casefold().replace("_", " ") for cell in cells]
    found = {name: next((words.index(known) for known in known_as if known in words), -1) for name, known_as in COLUMNS.items()}
    places = {name: place for name, place in found.items() if place >= 0}
    missing = [name for name in ("email", "state", "at") if name not in places]
    if missing:
        raise CannotRead(_("A column is missing above the lines: the first one has to name email, state and date."))
    return places


def _row(number: int, cells: list[str], columns: dict[str, int], order: str, now: datetime, note: str) -> Row:
    values = {name: cells[place] if place < len(cells) else "" for name, place in columns.items()}
    try:
        saying = ledger.Saying(
            email=_checked_address(values["email"]),
            state=state_of(values["state"]),
            at=moment_of(values["at"], order, now),
            note=" · ".join(part for part in (_unescaped(values.get("note", ""))[:700], note) if part),
            wording=_unescaped(values.get("wording", "")),
            wording_version=values.get("wording_version", "")[:40],
        )
    except ledger.CannotRecord as refusal:
        return Row(number, tuple(cells), fault=refusal.sentence)
    return Row(number, tuple(cells), saying)


def _unescaped(cell: str) -> str:
    """Without the mark that keeps spreadsheets from calculating with our own exports."""
    return cell[1:] if re.match(r"'[=+\-@\t\r]", cell) else cell


def _checked_address(text: str) -> str:
    email = _address(text)
    if not email:
        raise ledger.CannotRecord(_("“%(email)s” is no email address.") % {"email": text})
    return email


def _address(text: str) -> str:
    """The address, alone or as “Anna <anna@client.test>”; empty where there is none."""
    email = getaddresses([_unescaped(text)])[0][1].casefold() if "<" in text else _unescaped(text).strip().casefold()
    try:
        validate_email(email)
    except ValidationError:
        return ""
    return email if len(email) <= 254 else ""


def state_of(text: str) -> str:
    """What a word says. Raises CannotRecord."""
    word = text.casefold()
    labels = {str(label).casefold(): value for value, label in Consent.State.choices}
    state = STATES.get(word) or labels.get(word)
    if state is None:
        raise ledger.CannotRecord(_("“%(word)s” is none of granted, refused, withdrawn and unknown.") % {"word": text})
    return str(state)


def moment_of(text: str, order: str, now: datetime) -> datetime:
    """A time; of a day alone its noon, so that it is the same day nearly everywhere, and nothing later than now. Raises CannotRecord."""
    try:
        at = parse_datetime(text) if len(text) > 10 else None
        day = None if at else _day(text, order)
    except ValueError:
        at = day = None
    if at is None and day is None:
        raise ledger.CannotRecord(_("“%(text)s” is no date, such as 2026-04-03 or 03.04.2026.") % {"text": text})
    if at is not None:
        at = at if timezone.is_aware(at) else timezone.make_aware(at)
    elif day is not None:
        noon = datetime.combine(day, time(12), tzinfo=UTC)
        at = now if now < noon <= now + timedelta(days=1) and day <= timezone.localdate(now) else noon
    assert at is not None
    if at > now + ledger.CLOCKS_DIFFER:
        raise ledger.CannotRecord(_("Consent cannot be given in the future."))
    return at


def _day(text: str, order: str) -> date | None:
    """Raises ValueError for a day that no calendar has."""
    numbers = NUMBERS.match(text)
    if not numbers:
        return parse_date(text)
    first, second, year = int(numbers[1]), int(numbers[3]), int(numbers[4])
    is_month_first = order == "mdy" and numbers[2] != "."  # nobody writes 04.03.2026 with the month first
    day, month = (second, first) if is_month_first else (first, second)
    return date(year, month, day)


def tried(rows: list[Row]) -> Iterable[Row]:
    """The rows again, with what the ledger says of them."""
    sayings = [row.saying for row in rows if row.saying]
    known = _said(saying.email for saying in sayings)
    final = ledger.refused_themselves(saying.email for saying in sayings)
    for row in rows:
        if row.saying is None:
            yield row
            continue
        mark = _mark(row.saying)
        if not mark.isdisjoint(known):
            yield Row(row.number, row.cells, row.saying, is_known=True)
        elif row.saying.email in final and row.saying.state in (Consent.State.GRANTED, Consent.State.UNKNOWN):
            yield Row(row.number, row.cells, fault=ledger.only_they(row.saying.email))
        else:
            yield row
        known |= mark


def _said(emails: Iterable[str]) -> set[tuple[str, str, object]]:
    wanted, found = sorted(set(emails)), set()
    for start in range(0, len(wanted), 500):
        for entry in Consent.objects.about(wanted[start : start + 500]).iterator():
            found |= _mark(ledger.Saying(entry.email, entry.state, entry.at))
    return found


def _mark(saying: ledger.Saying) -> set[tuple[str, str, object]]:
    """By what an entry is known again."""
    return {(saying.email, saying.state, saying.at.astimezone(UTC).date())}
