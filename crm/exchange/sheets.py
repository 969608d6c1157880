"""What a user may see as tables. Those of people, organisations, deals and leads can be imported again as they are."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from typing import Any, Final

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.exchange import targets
from crm.records.fields import reading
from crm.records.fields.book import Field, Kind
from crm.records.fields.values import Point
from crm.records.models import RECORDS, Activity, Note, StoredFile
from mail.models import Message, Recipient

AT_ONCE: Final = 500
SEVERAL: Final = " ::: "
LABELS_OF: Final = {"emails": targets.LABELLED["emails"], "phones": targets.LABELLED["phones"], "addresses": targets.PLACE_LABELS}
TITLES: Final = {  # tell the import what the file holds, in whatever language the other headings are
    "person": "Person - Name",
    "organisation": "Organisation - Name",
    "deal": "Deal - Title",
    "lead": "Lead - Title",
}
Cell = tuple[str, Callable[[Any], str]]  # a heading, and what stands under it


def names() -> dict[str, str]:
    """What the tables of records are called."""
    return {"person": "people.csv", "organisation": "organisations.csv", "deal": "deals.csv", "lead": "leads.csv"}


def records(kind: str, user: User) -> Iterator[list[str]]:
    """Headings, then a row for each record."""
    cells = [cell for field in targets.fields(kind).values() for cell in _cells(field, kind)] + list(_more(kind))
    yield [heading for heading, _read in cells]
    found = RECORDS[kind].objects.visible_to(user).order_by("pk").prefetch_related(*reading.shown_to(user, kind))
    for record in found.iterator(chunk_size=AT_ONCE):
        yield [read(record) for _heading, read in cells]


def _cells(field: Field, kind: str) -> Iterator[Cell]:
    if field.key in LABELS_OF:
        yield from _points(field)
    elif field.key in ("name", "title"):
        yield TITLES[kind], lambda record: str(reading.read(record, field))
    elif field.kind == Kind.MONEY and field.custom is None:
        yield str(field.label), lambda record: plain(record.value)
    else:
        yield str(field.label), lambda record: written(reading.read(record, field))


def _points(field: Field) -> Iterator[Cell]:
    """The first one with its label before it, then the further ones by their labels."""
    is_place = field.key == "addresses"
    if not is_place:
        yield str(targets.EXTRA["person"]["label"]), lambda record: _first(record, field).label
        yield str(field.label), lambda record: _first(record, field).value
    for label in LABELS_OF[field.key]:
        name = f"{label.label} · {targets.fields('person')['address'].label}" if is_place else f"{field.label} · {label.label}"
        yield name, lambda record, label=label: _further(record, field, label)  # type: ignore[misc]


def _first(record: Any, field: Field) -> Point:
    points = reading.read(record, field)
    return points[0] if points and getattr(record, field.point) else Point("", "")  # type: ignore[arg-type]


def _further(record: Any, field: Field, label: str) -> str:
    """Those of a label; what has a label without a column of its own stands among the other ones."""
    points = reading.read(record, field)
    further = points[1:] if field.point != "address" and getattr(record, field.point) else points
    own = LABELS_OF[field.key]
    return SEVERAL.join(one.value for one in further if one.label == label or (label == own[-1] and one.label not in own))


def _more(kind: str) -> Iterator[Cell]:
    """What is no field of the book, or one that nobody writes."""
    extra = targets.EXTRA[kind]
    yield str(extra["created_at"]), lambda record: written(record.created_at)
    if kind == "deal":
        yield str(extra["pipeline"]), lambda deal: str(deal.stage.pipeline)
        yield str(extra["status"]), lambda deal: str(deal.status)
        yield str(extra["closing_reason"]), lambda deal: str(deal.closing_reason)
        yield str(extra["closed_at"]), lambda deal: written(deal.closed_at)
        yield "Person - Email", lambda deal: deal.person.email if deal.person else ""


def plain(value: Any) -> str:
    """A number as every program reads it."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def written(value: Any) -> str:
    """A value as the import reads it."""
    if value is None:
        return ""
    if isinstance(value, list):
        joined = SEVERAL.join(str(one) for one in value)
        return joined + SEVERAL.rstrip() if len(value) == 1 and any(mark in joined for mark in ",;|") else joined
    if isinstance(value, User):
        return value.email
    if isinstance(value, date):
        return value.isoformat()
    if hasattr(value, "amount"):
        return f"{plain(value.amount)} {value.currency}".strip()
    return plain(value) if hasattr(value, "as_tuple") else str(value)


