"""Mails being written: saved as typed, whatever is still wrong with them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.records import contacts
from crm.records.models import Deal, Person
from mail import addresses, attachments, body, sharing, threading
from mail.models import Account, Message, Recipient, Thread
from notifications.push import push
from tracking import cleaning

KINDS = (Recipient.Kind.TO, Recipient.Kind.CC, Recipient.Kind.BCC)
MAX_SUBJECT = 500


class NotADraft(Exception):
    """The message is in the outbox or sent: what was written can no longer be changed."""


class ChangedElsewhere(Exception):
    """Another window has saved other words since: neither may take the place of the other unasked."""


@dataclass(frozen=True)
class Window:
    """Who saves: a composer's random name, the version of the draft that it has seen, and how many changes were made in it."""

    name: str
    seen: str
    count: int = 0

    def __str__(self) -> str:
        return f"{self.name} {self.count}"

    def wrote(self, draft: Message) -> bool:
        """Whether what the draft holds was written here."""
        return draft.edited_in.partition(" ")[0] == self.name

    def wrote_more(self, draft: Message) -> bool:
        """Whether it holds later words of this window, as when a copy of these is found after a crash."""
        return self.wrote(draft) and int(draft.edited_in.partition(" ")[2] or 0) > self.count


@transaction.atomic
def save(
    *,
    owner: User,
    message: Message | None,
    account: Account | None,
    to: str,
    cc: str,
    bcc: str,
    subject: str,
    body_html: str,
    deal: Deal | None = None,
    in_reply_to: Message | None = None,
    toggles: dict[str, bool] | None = None,
    window: Window | None = None,
) -> Message:
    """Keep what is typed; `message` is the draft to change, or None for a new one. Raises NotADraft, ChangedElsewhere.

    Address fields are kept as typed with all mistakes (see `mistakes`); what can be read becomes recipients, linked to
    the people whom the owner may see. A deal is linked to the thread. A reply continues the thread that it answers.
    """
    now = timezone.now()
    subject = addresses.one_line(subject)[:MAX_SUBJECT]
    draft = _editable(message) if message else _new(owner, subject, in_reply_to)
    if window and window.wrote_more(draft):
        return draft
    before = _written(draft)
    draft.account = account
    draft.from_name, draft.from_email = (account.sender_name or owner.name, account.email) if account else ("", "")
    draft.subject = subject
    draft.body_html = body.clean(cleaning.strip_own(body_html), keeps_fields=True)
    draft.body_text = body.to_text(draft.body_html)
    draft.preview = body.preview(draft.body_text)
    draft.typed_recipients = {"to": to, "cc": cc, "bcc": bcc}
    draft.toggles = draft.toggles if toggles is None else toggles
    draft.at = now
    if message and window:
        _see_that_nobody_else_wrote(draft, before, window)
    draft.edited_in = str(window or "")
    draft.save()
    _keep_recipients(draft)
    _keep_thread(draft, deal)
    threading.touch(draft.thread, now=now)
    push(user=owner, name="draft", payload={"draft": draft.pk, "version": version(draft), "window": window.name if window else ""})
    return draft


def version(draft: Message) -> str:
    """Another one after each saving."""
    return draft.updated_at.isoformat()


@transaction.atomic
def second(*, message: Message, window: Window) -> Message:
    """An empty draft beside one that another window has changed: in the same conversation, with the same files."""
    draft = Message.objects.create(
        owner=message.owner,
        thread=message.thread,
        account=message.account,
        in_reply_to=message.in_reply_to,
        references=message.references,
        send_at=message.send_at,
        edited_in=str(window),
    )
    attachments.copy_all(source=message, draft=draft)
    return draft


def _written(draft: Message) -> tuple[Any, ...]:
    """What a person sees of a draft."""
    return (draft.typed_recipients, draft.subject, draft.body_html, draft.account_id, draft.toggles)


