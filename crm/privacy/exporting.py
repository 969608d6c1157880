"""Everything about one person by their email address, section by section, as plain rows that JSON can hold."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from crm.consent.models import Consent, Question, Restriction
from crm.consent.models import Settings as Company
from crm.privacy.models import Request
from crm.records.models import Activity, Deal, Note, Organisation, Person, StoredFile, TimelineEntry
from mail import erasing
from mail.models import Message, Recipient
from tracking import exporting as tracking

MOST_MAILS = 20_000
MOST_CHARACTERS = 100_000_000  # of the mails' texts

Row = Mapping[str, Any]
UNSENT = [Message.Folder.DRAFTS, Message.Folder.OUTBOX]


def sections(email: str, *, now: datetime) -> Iterator[tuple[str, str, Iterable[Row]]]:
    """Each section: its key, its heading in the active language, its rows."""
    email = email.casefold()
    people = Person.objects.annotate(low=Lower("email")).filter(low=email)
    about = Q(person__in=people)
    yield "about", _("About this file"), [{"email": email, "made_at": now, "company": Company.load().company}]
    yield "contact", _("Contact"), _people(people)
    yield "organisation", _("Organisation"), _organisations(people)
    yield "deals", _("Deals"), Deal.objects.filter(about).order_by("pk").values("title", "status")
    yield "notes", _("Notes"), Note.objects.filter(about).order_by("pk").values("created_at", "text")
    yield "files", _("Files"), StoredFile.objects.filter(about).order_by("pk").values("created_at", "name", "size")
    yield "activities", _("Activities"), _activities(about)
    yield "timeline", _("Timeline"), TimelineEntry.objects.filter(about).order_by("at", "pk").values("at", "text")
    yield "mails", _("Mails"), _mails(email)
    yield "tracking", _("Openings and clicks"), tracking.of(email)
    yield "consent", _("Consent"), _consent(email)
    yield "questions", _("Questions for your consent"), _questions(email)
    yield "restrictions", _("Restrictions"), Restriction.objects.filter(email=email).order_by("pk").values("began_at", "ended_at")
    yield "requests", _("Requests"), Request.objects.about(email).order_by("pk").values("kind", "asked_at", "done_at", "fetched_at")


def _people(people: QuerySet[Person]) -> Iterable[Row]:
    return people.order_by("pk").values("name", "email", "phone", "job_title", "country", "created_at", "updated_at")


def _organisations(people: QuerySet[Person]) -> Iterable[Row]:
    return Organisation.objects.filter(people__in=people).distinct().order_by("pk").values("name", "domain", "country")


def _activities(about: Q) -> Iterable[Row]:
    rows: QuerySet[Activity] = Activity.objects.filter(about)
    return rows.order_by("pk").values("kind", "subject", "note", "due_at", "done_at")


def _consent(email: str) -> Iterable[Row]:
    return Consent.objects.about([email]).values("state", "source", "at", "note", "wording", "wording_version", "evidence")


def _questions(email: str) -> Iterable[Row]:
    return Question.objects.filter(email=email).order_by("pk").values("asked_at", "wording", "wording_version", "answered_at")


def _mails(email: str) -> Iterator[Row]:
    """Mails from and to them, each once however many of us have it, the newest first until there are too many."""
    found = erasing.about(email).exclude(folder__in=UNSENT).order_by("-at", "-pk").prefetch_related(Prefetch("recipients"), "attachments")
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
        yield _mail(message, email)


def _mail(message: Message, email: str) -> Row:
    everyone = list(message.recipients.all())
    bcc = [one.email for one in everyone if one.kind == Recipient.Kind.BCC and one.email.casefold() == email]
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