def activities(user: User) -> Iterator[list[str]]:
    """What is to be done and was done."""
    yield [_("Kind"), _("Subject"), _("Note"), _("Due"), _("Minutes"), _("Place"), _("Done"), _("Owner"), *_about_headings()]
    found = (
        Activity.objects.visible_to(user).order_by("pk").select_related("owner", "custom_kind", "person", "organisation", "deal", "lead")
    )
    for one in found.iterator(chunk_size=AT_ONCE):
        minutes = str(one.duration_minutes or "")
        when = [written(one.due_at), minutes, one.location, written(one.done_at)]
        yield [one.kind_name, one.subject, one.note, *when, one.owner.email, *_about(one)]


def notes(user: User) -> Iterator[list[str]]:
    """What was written down."""
    yield [_("Note"), _("Written"), _("By"), *_about_headings()]
    found = Note.objects.visible_to(user).order_by("pk").select_related("author", "person", "organisation", "deal", "lead")
    for one in found.iterator(chunk_size=AT_ONCE):
        yield [one.text, written(one.created_at), one.author.email, *_about(one, user)]


def files(user: User) -> QuerySet[Any]:
    """Files kept with records."""
    found: QuerySet[Any] = StoredFile.objects.visible_to(user).order_by("pk").select_related("person", "organisation", "deal", "lead")
    return found


def file_row(one: StoredFile, user: User, place: str) -> list[str]:
    return [one.name, str(one.size), written(one.created_at), *_about(one, user), place]


def file_headings() -> list[str]:
    return [_("File"), _("Bytes"), _("Added"), *_about_headings(), _("Where it is in this archive")]


def _about_headings() -> list[str]:
    return [_("Contact"), _("Organisation"), _("Deal"), _("Lead")]


def _about(one: Any, user: User | None = None) -> list[str]:
    """The records that it belongs to; of those that the user may not see not even the name."""
    linked = [getattr(one, name) for name in RECORDS]
    return [str(record) if record and (user is None or _is_seen(record, user)) else "" for record in linked]


def _is_seen(record: Any, user: User) -> bool:
    return bool(type(record).objects.visible_to(user).filter(pk=record.pk).exists())


def mails(user: User) -> Iterator[list[str]]:
    """The user's own mails with their own tracking, and nobody else's."""
    yield [
        *(_("Date"), _("Folder"), _("From"), _("To"), _("Cc"), _("Subject"), _("Text"), _("Files")),
        *(_("Opened"), _("Last opened"), _("Links followed"), _("Last followed")),
    ]
    found = Message.objects.filter(owner=user).order_by("pk").select_related("tracked_mail").prefetch_related("recipients", "attachments")
    for message in found.iterator(chunk_size=200):
        yield [*_mail(message), *_tracking(message, user)]


def _mail(message: Message) -> list[str]:
    sender = f"{message.from_name} <{message.from_email}>" if message.from_name else message.from_email
    everyone = list(message.recipients.all())
    to, cc = (_joined(one for one in everyone if one.kind == kind) for kind in (Recipient.Kind.TO, Recipient.Kind.CC))
    attached = _joined(message.attachments.all())
    return [written(message.at), str(message.get_folder_display()), sender, to, cc, message.subject, message.body_text, attached]


def _joined(several: Iterable[Any]) -> str:
    return ", ".join(getattr(one, "name", "") if not isinstance(one, Recipient) else str(one) for one in several)


def _tracking(message: Message, user: User) -> list[str]:
    mail = message.tracked_mail
    if mail is None or mail.owner_id != user.pk:
        return [""] * 4
    opened: datetime | date | None = mail.last_opened_at or mail.last_open_on
    return [str(mail.open_count), written(opened), str(mail.click_count), written(mail.last_clicked_at)]
