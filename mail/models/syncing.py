"""What the sync knows of the user's mailbox at the provider: its folders, where each message lies, what is still to be done there."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import User
from mail.models.account import Account
from mail.models.message import Message


class RemoteFolder(models.Model):
    """A folder at the provider, and how far it has been read.

    New mail is read upwards from `next_uid`, the mail of before downwards from `older_uid`, newest first. Both move only
    over what was taken in, kept aside or left out on purpose, so a sync that is killed goes on where it was.
    """

    class Role(models.TextChoices):
        """What a folder is for (RFC 6154)."""

        INBOX = "inbox", _("Inbox")
        SENT = "sent", _("Sent")
        ARCHIVE = "archive", _("Archive")
        ALL = "all", _("All mail")  # Gmail's: holds what lies in the others, too
        DRAFTS = "drafts", _("Drafts")
        TRASH = "trash", _("Trash")
        JUNK = "junk", _("Spam")
        OTHER = "", _("Another folder")

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="remote_folders")
    name = models.CharField(max_length=500)  # as the server has it, decoded
    role = models.CharField(max_length=10, choices=Role.choices, blank=True, default=Role.OTHER)
    is_chosen = models.BooleanField(default=False)  # its mail enters
    validity = models.BigIntegerField(default=0)  # UIDVALIDITY, without which UIDs mean nothing (RFC 9051 2.3.1.1)
    validity_changes = models.PositiveSmallIntegerField(default=0)  # in a row: a server that changes it each time cannot be followed
    next_uid = models.BigIntegerField(default=0)  # every UID below was considered, or is still to come from above; 0: never opened
    older_uid = models.BigIntegerField(default=0)  # of the first sync: the UIDs below are still to come; 0: nothing is
    modseq = models.BigIntegerField(default=0)  # of the last look at the flags (RFC 7162); 0: the server counts no changes
    exists_count = models.PositiveIntegerField(default=0)  # messages at the last look: fewer than expected means that some have gone
    wanted_count = models.PositiveIntegerField(default=0)  # of the first sync
    done_count = models.PositiveIntegerField(default=0)
    looked_at = models.DateTimeField(null=True, blank=True)  # gone through to its end
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["account", "name"], name="mail_remotefolder_once")]

    def __str__(self) -> str:
        return self.name

    def move_cursor(self, name: str, uid: int) -> None:
        """Unless the folder is to be gone through again by now: that began after this was asked for."""
        type(self).objects.filter(pk=self.pk, **{name: getattr(self, name)}).update(**{name: uid})
        setattr(self, name, uid)

    @property
    def is_fully_read(self) -> bool:
        """Whether its first sync is over."""
        return self.next_uid > 0 and not self.older_uid


class RemoteCopyQuerySet(models.QuerySet["RemoteCopy"]):
    """Places of messages."""

    def there(self) -> Self:
        """Those that were there at the last look."""
        return self.filter(gone_at=None)


class RemoteCopy(models.Model):
    """A message's place in a folder at the provider; Gmail has one mail in several."""

    folder = models.ForeignKey(RemoteFolder, on_delete=models.CASCADE, related_name="copies")
    validity = models.BigIntegerField()  # the UIDVALIDITY that the UID belongs to
    uid = models.BigIntegerField()
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="remote_copies")
    is_seen = models.BooleanField(default=False)  # its flags, as the server had them at the last look
    is_flagged = models.BooleanField(default=False)
    gone_at = models.DateTimeField(
        null=True, blank=True
    )  # no longer there: where the message is now is found out when all folders were read

    objects = RemoteCopyQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["folder", "validity", "uid"], name="mail_remotecopy_once")]
        indexes = [models.Index(fields=["gone_at"], name="mail_remotecopy_gone", condition=Q(gone_at__isnull=False))]


