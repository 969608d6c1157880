"""Answers: which of its owner's mails a received one answers, and who is told of it.

An answer by a person moves the ladder of a tracked mail to *replied* and closes the loop in the feed. An automatic
reply (RFC 3834) is no answer: it is worth one quiet line.
"""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.utils import translation
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.records import timeline
from crm.records.models import Person
from mail import addresses, drafts, outbox, suggesting, threading
from mail.models import Account, Delivery, Message, Recipient
from notifications import feed, switches
from tracking import replies, telling
from tracking.models import Copy

NEWS = timedelta(days=7)  # an answer that is older when it comes in (a first sync) is noted and not announced
MOST_REFERENCES = 50  # of a long conversation the latest
MOST_WAITING = 50  # answers that came before the mail that they answer
UNSENT = (Message.Folder.DRAFTS, Message.Folder.OUTBOX)
MESSAGE_ID = re.compile(r"<[^<>\s]+>")
SERVERS = re.compile(r"(?:mailer-daemon|postmaster|mail-daemon|microsoftexchange[0-9a-f]*)@", re.IGNORECASE)
# what the subject of an automatic reply says when somebody is away; of others one only knows that they are automatic
AWAY = re.compile(
    r"out of (?:the )?office|vacation|on leave|holiday|away|absen|abwesen|urlaub|congé|vacances|vacaciones|ausente|ferie|assente"
    r"|nieobecno|afwezig|отпуск|отсутств|вне офиса|不在|休暇",
    re.IGNORECASE,
)


def take_in(message: Message, *, now: datetime) -> None:
    """Note what a received mail answers; a second time changes nothing."""
    if message.answer_to_id or message.automatic not in (Message.Automatic.NONE, Message.Automatic.REPLY):
        return
    if is_own(message) or SERVERS.match(message.from_email):
        return
    sent = answered_by(message)
    if sent:
        with translation.override(message.owner.language), transaction.atomic():
            _note(message, sent, now)


def take_in_earlier(sent: Message, *, now: datetime) -> None:
    """A mail of one's own has come to be known: look again at what came before it and answers it."""
    ids = _ids_of(sent)
    naming = Q(thread=sent.thread_id) | (Q(in_reply_to__in=ids) if ids else Q())
    received = Message.objects.visible_to(sent.owner).filter(naming, answer_to=None, sent_at=None).exclude(folder__in=UNSENT)
    for message in received.exclude(pk=sent.pk).select_related("owner", "thread").order_by("at")[:MOST_WAITING]:
        take_in(message, now=now)


def is_own(message: Message) -> bool:
    """Whether the owner wrote it: here, or in another mail program of theirs."""
    is_sent = message.sent_at is not None or message.folder == Message.Folder.SENT
    return is_sent or message.from_email.casefold() in _own_addresses(message.owner)


def answered_by(message: Message) -> Message | None:
    """The own mail that it answers: the one it names, else the newest that it refers to, else the latest of its thread to its writer."""
    named = [*MESSAGE_ID.findall(message.references), *MESSAGE_ID.findall(message.in_reply_to)][-MOST_REFERENCES:]
    found = _by_id(message.owner, named)
    for message_id in reversed(named):
        if message_id in found:
            return found[message_id]
    to_writer = _own(message.owner).filter(thread=message.thread_id, recipients__email__iexact=message.from_email, at__lte=message.at)
    return to_writer.order_by("-at", "-pk").first() if message.from_email else None


def _by_id(owner: User, message_ids: list[str]) -> dict[str, Message]:
    """Own mails by the Message-IDs that they are known by; each provider may have given another one."""
    if not message_ids:
        return {}
    found: dict[str, Message] = {}
    own = _own(owner).order_by("sent_at", "pk")
    for field in ("provider_message_id", "message_id"):
        found |= {getattr(sent, field): sent for sent in own.filter(**{f"{field}__in": message_ids})}
    missing = [one for one in message_ids if one not in found]
    given = Delivery.objects.filter(provider_message_id__in=missing, message__owner=owner).select_related(*(f"message__{x}" for x in SHOWN))
    return {delivery.provider_message_id: delivery.message for delivery in given} | found if missing else found


SHOWN = ("owner", "thread", "tracked_mail")


