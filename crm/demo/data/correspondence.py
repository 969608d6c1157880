"""The fortnight's mails, sent and read in the order of their times, through the same functions as real ones."""

import html
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from crm.accounts.models import User
from crm.demo import maildir
from crm.demo.company import COMPANY
from crm.demo.data import files
from crm.demo.data.letters import DRAFT, LETTERS, Letter, Reading
from crm.demo.data.moments import ago, on
from crm.records.models import Deal, Person
from mail import attachments, claims, drafts, outbox, outcomes, rendering, sending, signatures
from mail.faults import Reply
from mail.models import Account, Delivery, Message, Security, Signature, SyncState
from notifications import feed
from tracking import preferences, recording, rejudging, settling
from tracking.hits import CLICK, OPEN, Hit
from tracking.models import Copy, TrackedLink

LINK = re.compile(r"\[([^\]]+)\]\(([a-z]+)\)")
KEPT = Reply(250, "2.0.0 Kept")
# Programs that the readers use, and addresses reserved for documentation (RFC 5737)
READERS = (
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/149.0.0.0 Safari/537.36", "192.0.2.17"),
    ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.4.0", "198.51.100.23"),
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15",
        "203.0.113.8",
    ),
    ("Mozilla/4.0 (compatible; ms-office; MSOffice 16)", "192.0.2.66"),
)
# What asks by itself: its program, its address (one of the networks that it is known by), seconds between its requests
BY_ITSELF = {
    "apple": ("Mozilla/5.0", "172.224.226.10", 1.0),
    "filter": (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Safari/537.36",
        "209.222.82.66",
        0.2,
    ),
}
A_PERSON_TAKES = 25.0  # seconds from link to link
Happening = tuple[datetime, Callable[[], None]]


@dataclass
class Correspondence:
    """What sending and reading need to know of each other."""

    users: dict[str, User]
    people: dict[str, Person]
    deals: dict[str, Deal]
    now: datetime
    accounts: dict[int, Account] = field(default_factory=dict)
    sent: dict[str, tuple[Message, dict[str, Copy]]] = field(default_factory=dict)

    def load(self) -> None:
        """Connect everybody's account, live through the fortnight, leave one draft behind."""
        for user in self.users.values():
            self.accounts[user.pk] = connect_account(user)
            preferences.update(user=user, open_tracking=True, link_tracking=True, notify_activity=True)
        for _at, happen in sorted(self._happenings(), key=lambda happening: happening[0]):
            happen()
        self._draft(DRAFT)

    def _happenings(self) -> list[Happening]:
        found: list[Happening] = []
        for number, letter in enumerate(LETTERS):
            sent_at = on(letter.days, letter.clock, now=self.now)
            found.append((sent_at, lambda letter=letter, at=sent_at: self._send(letter, at)))  # type: ignore[misc]
            for reading in letter.readings:
                at = ago(float(reading.clock), now=self.now) if reading.days < 0 else on(reading.days, reading.clock, now=self.now)
                if sent_at < at < self.now:
                    found.append((at, lambda letter=letter, reading=reading, at=at, number=number: self._read(letter, reading, at, number)))  # type: ignore[misc]
        seen_at = on(1, "17:45", now=self.now)
        found += [(seen_at, lambda user=user: feed.mark_all_seen(user=user, now=seen_at)) for user in self.users.values()]  # type: ignore[misc]
        return found

    def _send(self, letter: Letter, at: datetime) -> None:
        message = self._draft(letter)
        for name in letter.files:
            upload = SimpleUploadedFile(name, files.content(name), content_type=files.content_type(name))
            attachments.add(message=message, upload=upload)
        outbox.queue(message=message, track_opens=letter.is_tracked, track_links=letter.is_tracked, now=at)
        while delivery := claims.claim_next(message.account_id, at):
            deliver(delivery, at, is_read=bool(letter.readings))
        file(message, at)
        Message.objects.filter(pk=message.pk).update(created_at=at - timedelta(minutes=12))
        message.refresh_from_db()
        self.sent[letter.key] = (message, self._copies(message))

    def _copies(self, message: Message) -> dict[str, Copy]:
        """By the names of those whose they are, in the order of the mail."""
        found = message.tracked_mail.copies.select_related("person").order_by("pk") if message.tracked_mail else ()
        return {copy.person.name if copy.person else copy.email: copy for copy in found}

    def _draft(self, letter: Letter) -> Message:
        user = self.users[letter.sender.email]
        earlier = self.sent[letter.follows][0] if letter.follows else None
        return drafts.save(
            owner=user,
            message=None,
            account=self.accounts[user.pk],
            to=self._addresses(letter.to),
            cc=self._addresses(letter.cc),
            bcc="",
            subject=letter.subject,
            body_html=f'{body(letter.text)}<div class="candor_signature">{signatures.default_html(self.accounts[user.pk])}</div>',
            deal=self.deals.get(letter.deal),
            in_reply_to=earlier,
        )

    def _addresses(self, names: tuple[str, ...]) -> str:
        return ", ".join(f"{name.replace('Dr. ', '')} <{self.people[name].email}>" for name in names)

    def _read(self, letter: Letter, reading: Reading, at: datetime, number: int) -> None:
        """One opening, and a little later each link."""
        copies = self.sent[letter.key][1]
        if not copies:
            return
        copy = copies[reading.whose] if reading.whose else next(iter(copies.values()))
        agent, address, pause = BY_ITSELF.get(reading.by, (*READERS[number % len(READERS)], A_PERSON_TAKES))
        hits = [_hit(copy, at, agent, address)]
        for page in reading.pages:
            link = TrackedLink.objects.filter(mail=copy.mail_id, target=page_url(page)).first()
            if link:
                hits.append(_hit(copy, at + timedelta(seconds=pause * len(hits)), agent, address, link=link))
        last = datetime.fromtimestamp(hits[-1].at, UTC)
        recording.record(hits, now=last)
        settling.settle(now=last + rejudging.LAST_LOOK)


