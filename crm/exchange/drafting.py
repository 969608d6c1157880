"""From a row to what it would make of a record: values as `fields.book.Kind` says, with names where rows may be missing yet."""

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, Final

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from crm.accounts.models import User, company
from crm.consent import importing, ledger
from crm.exchange import headings, targets
from crm.exchange.directory import Directory
from crm.exchange.models import ImportJob
from crm.exchange.reading import Row
from crm.records.fields.book import Field, Kind
from crm.records.fields.parsing import BadValue, Ways, parse
from crm.records.fields.values import Point, folded
from crm.records.models import Deal, Label
from crm.records.money import CURRENCIES

SEVERAL = re.compile(r"[,;|\n]")
TRIPLE: Final = ":::"  # where it stands, commas are part of the names
CLOCK = re.compile(r"[ T]\d{1,2}:\d{2}.*$")
LONGEST_MOMENT: Final = 60  # characters
UNCERTAIN = re.compile(r"(-?\d{1,3})([.,])(\d{3})")
STAR = re.compile(r"^\*\s*")  # Google marks the one that is used first
PLACE_ORDER: Final = ("address", "address2", "postcode", "city", "region", "country")
WORD_LABELS: Final = {str(value): value for value in Label.values}


@dataclass
class Draft:
    """What one row says."""

    number: int
    cells: tuple[str, ...] = ()
    values: dict[str, Any] = field(default_factory=dict)  # by keys of the book; tags and choices are names still
    organisation: str = ""  # its name; made where it is new
    of_organisation: dict[str, Any] = field(default_factory=dict)  # values of a new one
    of_person: dict[str, Any] = field(default_factory=dict)  # the contact of a deal: "name" and others
    note: str = ""
    created_at: datetime | None = None
    status: str = ""  # of a deal
    closing_reason: str = ""
    closed_at: datetime | None = None
    pipeline: str = ""
    saying: ledger.Saying | None = None
    fault: str = ""
    hints: list[str] = field(default_factory=list)


@dataclass
class Cell:
    """One cell with what is above and before it."""

    target: str
    text: str
    label: str = ""  # of an email address, a number