def _see_that_nobody_else_wrote(draft: Message, before: tuple[Any, ...], window: Window) -> None:
    is_known = window.wrote(draft) or window.seen == version(draft)
    if not is_known and before != _written(draft):
        raise ChangedElsewhere


def mistakes(message: Message) -> dict[str, str]:
    """What is wrong with the address fields: the field's name ("to", "cc", "bcc") and a sentence."""
    found = {}
    for kind in KINDS:
        wrong = addresses.parse(message.typed_recipients.get(kind, "")).mistakes
        if wrong:
            found[str(kind)] = mistake_sentence(wrong)
    return found


def mistake_sentence(wrong: list[str]) -> str:
    """Says which pieces of an address field are no addresses."""
    if len(wrong) == 1:
        return _("“%(text)s” is not an email address.") % {"text": wrong[0]}
    return _("These are not email addresses: %(texts)s.") % {"texts": ", ".join(f"“{one}”" for one in wrong[:5])}


@transaction.atomic
def discard(*, message: Message) -> None:
    """Throw a draft away, with its files, and its thread if nothing else is in it. Raises NotADraft."""
    draft = _editable(message)
    thread = draft.thread
    for attachment in draft.attachments.all():
        attachments.remove(attachment=attachment)
    draft.delete()
    if not thread.messages.exists():
        thread.delete()


def _editable(message: Message) -> Message:
    """The draft, locked against a concurrent sending."""
    draft = Message.objects.select_for_update(of=("self",)).select_related("thread").get(pk=message.pk)
    if draft.folder != Message.Folder.DRAFTS:
        raise NotADraft
    return draft


def _new(owner: User, subject: str, in_reply_to: Message | None) -> Message:
    if in_reply_to is None:
        thread = threading.start(owner=owner, subject=subject, now=timezone.now())
        return Message(owner=owner, thread=thread, is_shared=sharing.for_new(owner=owner))
    return Message(
        owner=owner,
        thread=in_reply_to.thread,
        in_reply_to=threading.reference(in_reply_to),
        references=threading.references_to(in_reply_to),
        is_shared=sharing.for_new(owner=owner, thread=in_reply_to.thread),
    )


def _keep_recipients(draft: Message) -> None:
    wanted: dict[str, tuple[str, addresses.Mailbox]] = {}
    for kind in KINDS:
        for mailbox in addresses.parse(draft.typed_recipients[kind]).mailboxes:
            wanted.setdefault(mailbox.email.casefold(), (kind, mailbox))
    kept = [(one.kind, one.name, one.email) for one in draft.recipients.all()]
    if kept == [(kind, mailbox.name, mailbox.email) for kind, mailbox in wanted.values()]:
        return
    people = people_by_address(draft.owner, wanted)
    draft.recipients.all().delete()
    Recipient.objects.bulk_create(
        Recipient(message=draft, kind=kind, name=mailbox.name, email=mailbox.email, person=people.get(key))
        for key, (kind, mailbox) in wanted.items()
    )


def people_by_address(owner: User, wanted: Iterable[str]) -> dict[str, Person]:
    """The people whom the owner may see, by case-folded address; of several with one address their own, then the oldest."""
    people = contacts.by_address(Person.objects.visible_to(owner).order_by("pk"), wanted)
    own = {email: next((person for person in found if person.owner_id == owner.pk), found[0]) for email, found in people.items()}
    return {email: own[email.lower()] for email in wanted if email.lower() in own}


def _keep_thread(draft: Message, deal: Deal | None) -> None:
    thread = draft.thread
    if deal:
        thread.deals.add(deal)
    is_first = not draft.in_reply_to and not thread.messages.exclude(pk=draft.pk).exists()
    if is_first and thread.subject != threading.bare_subject(draft.subject):
        thread.subject = threading.bare_subject(draft.subject)
        Thread.objects.filter(pk=thread.pk).update(subject=thread.subject)