class RemoteChange(models.Model):
    """Something that the user did here and that is still to be done at the provider. The rows are the queue, in order."""

    class Kind(models.TextChoices):
        READ = "read", _("Mark as read")
        UNREAD = "unread", _("Mark as unread")
        STAR = "star", _("Star")
        UNSTAR = "unstar", _("Remove the star")
        MOVE = "move", _("Move")
        DELETE = "delete", _("Delete")

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="remote_changes")
    message = models.ForeignKey(Message, null=True, on_delete=models.SET_NULL, related_name="remote_changes")  # none after a deletion
    message_ref = models.CharField(max_length=250, blank=True)  # its Message-ID: finds it where its UID is not known
    kind = models.CharField(max_length=10, choices=Kind.choices)
    target = models.CharField(max_length=10, choices=Message.Folder.choices, blank=True)  # of a move
    places = models.JSONField(default=list, blank=True)  # of a deletion: [folder, validity, uid], since the message's own rows go with it
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["account", "due_at"], name="mail_remotechange_due")]


def kept_path(kept: "KeptMail", name: str) -> str:
    """A random name on disk."""
    from uuid import uuid4

    return f"kept/{uuid4().hex}"


class KeptMailQuerySet(models.QuerySet["KeptMail"]):
    """Mails that could not be taken in."""

    def visible_to(self, user: User) -> Self:
        """They are the mailbox owner's."""
        return self.filter(folder__account__owner=user)


class KeptMail(models.Model):
    """A mail that could not be fetched or read: kept as it came, told, and tried again with the next version of the reader."""

    folder = models.ForeignKey(RemoteFolder, on_delete=models.CASCADE, related_name="kept_mails")
    validity = models.BigIntegerField()
    uid = models.BigIntegerField()
    file = models.FileField(upload_to=kept_path, blank=True)  # empty when the server did not hand it out
    reason = models.CharField(max_length=500)
    reader_version = models.PositiveIntegerField(default=0)
    fetch_attempts = models.PositiveSmallIntegerField(default=0)  # how often the connection broke over it
    kept_at = models.DateTimeField(default=timezone.now)

    objects = KeptMailQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["folder", "validity", "uid"], name="mail_keptmail_once")]


class Block(models.Model):
    """An address or a domain whose mail does not enter the account."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="blocks")
    pattern = models.CharField(_("address or domain"), max_length=254)  # "anna@acme.test" or "acme.test", in lower case

    class Meta:
        ordering = ["pattern"]
        constraints = [models.UniqueConstraint(fields=["account", "pattern"], name="mail_block_once")]

    def __str__(self) -> str:
        return self.pattern


class SyncStateQuerySet(models.QuerySet["SyncState"]):
    """Syncs."""

    def running(self) -> Self:
        """Those that are on, of accounts whose servers may be asked."""
        return self.filter(is_on=True, account__in=Account.objects.running())


class SyncState(models.Model):
    """An account's sync: what the user chose, when it is due, how it goes."""

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="sync", primary_key=True)
    is_on = models.BooleanField(default=False)
    since = models.DateField(null=True, blank=True)  # mail from before does not enter; None: no limit
    skips_own_domain = models.BooleanField(default=False)  # mail among colleagues alone does not enter
    due_at = models.DateTimeField(null=True, blank=True)  # None: is not synced
    claim = models.UUIDField(null=True, blank=True)  # who is at it
    claimed_at = models.DateTimeField(null=True, blank=True)  # renewed while it lives
    started_at = models.DateTimeField(null=True, blank=True)  # the first sync
    synced_at = models.DateTimeField(null=True, blank=True)  # the last one that went well through to its end
    failures = models.PositiveSmallIntegerField(default=0)  # since then
    failing_since = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=500, blank=True)
    taken_count = models.PositiveIntegerField(default=0)  # mails that entered
    left_out_count = models.PositiveIntegerField(default=0)  # by the user's rules

    objects = SyncStateQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="mail_syncstate_due", condition=Q(due_at__isnull=False))]

    def wake(self, *, now: datetime) -> None:
        """Have it looked at now, or once more when a worker is at it; not while it waits after a failure."""
        waits = Q(due_at=None) | Q(due_at__gt=now) | Q(claimed_at__isnull=False)
        type(self).objects.filter(waits, pk=self.pk, is_on=True, failures=0).update(due_at=now)

    def count(self, *, taken: int, left_out: int) -> None:
        """Add to the counts, whoever else is at it."""
        rows = type(self).objects.filter(pk=self.pk)
        rows.update(taken_count=F("taken_count") + taken, left_out_count=F("left_out_count") + left_out)