def _own(owner: User) -> QuerySet[Message]:
    """What the owner sent, from here or from elsewhere."""
    written = Q(sent_at__isnull=False) | Q(folder=Message.Folder.SENT) | Q(writer__in=_own_addresses(owner))
    return (
        Message.objects.visible_to(owner)
        .annotate(writer=Lower("from_email"))
        .filter(written)
        .exclude(folder__in=UNSENT)
        .select_related(*SHOWN)
    )


def _own_addresses(owner: User) -> set[str]:
    return {email.casefold() for email in Account.objects.filter(owner=owner).values_list("email", flat=True)}


def _ids_of(sent: Message) -> list[str]:
    given = sent.deliveries.values_list("provider_message_id", flat=True)
    return [one for one in dict.fromkeys([sent.message_id, sent.provider_message_id, *given]) if one]


def _note(message: Message, sent: Message, now: datetime) -> None:
    if not Message.objects.filter(pk=message.pk, answer_to=None).update(answer_to=sent):
        return  # another worker was first
    message.answer_to = sent
    recipient = _recipient(sent, message.from_email)
    if message.automatic:
        _tell_of_absence(message, recipient, now)
        return
    if sent.tracked_mail:
        name = _name(recipient) if recipient else ""
        copy = _copy(sent, recipient) if recipient else None
        replies.note(mail=sent.tracked_mail, key=message.message_id or f"message {message.pk}", at=message.at, name=name, copy=copy)
    _tell(message, sent, recipient, now)
    suggesting.tend_thread(sent.thread, now=now)
    outbox.tell_tabs(sent)


def _recipient(sent: Message, email: str) -> Recipient | None:
    """Whom of those it went to an address is."""
    wanted = _comparable(email)
    return next((one for one in sent.recipients.select_related("person") if _comparable(one.email) == wanted), None)


def _comparable(email: str) -> str:
    return (addresses.to_ascii(addresses.normal(email) or email) or email).casefold()


def _copy(sent: Message, recipient: Recipient) -> Copy | None:
    """The copy that is this recipient's own; None where several share it."""
    delivery = sent.deliveries.filter(recipients=recipient).exclude(copy=None).exclude(copy__email="").select_related("copy").first()
    return delivery.copy if delivery else None


def _tell(message: Message, sent: Message, recipient: Recipient | None, now: datetime) -> None:
    """The mail's card becomes the answered one, and the person's timeline has a line."""
    if recipient:
        title = _("%(name)s answered “%(subject)s”") % {"name": _name(recipient), "subject": _subject(sent)}
        detail = message.preview
    else:
        title = _("Somebody else answered “%(subject)s”") % {"subject": _subject(sent)}
        detail = _("%(name)s, to whom you did not send it") % {"name": message.from_name or message.from_email}
    _log(message, recipient, _("Answered: %(subject)s") % {"subject": _subject(sent)})
    if _is_news(message, "replied", now):
        key = telling.card_key(sent.tracked_mail) if sent.tracked_mail else f"answer:{sent.pk}"
        count = sent.answers.filter(automatic=Message.Automatic.NONE).count()
        feed.show_all([feed.State(message.owner, key, "replied", title, message.at, detail, threading.url(message), count, rings=True)])


def _is_news(message: Message, kind: str, now: datetime) -> bool:
    return now - message.at < NEWS and switches.is_on(message.owner, kind)


def _tell_of_absence(message: Message, recipient: Recipient | None, now: datetime) -> None:
    """One quiet line: nobody has read anything."""
    if not _is_news(message, "away", now):
        return
    words = _("%(name)s is away: automatic reply") if AWAY.search(message.subject) else _("Automatic reply from %(name)s")
    title = words % {"name": _name(recipient) if recipient else message.from_name or message.from_email}
    detail, url = message.preview or message.subject, threading.url(message)
    feed.show_all([feed.State(message.owner, f"away:{message.pk}", "away", title, message.at, detail, url, is_quiet=True)])


def _log(message: Message, recipient: Recipient | None, text: str) -> None:
    person = (recipient.person if recipient else None) or _people(message.owner, [message.from_email]).get(message.from_email.casefold())
    if person:
        line = timeline.Standing(f"answer:{message.pk}", "replied", text, message.at, person, message.owner, threading.url(message))
        timeline.keep_all([line])


def _people(owner: User, emails: Iterable[str]) -> dict[str, Person]:
    return drafts.people_by_address(owner, [email.casefold() for email in emails])


def _name(recipient: Recipient) -> str:
    return (recipient.person.name if recipient.person else "") or recipient.name or recipient.email


def _subject(message: Message) -> str:
    return message.subject[:120] or _("(no subject)")
