"""Mails being written: saved as typed, whatever is still wrong with them."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.records.models import Deal, Person
from mail import addresses, attachments, body, sharing, threading
from mail.models import Account, Message, Recipient, Thread
from tracking import cleaning

KINDS = (Recipient.Kind.TO, Recipient.Kind.CC, Recipient.Kind.BCC)
MAX_SUBJECT = 500


class NotADraft(Exception):
    """The message is in the outbox or sent: what was written can no longer be changed."""


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
) -> Message:
    """Keep what is typed; `message` is the draft to change, or None for a new one. Raises NotADraft.

    Address fields are kept as typed with all mistakes (see `mistakes`); what can be read becomes recipients, linked to
    the people whom the owner may see. A deal is linked to the thread. A reply continues the thread that it answers.
    """
    now = timezone.now()
    subject = addresses.one_line(subject)[:MAX_SUBJECT]
    draft = _editable(message) if message else _new(owner, subject, in_reply_to)
    draft.account = account
    draft.from_name, draft.from_email = (account.sender_name or owner.name, account.email) if account else ("", "")
    draft.subject = subject
    draft.body_html = body.clean(cleaning.strip_own(body_html), keeps_fields=True)
    draft.body_text = body.to_text(draft.body_html)
    draft.preview = body.preview(draft.body_text)
    draft.typed_recipients = {"to": to, "cc": cc, "bcc": bcc}
    draft.at = now
    draft.save()
    _keep_recipients(draft)
    _keep_thread(draft, deal)
    threading.touch(draft.thread, now=now)
    return draft


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
    people = Person.objects.visible_to(owner).annotate(address=Lower("email")).filter(address__in=list(wanted)).order_by("-pk")
    found = {person.email.casefold(): person for person in people}
    return found | {person.email.casefold(): person for person in people if person.owner_id == owner.pk}


def _keep_thread(draft: Message, deal: Deal | None) -> None:
    thread = draft.thread
    if deal:
        thread.deals.add(deal)
    is_first = not draft.in_reply_to and not thread.messages.exclude(pk=draft.pk).exists()
    if is_first and thread.subject != threading.bare_subject(draft.subject):
        thread.subject = threading.bare_subject(draft.subject)
        Thread.objects.filter(pk=thread.pk).update(subject=thread.subject)
