"""Threads and their messages."""

from pathlib import Path
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import User
from crm.records.contacts import PUBLIC_DOMAINS
from crm.records.models import ContactPoint, Deal, Lead, Organisation, Person
from mail.models.account import Account
from mail.models.domains import Domain
from tracking.models import TrackedMail


class ThreadQuerySet(models.QuerySet["Thread"]):
    """Threads."""

    def visible_to(self, user: User) -> Self:
        """A thread is its mailbox owner's."""
        return self.filter(owner=user)


class Thread(models.Model):
    """A conversation in one user's mail."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    subject = models.CharField(max_length=500, blank=True)
    deals = models.ManyToManyField(Deal, blank=True, related_name="mail_threads")
    is_starred = models.BooleanField(default=False)
    latest_at = models.DateTimeField(default=timezone.now)

    objects = ThreadQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["owner", "-latest_at", "-id"], name="mail_thread_latest"),
            models.Index(fields=["owner", "subject"], name="mail_thread_subject"),
        ]


class MissingMessage(models.Model):
    """A mail that one in the thread refers to and that is not here: should it come, it belongs to the thread."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="missing_messages")
    message_id = models.CharField(max_length=250)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "message_id", "thread"], name="mail_missing_once")]


class MessageQuerySet(models.QuerySet["Message"]):
    """Messages."""

    def visible_to(self, user: User) -> Self:
        """A message is its mailbox owner's."""
        return self.filter(owner=user)

    def readable_by(self, user: User) -> Self:
        """The user's own, and what colleagues share that is with or about a record which the user may see.

        Nothing of tracking comes with it: whoever shows these shows it of `visible_to` alone.
        """
        return self.filter(Q(owner=user) | Q(is_shared=True, folder__in=Message.SHAREABLE) & _is_about_visible(user))

    def received(self) -> Self:
        """What others wrote: neither written here nor sent."""
        return self.filter(sent_at=None).exclude(folder__in=[Message.Folder.DRAFTS, Message.Folder.OUTBOX, Message.Folder.SENT])

    def in_folder(self, folder: str) -> Self:
        return self.filter(folder=folder)