class Drafter:
    """Reads the rows of one job as its owner would."""

    def __init__(self, job: ImportJob, directory: Directory, *, now: datetime) -> None:
        self.job, self.kind, self.user, self.now = job, str(job.kind), job.owner, now
        self.directory = directory
        self.fields = targets.fields(self.kind)
        self.beside = {name: targets.fields(name) for name in ("person", "organisation")}
        self.ways = Ways(user=self.user, day_first=job.day_first)
        self.currency = company().currency
        self.chosen: dict[tuple[str, str], Any] = {}  # choices read before: few of them differ

    def draft(self, row: Row) -> Draft:
        """What the row says, or its fault."""
        draft = Draft(row.number, row.cells)
        if row.surplus:
            draft.hints.append(_("There are more cells than headings; the last ones are left out."))
        cells = self._cells(row)
        try:
            self._fill(draft, cells)
            FINISH[self.kind](self, draft)
            self._consent(draft, cells)
        except BadValue as refusal:
            draft.fault = str(refusal)
        return draft

    def _cells(self, row: Row) -> dict[str, list[Cell]]:
        """The filled cells by the targets of their columns."""
        found: dict[str, list[Cell]] = defaultdict(list)
        label = ""
        for target, text in zip(self.job.mapping, row.cells, strict=False):
            if target == "label":
                label = text
                continue
            name, _at, given = target.partition("@")
            if target and text:
                is_place = given and name in targets.PLACE
                found[target if is_place else name].append(Cell(target, text, given or label))
            label = ""
        return found

    def _fill(self, draft: Draft, cells: dict[str, list[Cell]]) -> None:
        refused: list[str] = []  # all of them, so that one look at the row mends it
        for target, these in cells.items():
            if refused and target == "tags":
                continue  # a row that stays out makes no new ones
            try:
                self._take(draft, target, these)
            except BadValue as refusal:
                if self.job.leaves_bad and target not in ("name", "title"):
                    draft.hints.append(_("Left out: %(problem)s") % {"problem": refusal})
                else:
                    refused.append(str(refusal))
        if refused:
            raise BadValue(" ".join(refused))
        self._places(draft, cells)
        _name_of_parts(draft, cells, "person_name" if self.kind == "lead" else "name")

    def _take(self, draft: Draft, target: str, cells: list[Cell]) -> None:
        if target in TAKERS:
            TAKERS[target](self, draft, cells)
        elif "." in target:
            self._take_beside(draft, target, cells)
        elif target in self.fields:
            value = self._value(draft, self.fields[target], cells)
            if value not in (None, "", []):
                draft.values[target] = value

    def _take_beside(self, draft: Draft, target: str, cells: list[Cell]) -> None:
        """A value of the organisation or of the deal's contact."""
        kind, _dot, key = target.partition(".")
        if kind in self.beside and key in self.beside[kind]:
            value = self._value(draft, self.beside[kind][key], cells)
            (draft.of_organisation if kind == "organisation" else draft.of_person)[key] = _domain(value) if key == "domain" else value

    def _value(self, draft: Draft, of: Field, cells: list[Cell]) -> Any:
        if of.kind == Kind.POINTS:
            return self._points(of, cells)
        if of.kind in NAMED:
            return NAMED[of.kind](self, draft, of, cells)
        return parse(self._exact(cells[0].text, of), of, self.ways)

    def _exact(self, text: str, of: Field) -> str:
        """The text as the parser cannot misread it: amounts with a point, dates without a time of day."""
        if of.kind in (Kind.MONEY, Kind.NUMBER):
            return UNCERTAIN.sub(self._decided, text) if UNCERTAIN.fullmatch(text.strip(" €$£¥%")) else text
        return CLOCK.sub("", text[:LONGEST_MOMENT]) if of.kind == Kind.DATE else text

    def _decided(self, found: re.Match[str]) -> str:
        """1,250 is a thousand, or a little more than one."""
        is_decimal = found[2] == ("," if self.job.decimal_comma else ".")
        return f"{found[1]}.{found[3]}0" if is_decimal else f"{found[1]}{found[3]}"

    def _points(self, of: Field, cells: list[Cell]) -> list[Point]:
        points = [Point(one.value, _label(cell.label)) for cell in cells for one in parse(cell.text.replace("\n", ";"), of, self.ways)]
        return list({folded(point.value, of.point): point for point in reversed(points)}.values())[::-1]

    def _places(self, draft: Draft, cells: dict[str, list[Cell]]) -> None:
        """A second line of the street goes to the first; labelled addresses become further ones."""
        if "address2" in cells and "address" in draft.values:
            draft.values["address"] += "".join(f"\n{cell.text}" for cell in cells["address2"])
        elif "address2" in cells:
            draft.values["address"] = "\n".join(cell.text for cell in cells["address2"])
        further = []
        for label in targets.PLACE_LABELS:
            parts = [cell.text for key in PLACE_ORDER for cell in cells.get(f"{key}@{label}", [])]
            further += [Point(", ".join(parts)[:500], label)] if parts else []
        if further:
            draft.values["addresses"] = further

    def _consent(self, draft: Draft, cells: dict[str, list[Cell]]) -> None:
        """What the row says about tracking; without an address or a date nothing can be kept of it."""
        if "consent.state" not in cells:
            return
        emails = draft.values.get("emails", [])
        said = {name: cells[f"consent.{name}"][0].text if f"consent.{name}" in cells else "" for name in ("state", "at", "note")}
        note = " · ".join(part for part in (said["note"][:700], _("From the file %(name)s") % {"name": self.job.name}) if part)
        try:
            if not emails:
                raise ledger.CannotRecord(_("Consent needs an email address."))
            at = importing.moment_of(said["at"], "dmy" if self.job.day_first else "mdy", self.now)
            draft.saying = ledger.Saying(emails[0].value.casefold(), _state(said["state"]), at, note=note)
        except ledger.CannotRecord as refusal:
            draft.hints.append(_("Consent is left out: %(problem)s") % {"problem": refusal.sentence})


def _state(text: str) -> str:
    word = text.casefold().strip()
    if word in headings.YES:
        return "granted"
    return "refused" if word in headings.NO else importing.state_of(text)


def _label(word: str) -> Label:
    """What an address is for, as other programs call it."""
    bare = STAR.sub("", word).casefold().strip()
    if bare in WORD_LABELS:
        return Label(bare)
    known = [headings.LABELS[one] for one in re.split(r"[\s_/-]+", bare) if one in headings.LABELS]
    alone = [label for label in known if label in headings.LABEL_ALONE]
    return (alone or known or [Label.OTHER if bare else Label.WORK])[0]