def connect_account(user: User) -> Account:
    """The user's account on the demo's mail server."""
    server = {"smtp_host": "127.0.0.1", "smtp_port": settings.DEMO_SMTP_PORT, "smtp_security": Security.NONE, "smtp_username": user.email}
    mailbox = {"imap_host": "127.0.0.1", "imap_port": settings.DEMO_IMAP_PORT, "imap_security": Security.NONE, "imap_username": user.email}
    account = Account.objects.create(
        owner=user,
        email=user.email,
        sender_name=user.name,
        smtp_password="demo",
        imap_password="demo",
        is_demo=True,
        **server,
        **mailbox,
    )
    SyncState.objects.create(account=account, is_on=True, due_at=timezone.now(), started_at=timezone.now())
    add_signatures(account, user)
    return account


def add_signatures(account: Account, user: User) -> None:
    """A full one below new mails, and a short one below replies."""
    name, first_name = html.escape(user.name), html.escape(user.name.split()[0])
    full = f"<p>{name}<br>{html.escape(COMPANY)}<br>+49 30 23125 014</p>"
    signatures.save(signature=Signature(account=account), name="Full", html=full, is_default=True, is_default_for_replies=False)
    signatures.save(
        signature=Signature(account=account), name="Short", html=f"<p>{first_name}</p>", is_default=False, is_default_for_replies=True
    )


def deliver(delivery: Delivery, at: datetime, *, is_read: bool) -> None:
    """Put an envelope's mail into the mailboxes of its recipients, and write down that it was sent."""
    root = Path(settings.DATA_DIR, "demo-mail")
    raw = sending.mail_of(delivery, now=at)
    claims.settle(delivery, Delivery.Status.SENDING, status=Delivery.Status.TRANSMITTING)
    for recipient in delivery.recipients.all():
        maildir.deliver(root, recipient.email, raw, at=at, is_read=is_read)
    outcomes.sent(delivery, reply=KEPT, refused={}, now=at)


def file(message: Message, at: datetime) -> None:
    """Put the one clean copy into the sender's Sent folder."""
    raw = rendering.render(message, html=message.body_html, bcc=message.recipients.all())
    maildir.file(Path(settings.DATA_DIR, "demo-mail"), message.from_email, "Sent", raw, at=at)
    Message.objects.filter(pk=message.pk).update(filing=Message.Filing.FILED)


def body(text: str) -> str:
    """A letter's text as HTML."""
    return "".join(_block(block.strip()) for block in text.strip().split("\n\n"))


def page_url(page: str) -> str:
    """The address of a page of the company's web site: browsers take every name under localhost for this machine."""
    return f"http://brightwater.localhost:{settings.PORT}/site/{page}/"


def _block(block: str) -> str:
    lines = [LINK.sub(lambda found: f'<a href="{page_url(found[2])}">{found[1]}</a>', html.escape(line)) for line in block.splitlines()]
    if not any(line.startswith("- ") for line in lines):
        return f"<p>{'<br>'.join(lines)}</p>"
    return "<ul>" + "".join(f"<li>{line.removeprefix('- ')}</li>" for line in lines) + "</ul>"


def _hit(copy: Copy, at: datetime, agent: str, address: str, *, link: TrackedLink | None = None) -> Hit:
    return Hit(
        hit_id=uuid.uuid4().hex,
        kind=CLICK if link else OPEN,
        public_id=copy.public_id,
        number=link.number if link else 0,
        at=at.timestamp(),
        method="GET",
        user_agent=agent,
        address=address,
        headers={},
        viewer_id=None,
    )
