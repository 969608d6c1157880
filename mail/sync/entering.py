"""New mail comes in: asked for by its head, left out where the user wants it so, recognised where it is known, else fetched whole.

Every UID that is handed to `Entrance.enter` is accounted for when it returns: taken in, recognised, left out, kept aside with
the reason, or no longer there. Only then may a cursor move over it.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, Q

from mail import erasing, inbound, intake, parsing
from mail.faults import Kind, ServerFault
from mail.models import Account, Delivery, Message, RemoteCopy, RemoteFolder
from mail.sync import flags as follow
from mail.sync import kept, placing
from mail.sync.rules import Rules
from mail.sync.server import Flags, Head, Server
from tracking.cleaning import copies_in

logger = logging.getLogger(__name__)
BATCH_BYTES = 4 * 1024 * 1024  # of mail that is in memory at once, unless a single one is larger
BATCH = 50  # messages
UNUSABLE = (Kind.GARBLED, Kind.REFUSED)  # the connection goes on
LARGEST = 50 * 1024 * 1024  # bytes of a mail that is fetched whole
BEGINNING = 1024 * 1024  # bytes that are read of a larger one


@dataclass
class Count:
    """What became of some messages."""

    taken: int = 0  # new to Candor
    known: int = 0
    left_out: int = 0
    kept: set[int] = field(default_factory=set)  # UIDs of what could not be taken in
    touched: set[int] = field(default_factory=set)  # primary keys of messages that are new, or now lie in one more place


@dataclass
class Entrance:
    """The way of one folder's mail into the user's mailbox."""

    account: Account
    folder: RemoteFolder
    server: Server
    rules: Rules
    now: datetime
    count: Count = field(default_factory=Count)

    def enter(self, uids: Sequence[int]) -> Count:
        """Take messages of the open folder in, in the given order. Raises ServerFault, with nothing lost: ask for the same again."""
        self.count = Count()
        passed_over = kept.passed_over(self.folder)
        heads = self._heads([uid for uid in uids if uid not in passed_over])
        letters = {uid: letter for uid, head in heads.items() if (letter := _head_letter(head))}
        known = self._known(letters)
        self._adopt(known.values())
        erased = erasing.erased_among(self.account, (key for letter in letters.values() for key in (letter.content_key, letter.message_id)))
        wanted: list[Head] = []
        for uid, head in heads.items():
            if uid in letters and not erased.isdisjoint({letters[uid].content_key, letters[uid].message_id} - {""}):
                self.count.left_out += 1
            elif uid in known:
                self._recognise(known[uid], head)
            elif uid in letters and self.rules.leave_out(letters[uid], at=head.at):
                self.count.left_out += 1
            else:
                wanted.append(head)
        self._fetch(wanted)
        return self.count

    def _heads(self, uids: Sequence[int]) -> dict[int, Head]:
        """In the order of the UIDs; one that the server leaves out of its answer is asked for once more, by itself."""
        found = self._heads_told(uids)
        for uid in uids:
            if uid not in found:
                found |= self._heads_told([uid]) or self._unanswered(uid)
        return {uid: found[uid] for uid in uids if uid in found}

    def _heads_told(self, uids: Sequence[int]) -> dict[int, Head]:
        """None of an answer that cannot be read: one mail would else hold up all that come with it."""
        try:
            return self.server.heads(uids)
        except ServerFault as error:
            if error.kind not in UNUSABLE:
                raise
            return {}

    def _unanswered(self, uid: int) -> dict[int, Head]:
        """Gone between two questions, or there and not handed out: that is written down."""
        if self.server.uids(uid, uid):
            kept.keep(self.folder, uid, reason=str(kept.NOT_HANDED_OUT), now=self.now)
            self.count.kept.add(uid)
        return {}

    def _known(self, letters: dict[int, parsing.Letter]) -> dict[int, int]:
        """UIDs of what Candor has: messages of the account by their content's key, what it sent by its Message-ID or the provider's."""
        mine = Message.objects.filter(Q(account=self.account) | Q(account=None), owner=self.account.owner)
        keys = {letter.content_key for letter in letters.values()} - {""}
        by_key = dict(mine.filter(content_key__in=keys).order_by(F("account").asc(nulls_first=True)).values_list("content_key", "pk"))
        known = {uid: by_key[letter.content_key] for uid, letter in letters.items() if letter.content_key in by_key}
        sent_ids = self._sent_ids(letter.message_id for letter in letters.values())
        for uid, letter in letters.items():
            if uid not in known and letter.message_id in sent_ids:
                found = intake.recognise(letter, owner=self.account.owner, account=self.account, folder=self._local)
                known |= {uid: found.pk} if found else {}
        return known

    def _sent_ids(self, message_ids: Iterable[str]) -> set[str]:
        """Those among the Message-IDs that mail of ours bears; at the provider, perhaps."""
        ids = set(message_ids) - {""}
        sent = Message.objects.filter(account=self.account, content_key="")
        given = Delivery.objects.filter(message__in=sent, provider_message_id__in=ids).values_list("provider_message_id", flat=True)
        own = sent.filter(Q(message_id__in=ids) | Q(provider_message_id__in=ids)).values_list("message_id", "provider_message_id")
        return set(given).union(*own) & ids

    @property
    def _local(self) -> str:
        return placing.local_folder(self.folder.role)

    def _recognise(self, message_pk: int, head: Head) -> None:
        with transaction.atomic():
            self._put(message_pk, head.uid, head.flags)
            follow.take_over(message_pk, head.flags)
            self.count.known += 1

    def _adopt(self, messages: Iterable[int]) -> None:
        """Mail without an account (imported, or left by one that was disconnected) is this one's from now on: changes go there."""
        Message.objects.filter(pk__in=list(messages), account=None).update(account=self.account)

    def _put(self, message_pk: int, uid: int, flags: Flags) -> None:
        """Write down that the message lies there, in one statement: this is done for each mail."""
        copy = RemoteCopy(folder=self.folder, validity=self.folder.validity, uid=uid, message_id=message_pk)
        copy.is_seen, copy.is_flagged = flags.is_seen, flags.is_flagged
        changes = ["message", "is_seen", "is_flagged", "gone_at"]
        RemoteCopy.objects.bulk_create([copy], update_conflicts=True, unique_fields=["folder", "validity", "uid"], update_fields=changes)
        self.count.touched.add(message_pk)

    def _fetch(self, heads: Iterable[Head]) -> None:
        for batch in _batches(heads, alone=kept.suspects(self.folder)):
            bodies = self._bodies([head.uid for head in batch], self._beginning if batch[0].size > LARGEST else self.server.bodies)
            for head in batch:
                if head.uid in bodies:
                    self.take(head, bodies[head.uid])
                else:
                    self._unanswered(head.uid)

    def _beginning(self, uids: Sequence[int]) -> dict[int, bytes]:
        found = {uid: self.server.beginning(uid, BEGINNING) for uid in uids}
        return {uid: beginning for uid, beginning in found.items() if beginning is not None}

    def _bodies(self, uids: list[int], fetch: Callable[[Sequence[int]], dict[int, bytes]]) -> dict[int, bytes]:
        """Of an answer that cannot be read as a whole, each message is asked for by itself."""
        try:
            with kept.watched(self.folder, uids, now=self.now):
                return fetch(uids)
        except ServerFault as error:
            if error.kind not in UNUSABLE:
                raise
        return {uid: body for one in uids for uid, body in self._bodies([one], fetch).items()} if len(uids) > 1 else {}

    def take(self, head: Head, raw: bytes) -> bool:
        """Take one message in; one that cannot be read is kept aside, and the answer is False."""
        try:
            self._take_in(head, raw)
        except (OperationalError, InterfaceError):  # the database's fault, not the mail's
            raise
        except Exception as error:  # whatever it is, the next mail has to come in
            reason = error.sentence if isinstance(error, parsing.Unreadable) else type(error).__name__
            logger.warning("A mail of account %s could not be read (%s); it is kept.", self.account.pk, type(error).__name__)
            kept.keep(self.folder, head.uid, raw=raw, reason=reason, now=self.now)
            self.count.kept.add(head.uid)
            return False
        return True

    @transaction.atomic
    def _take_in(self, head: Head, raw: bytes) -> None:
        letter = parsing.read(raw)
        if erasing.is_erased(self.account, letter.content_key, letter.message_id):
            self.count.left_out += 1
            return
        own = self._filed_by_provider(letter)
        if own:
            self._put(own.pk, head.uid, head.flags)
            self.count.known += 1
            return
        taken = intake.take_in(
            letter,
            owner=self.account.owner,
            account=self.account,
            folder=self._local,
            is_read=head.flags.is_seen,
            is_starred=head.flags.is_flagged,
            at=head.at,
            now=self.now,
        )
        self._put(taken.message.pk, head.uid, head.flags)
        if not taken.is_new:
            self._adopt([taken.message.pk])
        self.count.taken += taken.is_new
        self.count.known += not taken.is_new
        if taken.is_new:
            inbound.received(taken.message, raw, now=self.now)

    def _filed_by_provider(self, letter: parsing.Letter) -> Message | None:
        """The mail of ours that a tracked copy in Sent is, whose Message-ID the provider has replaced without telling.

        It bears our own signature and our Date; an answer that another program sent and that quotes the mail has another Date.
        """
        copies = copies_in(letter.html) if self.folder.role == RemoteFolder.Role.SENT else set()
        mine = Message.objects.filter(account=self.account, content_key="", deliveries__copy__public_id__in=copies) if copies else ()
        seconds = letter.dated_at.replace(microsecond=0) if letter.dated_at else None
        return next((one for one in mine if one.dated_at and one.dated_at.replace(microsecond=0) == seconds), None)


def _head_letter(head: Head) -> parsing.Letter | None:
    """What the head says; without a Message-ID its key says nothing, for that takes the whole mail."""
    try:
        letter = parsing.read(head.fields)
    except parsing.Unreadable:
        return None
    return replace(letter, content_key=parsing.content_key(head.fields))


def _batches(heads: Iterable[Head], *, alone: set[int]) -> Iterator[list[Head]]:
    """Few enough to be in memory together; those of `alone`, and the very large, each by itself."""
    batch: list[Head] = []
    size = 0
    for head in heads:
        is_alone = head.size > LARGEST or head.uid in alone
        if batch and (size + head.size > BATCH_BYTES or len(batch) == BATCH or is_alone or batch[-1].uid in alone):
            yield batch
            batch, size = [], 0
        batch.append(head)
        size += head.size
    if batch:
        yield batch