def _name_of_parts(draft: Draft, cells: dict[str, list[Cell]], key: str) -> None:
    """Without a whole name, what its parts make."""
    parts = [cells[part][0].text for part in targets.PART_NAMES if part in cells]
    if parts and not draft.values.get(key):
        name = " ".join(" ".join(parts).split())
        if len(name) > 200:
            raise BadValue(_("“{text}…” is too long: at most {limit} characters.").format(text=name[:30], limit=200))
        draft.values[key] = name


def _names(cells: list[Cell]) -> list[str]:
    """Several names in one cell or in several: tags, choices."""
    names = [STAR.sub("", part.strip()).strip() for cell in cells for part in _split(cell.text)]
    return list(dict.fromkeys(" ".join(name.split()) for name in names if name and name.casefold() not in headings.GROUPS_OF_ALL))


def _split(text: str) -> list[str]:
    return text.split(TRIPLE) if TRIPLE in text else SEVERAL.split(text)


def _tags(drafter: Drafter, draft: Draft, of: Field, cells: list[Cell]) -> list[str]:
    names = [name[:60] for name in _names(cells)]
    drafter.directory.note_tags(names)
    return names


def _choices(drafter: Drafter, draft: Draft, of: Field, cells: list[Cell]) -> list[str]:
    return [name for name in _names(cells) if _choice_is_known(drafter, draft, of, name)]


def _choice(drafter: Drafter, draft: Draft, of: Field, cells: list[Cell]) -> Any:
    text = " ".join(cells[0].text.split())[:100]
    if of.custom is None:
        if (of.key, text) not in drafter.chosen:
            drafter.chosen[of.key, text] = parse(text, of, drafter.ways)
        return drafter.chosen[of.key, text]
    return text if _choice_is_known(drafter, draft, of, text) else None


def _choice_is_known(drafter: Drafter, draft: Draft, of: Field, name: str) -> bool:
    is_known = drafter.directory.choice(of, name)
    if not is_known:
        draft.hints.append(_("“%(name)s” is none of the choices of %(field)s: it is left out.") % {"name": name[:60], "field": of.label})
    return is_known


def _colleague(drafter: Drafter, draft: Draft, of: Field, cells: list[Cell]) -> User | None:
    found = drafter.directory.colleague(cells[0].text)
    if found is None:
        draft.hints.append(_("Nobody called “%(name)s” works here: new ones become yours.") % {"name": cells[0].text[:80]})
    elif not drafter.directory.may_be_given(found):
        draft.hints.append(_("%(name)s is in another team: new ones become yours, others stay whose they are.") % {"name": found})
        return None
    return found


def _stage(drafter: Drafter, draft: Draft, of: Field, cells: list[Cell]) -> Any:
    return cells[0].text  # found once the pipeline is known, see `_finish_deal`


NAMED: Final[dict[Kind, Callable[[Drafter, Draft, Field, list[Cell]], Any]]] = {
    Kind.TAGS: _tags,
    Kind.CHOICES: _choices,
    Kind.CHOICE: _choice,
    Kind.USER: _colleague,
    Kind.STAGE: _stage,
}


def _take_organisation(drafter: Drafter, draft: Draft, cells: list[Cell]) -> None:
    draft.organisation = parse(cells[0].text, drafter.beside["organisation"]["name"], drafter.ways)


def _take_person(drafter: Drafter, draft: Draft, cells: list[Cell]) -> None:
    draft.of_person["name"] = parse(cells[0].text, drafter.beside["person"]["name"], drafter.ways)


def _take_note(drafter: Drafter, draft: Draft, cells: list[Cell]) -> None:
    draft.note = "\n\n".join(cell.text for cell in cells)[:20_000]


def _take_created(drafter: Drafter, draft: Draft, cells: list[Cell]) -> None:
    draft.created_at = _moment(cells[0].text, drafter)


def _take_closed(drafter: Drafter, draft: Draft, cells: list[Cell]) -> None:
    draft.closed_at = _moment(cells[0].text, drafter)


def _take_status(drafter: Drafter, draft: Draft, cells: list[Cell]) -> None:
    word = cells[0].text.casefold()
    labels = {str(label).casefold(): str(value) for value, label in Deal.Status.choices}
    is_won, is_lost = word in headings.WON, word in headings.LOST
    draft.status = "won" if is_won else "lost" if is_lost else labels.get(word, "open")