class Message(models.Model):
    """A mail as written or received. The body is kept clean: never with our pixel or our links."""

    class Folder(models.TextChoices):
        INBOX = "inbox", _("Inbox")
        DRAFTS = "drafts", _("Drafts")
        OUTBOX = "outbox", _("Outbox")  # on its way, or could not be sent: see its deliveries
        SENT = "sent", _("Sent")
        ARCHIVE = "archive", _("Archive")
        TRASH = "trash", _("Trash")

    SHAREABLE = [Folder.INBOX, Folder.SENT, Folder.ARCHIVE]

    class Automatic(models.TextChoices):
        """What a program wrote by itself; it is no answer of a person."""

        NONE = "", _("Written by a person")
        REPLY = "reply", _("Automatic reply")  # out of office and the like (RFC 3834)
        REPORT = "report", _("Delivery report")  # of a mail server (RFC 3464), or a bounce in its own words
        BULK = "bulk", _("Mailing")  # lists, newsletters, notices of programs

    class Note(models.TextChoices):
        """What a received mail was when it came: broken, cut or closed to us. Shown as its label, a sentence."""

        CUT_TEXT = "cut_text", _("The mail is very long: its beginning is shown, all of it is among the files.")
        CUT_HEADERS = "cut_headers", _("The mail's headers are absurdly long and were cut.")
        TOO_DEEP = "too_deep", _("The mail is nested too deeply: what lies deepest is among the files.")
        TOO_MANY_PARTS = "too_many_parts", _("The mail has too many parts: the last of them are together in one file.")
        NO_BOUNDARY = "no_boundary", _("The mail says that it has parts, but not where they begin.")
        CUT_OFF = "cut_off", _("The end of the mail is missing.")
        BROKEN_ENCODING = "broken_encoding", _("A part of the mail was damaged on its way, or encoded in a way that cannot be read.")
        UNKNOWN_LETTERS = "unknown_letters", _("Some letters could not be read; they are shown as “�”.")
        ENCRYPTED = "encrypted", _("The mail is encrypted. Candor cannot open it and keeps it as it came.")
        SIGNED_INSIDE = (
            "signed_inside",
            _("The mail is wrapped in its signature. Candor cannot unwrap it; its contents are among the files."),
        )

    class Filing(models.TextChoices):
        """Whether the provider's Sent folder holds the clean copy."""

        NONE = "", _("Not needed")  # not sent yet, or the account has no IMAP server
        PENDING = "pending", _("Waiting")  # it is missing there: tried at `filing_due_at`
        AWAITED = "awaited", _("The provider's copies are awaited")  # it files tracked ones by itself; ours comes after those are deleted
        WATCHED = "watched", _("Filed, and watched")  # it is there; tracked ones that the provider files late are deleted
        FILED = "filed", _("Filed")
        PROVIDER = "provider", _("Filed by the provider")
        FAILED = "failed", _("Not filed")  # given up: the mail was sent all the same

    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="messages")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    account = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="messages")
    folder = models.CharField(max_length=10, choices=Folder.choices, default=Folder.DRAFTS)
    message_id = models.CharField(max_length=250, blank=True, db_index=True)  # with its angle brackets; fixed when queued
    in_reply_to = models.CharField(max_length=250, blank=True)
    references = models.TextField(blank=True)
    # the owner's own mail that this one, a person's or an automatic reply, answers; written by `answers`
    answer_to = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="answers")
    from_name = models.CharField(max_length=200, blank=True)
    from_email = models.EmailField(blank=True)
    subject = models.CharField(_("subject"), max_length=500, blank=True)
    body_html = models.TextField(blank=True)
    body_text = models.TextField(blank=True)
    preview = models.CharField(max_length=200, blank=True)  # first words, for lists
    is_read = models.BooleanField(default=True)
    is_shared = models.BooleanField(default=False)  # colleagues who may see a person, organisation or deal of it may read it there
    trashed_at = models.DateTimeField(null=True, blank=True)  # since when it is in the trash, which is emptied by and by
    folder_before = models.CharField(max_length=10, blank=True)  # of what is in the trash: where it goes back to
    automatic = models.CharField(max_length=10, choices=Automatic.choices, blank=True, default=Automatic.NONE)
    reply_to = models.TextField(blank=True)  # of a received mail: where answers shall go, as an address field holds it
    content_key = models.CharField(max_length=64, blank=True)  # of a received mail: the same for every copy of it, whatever its folder
    notes = models.JSONField(default=list, blank=True)  # of a received mail: what was broken or cut, as values of Note
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)
    at = models.DateTimeField(default=timezone.now)  # saved, queued, sent or received: what lists show and sort by
    sent_at = models.DateTimeField(null=True, blank=True)
    track_opens = models.BooleanField(default=False)  # the toggles of this mail
    track_links = models.BooleanField(default=False)
    tracked_mail = models.OneToOneField(TrackedMail, null=True, blank=True, on_delete=models.SET_NULL, related_name="message")
    typed_recipients = models.JSONField(default=dict, blank=True)  # a draft's {"to", "cc", "bcc"} as typed, mistakes included
    toggles = models.JSONField(default=dict, blank=True)  # a draft's tracking as chosen: {"track_opens", …}; empty: as in the last mail
    edited_in = models.CharField(max_length=40, blank=True)  # the window that saved the draft last, and how many changes it had by then
    send_at = models.DateTimeField(null=True, blank=True)  # when the sender wants it to go; none: at once
    dated_at = models.DateTimeField(null=True, blank=True)  # the Date header; fixed when the first of its envelopes is tried
    provider_message_id = models.CharField(max_length=250, blank=True, db_index=True)  # when the provider gave another one
    filing = models.CharField(max_length=10, choices=Filing.choices, blank=True, default=Filing.NONE)
    filing_due_at = models.DateTimeField(null=True, blank=True)
    filing_attempts = models.PositiveSmallIntegerField(default=0)  # since the last one without a fault
    filing_looks = models.PositiveSmallIntegerField(default=0)  # into Sent, for copies that the provider filed; 0 where it files none

    objects = MessageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "account", "content_key"], name="mail_message_once", condition=~Q(content_key=""))
        ]
        indexes = [
            models.Index(fields=["owner", "folder", "-at", "-id"], name="mail_message_folder"),
            models.Index(fields=["owner", "-at", "-id", "thread", "folder"], name="mail_message_newest"),
            models.Index(fields=["owner", "-at", "-id"], name="mail_message_tracked", condition=Q(tracked_mail__isnull=False)),
            models.Index(fields=["owner", "from_email"], name="mail_message_from"),
            models.Index(fields=["owner", "in_reply_to"], name="mail_message_reply", condition=~Q(in_reply_to="")),
            models.Index(fields=["sent_at"], name="mail_message_sent", condition=Q(sent_at__isnull=False)),
            models.Index(fields=["owner", "content_key"], name="mail_message_content"),  # partial, SQLite would not use it
            models.Index(fields=["owner", "message_id"], name="mail_message_own_id"),
            models.Index(fields=["owner", "provider_message_id"], name="mail_message_provider_id"),
            models.Index("owner", Lower("from_email"), name="mail_message_from_any_case"),
            models.Index("owner", Domain("from_email"), name="mail_message_from_domain"),
            models.Index(fields=["owner", "folder", "thread"], name="mail_message_unread", condition=Q(is_read=False)),
            models.Index(fields=["trashed_at"], name="mail_message_trashed", condition=Q(folder="trash")),
            models.Index(fields=["thread"], name="mail_message_shared", condition=Q(is_shared=True)),
            models.Index(fields=["filing_due_at"], name="mail_message_filing", condition=Q(filing__in=["pending", "awaited", "watched"])),
        ]


