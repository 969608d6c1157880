"""Everything about one person by their email address, section by section, as plain rows that JSON can hold."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from crm.consent.models import Consent, Question, Restriction
from crm.consent.models import Settings as Company
from crm.privacy import whom
from crm.privacy.models import Request
from crm.records import sentences
from crm.records.fields import book, reading
from crm.records.models import Activity, Deal, FieldChange, Lead, Note, Organisation, Person, StoredFile, TimelineEntry
from mail import erasing
from mail.models import Message, Recipient
from tracking import exporting as tracking

MOST_MAILS = 20_000
MOST_CHARACTERS = 100_000_000  # of the mails' texts

Row = Mapping[str, Any]
REQUEST = ("kind", "asked_at", "done_at", "fetched_at")
UNSENT = [Message.Folder.DRAFTS, Message.Folder.OUTBOX]


def sections(email: str, *, now: datetime) -> Iterator[tuple[str, str, Iterable[Row]]]:
    """Each section: its key, its heading in the active language, its rows."""
    found = whom.find(email)
    emails, people = found.emails, Person.objects.filter(pk__in=[person.pk for person in found.people])
    about = Q(person__in=people)
    yield "about", _("About this file"), [{"email": emails[0], "made_at": now, "company": Company.load().company}]
    yield "contact", _("Contact"), (_person(person) for person in people.prefetch_related(*reading.PREFETCH["person"]).order_by("pk"))
    yield "organisation", _("Organisation"), _organisations(people)
    yield "deals", _("Deals"), _deals(people)
    yield "leads", _("Leads"), _leads(people, emails)
    yield "notes", _("Notes"), Note.objects.filter(about).order_by("pk").values("created_at", "text")
    yield "files", _("Files"), StoredFile.objects.filter(about).order_by("pk").values("created_at", "name", "size")
    yield "activities", _("Activities"), _activities(about)
    yield "timeline", _("Timeline"), _lines(about)
    yield "changes", _("Changes"), _changes(about)
    yield "mails", _("Mails"), _mails(emails)
    yield "tracking", _("Openings and clicks"), (copy for one in emails for copy in tracking.of(one))
    yield "consent", _("Consent"), _consent(emails)
    yield "questions", _("Questions for your consent"), _questions(emails)
    restrictions = Restriction.objects.filter(email__in=emails).order_by("pk")
    yield "restrictions", _("Restrictions"), restrictions.values("began_at", "ended_at")
    requests = (row for one in emails for row in Request.objects.about(one).order_by("pk"))
    yield "requests", _("Requests"), ({name: getattr(row, name) for name in REQUEST} for row in requests)


def _person(person: Person) -> Row:
    """Every field with a value, the company's own among them, under the names that they bear in Candor."""
    row = {name: getattr(person, name) for name in ("name", "email", "phone", "job_title", "country", "created_at", "updated_at")}
    for field in book.of("person", archived=True):
        words = reading.words(reading.read(person, field), field)
        if words and field.key not in (*row, "owner", "visibility", "organisation"):
            row[str(field.label) if field.custom else field.key] = words
    return row


def _deals(people: QuerySet[Person]) -> Iterable[Row]:
    joined = Q(person__in=people) | Q(participants__in=people)
    return Deal.objects.filter(joined).distinct().order_by("pk").values("title", "status")


def _leads(people: QuerySet[Person], emails: list[str]) -> Iterable[Row]:
    leads = Lead.objects.annotate(low=Lower("email")).filter(Q(person__in=people) | Q(low__in=emails)).order_by("pk")
    return leads.values("title", "person_name", "email", "phone", "job_title", "organisation_name", "source", "created_at")


def _changes(about: Q) -> Iterable[Row]:
    rows: QuerySet[FieldChange] = FieldChange.objects.filter(about)
    return rows.order_by("at", "pk").values("at", "field", "before", "after")


def _organisations(people: QuerySet[Person]) -> Iterable[Row]:
    return Organisation.objects.filter(people__in=people).distinct().order_by("pk").values("name", "domain", "country")


def _lines(about: Q) -> Iterable[Row]:
    for line in TimelineEntry.objects.filter(about).order_by("at", "pk"):
        yield {"at": line.at, "text": sentences.words(line.said, line.text)}


def _activities(about: Q) -> Iterable[Row]:
    rows: QuerySet[Activity] = Activity.objects.filter(about)
    return rows.order_by("pk").values("kind", "subject", "note", "due_at", "done_at")


def _consent(emails: list[str]) -> Iterable[Row]:
    return Consent.objects.about(emails).values("state", "source", "at", "note", "wording", "wording_version", "evidence")


def _questions(emails: list[str]) -> Iterable[Row]:
    return Question.objects.filter(email__in=emails).order_by("pk").values("asked_at", "wording", "wording_version", "answered_at")


def _mails(emails: list[str]) -> Iterator[Row]:
    """Mails from and to them, each once however many of us have it, the newest first until there are too many."""
    found = erasing.about(*emails).exclude(folder__in=UNSENT).order_by("-at", "-pk").prefetch_related(Prefetch("recipients"), "attachments")
    seen: set[tuple[str, str]] = set()
    room, count = MOST_CHARACTERS, 0
    for message in found.iterator(chunk_size=200):
        key = (message.message_id, message.subject)
        if message.message_id and key in seen:
            continue
        seen.add(key)
        room, count = room - len(message.body_text), count + 1
        if room < 0 or count > MOST_MAILS:
            yield {"left_out": _("There are more mails, older than these. Ask us for them.")}
            return
        yield _mail(message, emails)


def _mail(message: Message, emails: list[str]) -> Row:
    everyone = list(message.recipients.all())
    bcc = [one.email for one in everyone if one.kind == Recipient.Kind.BCC and one.email.casefold() in emails]
    return {
        "date": message.at,
        "from": f"{message.from_name} <{message.from_email}>",
        "to": [str(one) for one in everyone if one.kind == Recipient.Kind.TO],
        "cc": [str(one) for one in everyone if one.kind == Recipient.Kind.CC],
        "bcc": bcc,  # nobody else's
        "subject": message.subject,
        "message_id": message.message_id,
        "text": message.body_text,
        "files": [f"{one.name} ({one.size})" for one in message.attachments.all()],
    }