def _take_reason(drafter: Drafter, draft: Draft, cells: list[Cell]) -> None:
    draft.closing_reason = " ".join(cells[0].text.split())[:200]


def _take_pipeline(drafter: Drafter, draft: Draft, cells: list[Cell]) -> None:
    draft.pipeline = cells[0].text


def _take_currency(drafter: Drafter, draft: Draft, cells: list[Cell]) -> None:
    code = cells[0].text.upper().strip()
    if code not in CURRENCIES:
        raise BadValue(_("“{text}” is no currency that is used here.").format(text=cells[0].text[:60]))
    draft.values["currency"] = code


TAKERS: Final[dict[str, Callable[[Drafter, Draft, list[Cell]], None]]] = {
    "organisation": _take_organisation,
    "person": _take_person,
    "note": _take_note,
    "created_at": _take_created,
    "closed_at": _take_closed,
    "status": _take_status,
    "closing_reason": _take_reason,
    "pipeline": _take_pipeline,
    "currency": _take_currency,
}


def _moment(text: str, drafter: Drafter) -> datetime:
    """A date, or a date with a time in the user's zone; nothing later than now. Raises BadValue."""
    text = text[:LONGEST_MOMENT]
    try:
        at = parse_datetime(text) if len(text) > 10 else None
    except ValueError:
        at = None
    if at is None:
        day: date = parse(CLOCK.sub("", text), DATE, drafter.ways)
        clock = re.search(r"[ T](\d{1,2}):(\d{2})", text)
        at = datetime.combine(day, time(int(clock[1]) % 24, int(clock[2]) % 60) if clock else time(12))
    at = timezone.make_aware(at, drafter.user.zone) if timezone.is_naive(at) else at
    return min(at, drafter.now)


DATE: Final = Field("on", "", Kind.DATE)


def _finish_person(drafter: Drafter, draft: Draft) -> None:
    emails = draft.values.get("emails", [])
    if not draft.values.get("name") and emails:
        draft.values["name"] = emails[0].value
    if not draft.values.get("name"):
        raise BadValue(_("There is neither a name nor an email address."))


def _finish_organisation(drafter: Drafter, draft: Draft) -> None:
    if "domain" in draft.values:
        draft.values["domain"] = _domain(draft.values["domain"])
    if not draft.values.get("name"):
        raise BadValue(_("There is no name."))


def _finish_deal(drafter: Drafter, draft: Draft) -> None:
    if not draft.values.get("title"):
        raise BadValue(_("There is no title."))
    _with_currency(drafter, draft)
    name = draft.values.pop("stage", "")
    stage = drafter.directory.stage(name, draft.pipeline) if name else None
    if stage is None and (name or draft.pipeline):
        first = drafter.directory.first_stage(draft.pipeline)
        if name:
            draft.hints.append(
                _("There is no stage “%(name)s”: new deals begin in “%(first)s”.") % {"name": name[:60], "first": first.name}
            )
    if stage is not None:
        draft.values["stage"] = stage
    emails = draft.of_person.get("emails", [])
    if emails and not draft.of_person.get("name"):
        draft.of_person["name"] = emails[0].value


def _finish_lead(drafter: Drafter, draft: Draft) -> None:
    names = [draft.values.get(key, "") for key in ("title", "person_name", "organisation_name", "email")]
    if not any(names):
        raise BadValue(_("There is neither a title nor a name."))
    draft.values["title"] = next(name for name in names if name)[:200]
    _with_currency(drafter, draft)


def _with_currency(drafter: Drafter, draft: Draft) -> None:
    """The currency stands in a column of its own, or in that of the value, or is the company's."""
    money = draft.values.get("value")
    if "currency" not in draft.values and money:
        draft.values["currency"] = money.currency or drafter.currency
    if money:
        draft.values["value"] = money._replace(currency=draft.values["currency"])


def _domain(text: str) -> str:
    """Of an address of the web its host."""
    return re.sub(r"^(?:https?://)?(?:www\.)?", "", text.strip().casefold()).split("/")[0][:200]


FINISH: Final[dict[str, Callable[[Drafter, Draft], None]]] = {
    "person": _finish_person,
    "organisation": _finish_organisation,
    "deal": _finish_deal,
    "lead": _finish_lead,
}