class Recipient(models.Model):
    """An address that a message goes to, and what became of it there."""

    class Kind(models.TextChoices):
        TO = "to", _("To")
        CC = "cc", _("Cc")
        BCC = "bcc", _("Bcc")

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="recipients")
    kind = models.CharField(max_length=3, choices=Kind.choices, default=Kind.TO)
    name = models.CharField(max_length=200, blank=True)
    email = models.EmailField(db_index=True)
    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="mail_recipients")
    refusal = models.CharField(max_length=500, blank=True)  # the server's words, when this address was refused
    decision = models.JSONField(null=True, blank=True)  # whether it was tracked and why, as it was at sending: a `decisions.Decision`

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(Lower("email"), name="mail_recipient_any_case"),
            models.Index(Domain("email"), name="mail_recipient_domain"),
        ]

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>" if self.name else self.email


def _is_about_visible(user: User) -> Q:
    """Whether a message is on a deal, or to or from a person, a lead or the domain of an organisation, that the user may see."""
    deals = Thread.deals.through.objects.filter(thread=OuterRef("thread_id"), deal__in=Deal.objects.visible_to(user))
    to = Recipient.objects.filter(message=OuterRef("pk")).exclude(kind=Recipient.Kind.BCC)
    is_to = to.filter(_is_of_visible("email", user) | Q(person__in=Person.objects.visible_to(user)))
    return Q(Exists(deals)) | Q(Exists(is_to)) | _is_of_visible("from_email", user)


def _is_of_visible(column: str, user: User) -> Q:
    """Whether an address, in the column, is one of a person's, or of an organisation's domain, that the user may see.

    Each is asked for by the address alone, so that both databases begin with an index and look at a row or two.
    """
    people, firms = Person.objects.visible_to(user), Organisation.objects.visible_to(user)
    of_seen = Exists(people.filter(pk=OuterRef("person")))
    further = ContactPoint.objects.filter(of_seen, kind=ContactPoint.Kind.EMAIL, folded=Lower(OuterRef(column)))
    first = people.exclude(email="").annotate(low=Lower("email")).filter(low=Lower(OuterRef(column)))
    domain = firms.exclude(domain="").exclude(domain__in=PUBLIC_DOMAINS).filter(domain=Domain(OuterRef(column)))
    leads = Lead.objects.visible_to(user).exclude(email="").annotate(low=Lower("email")).filter(low=Lower(OuterRef(column)))
    return Q(Exists(first)) | Q(Exists(further)) | Q(Exists(leads)) | Q(Exists(domain))


def attachment_path(attachment: "Attachment", name: str) -> str:
    """A random name on disk: what the file is called is kept in the row alone."""
    from uuid import uuid4

    return str(Path("attachments", f"{uuid4().hex}"))


class Attachment(models.Model):
    """A file that goes with a message."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="attachments")
    file = models.FileField(upload_to=attachment_path, max_length=200)
    name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=100, default="application/octet-stream")
    size = models.PositiveIntegerField(default=0)  # bytes
    content_id = models.CharField(max_length=250, blank=True)  # without angle brackets: the HTML shows it as cid:…
    is_inline = models.BooleanField(default=False)  # shown inside of the text, not in the list of files

    class Meta:
        ordering = ["pk"]
