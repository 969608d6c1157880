"""What tracking costs in spam filters: a mail's bytes on the wire, tracked, against those of the same mail untracked."""

import email
import logging
import re
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import NamedTuple, cast

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from crm.accounts.models import User
from mail import attachments, drafts, outbox, replying, sending, signatures
from mail.models import Account, Message
from mail.tests.fake_smtp import FakeServer, Received
from tests.services import require
from tests.spam.filters import Points, Rspamd, SpamAssassin
from tests.spam.letters import LETTERS, OWN, Letter
from tracking import preferences

pytestmark = [pytest.mark.spamfilters, pytest.mark.xdist_group("spamfilters")]
logger = logging.getLogger(__name__)
MOST = {"SpamAssassin": 1.5, "rspamd": 1.0}  # points that tracking may cost a short mail; a long one nothing
NEVER = re.compile(r"PHISHING|STY_INVIS_DIRECT|MPART_ALT_DIFF|HTTPS_HTTP_MISMATCH|^LONG_")
CANDOR, RELAY, TAKER = ("crm.example.com", "93.184.216.40"), ("mail.example.com", "93.184.216.34"), "mx.example.net"
WAYS = {"relayed": (CANDOR, RELAY), "straight": (CANDOR,)}  # rules about hidden things ask whether the sender's machine delivered itself
Sender = Callable[[Letter, bool], list[Received]]


class Filters(NamedTuple):
    """Both programs, running."""

    spamassassin: SpamAssassin
    rspamd: Rspamd

    def judge(self, mail: Received, way: str) -> dict[str, Points]:
        """What each of them holds against a mail that came this way."""
        (name, address), raw = WAYS[way][-1], _arrived(mail, way)
        envelope = [("From", mail.sender), *(("Rcpt", one) for one in mail.recipients), ("Helo", name), ("Hostname", name), ("IP", address)]
        return {"SpamAssassin": self.spamassassin.judge(raw), "rspamd": self.rspamd.judge(raw, envelope=envelope)}


@pytest.fixture(scope="module")
def filters() -> Iterator[Filters]:
    require("spamassassin", "rspamd")
    with Rspamd() as rspamd, SpamAssassin() as spamassassin:
        yield Filters(spamassassin, rspamd)


@pytest.fixture
def sent(alice: User, settings) -> Iterator[Sender]:
    """Sends Alice's letters, tracked or not, and answers what the server took."""
    with FakeServer() as server:
        account = Account.objects.create(
            owner=alice,
            email="alice@example.com",
            sender_name="Alice Ahrens",
            smtp_host="127.0.0.1",
            smtp_port=server.port,
            smtp_security="none",
            smtp_username="alice",
            smtp_password="secret",
        )
        preferences.update(user=alice, open_tracking=True, link_tracking=True, notify_activity=True)

        def send(letter: Letter, track: bool) -> list[Received]:
            settings.SITE_URL, settings.TRACKING_URL = OWN, letter.host
            message = _composed(letter, account)
            outbox.queue(message=message, track_opens=track, track_links=track, tell_apart=letter.tell_apart, now=timezone.now())
            before = len(server.taken)
            sending.send_due()
            return server.taken[before:]

        yield send


def _composed(letter: Letter, account: Account) -> Message:
    first = _received(letter.answers, account) if letter.answers else None
    message = drafts.save(
        owner=account.owner,
        message=None,
        account=account,
        to="Boris Petrov <boris@example.net>",
        cc=letter.cc,
        bcc=letter.bcc,
        subject=f"Re: {letter.subject}" if first else letter.subject,
        body_html=letter.html + signatures.marked(letter.signature) + (replying.quote(first) if first else ""),
        in_reply_to=first,
    )
    message.message_id = "<8dkVn3qTqJ2mYtXw0aZr5uLb@example.com>"  # drawn once for all, so that the two mails differ by nothing else
    message.save(update_fields=["message_id"])
    if letter.file:
        attachments.add(
            message=message, upload=SimpleUploadedFile(letter.file, b"%PDF-1.7\n" + bytes(9000), content_type="application/pdf")
        )
    return message


def _received(html: str, account: Account) -> Message:
    first = drafts.save(
        owner=account.owner, message=None, account=account, to="alice@example.com", cc="", bcc="", subject="Offer", body_html=html
    )
    first.from_name, first.from_email, first.message_id = "Boris Petrov", "boris@example.net", "<CAJk3xYb7QwZp5@mail.example.net>"
    first.folder = Message.Folder.INBOX
    first.save()
    return first


def _arrived(mail: Received, way: str) -> bytes:
    """The mail as the receiving server hands it to its filter: with the lines that servers on the way put on top of it.

    Without them a filter judges something that nobody receives, and holds their absence against the mail.
    """
    now, hops = format_datetime(timezone.now()), WAYS[way]
    lines = [f"Return-Path: <{mail.sender}>"]
    for number in reversed(range(len(hops))):
        (name, address), is_last = hops[number], number + 1 == len(hops)
        by = TAKER if is_last else hops[number + 1][0]
        protocol = "ESMTPS" if is_last else "ESMTPSA"
        lines.append(f"Received: from {name} ({name} [{address}])\r\n\tby {by} (Postfix) with {protocol} id 4WqHsJ{number}Kz9z;\r\n\t{now}")
    return "\r\n".join([*lines, ""]).encode() + mail.data


def _difference(plain: Points, tracked: Points) -> tuple[float, str]:
    """Points that tracking adds, and the rules by which the two verdicts differ."""
    rules = {rule: round(tracked.get(rule, 0) - plain.get(rule, 0), 3) for rule in sorted({*plain, *tracked})}
    told = ", ".join(f"{rule} {points:+}" for rule, points in rules.items() if points or (rule in plain) != (rule in tracked))
    return round(sum(rules.values()), 3), told or "nothing"


@pytest.mark.parametrize("name", LETTERS)
def test_tracking_costs_a_short_mail_little_and_a_long_one_nothing(name: str, sent: Sender, filters: Filters) -> None:
    letter = LETTERS[name]
    (untracked,) = sent(letter, False)
    for mail in sent(letter, True):
        assert f'<img src="{letter.host}/i/' in _html_of(_parsed(mail)).get_content()
        for way in WAYS:
            plain = filters.judge(untracked, way)
            for program, points in filters.judge(mail, way).items():
                cost, told = _difference(plain[program], points)
                logger.info("%s, %s: %s %+.2f (%s)", name, way, program, cost, told)
                assert cost <= (0 if letter.is_long else MOST[program]), f"{program}, {way}: {cost:+} by {told}"
                assert not [rule for rule in points if NEVER.search(rule)], f"{program}, {way}: {points}"


HARMS = {  # what tracking must not do to a letter, as a change to its HTML, and the rule that punishes it
    "a hidden pixel": ("no link", r"width:1px", "display:none;width:1px", "STY_INVIS_DIRECT"),
    "a long token in hexadecimals": ("no link", r"/i/[\w-]+", f"/i/{'7f' * 32}/o", "LONG_IMG_URI"),
    "no room": ("1 KB of text", r"<head>.*</head>", "<head></head>", "HTML_IMAGE_ONLY_20"),
    "words that show another address": ("one worded link", r">our offer<", ">https://www.example.net/offers<", "PHISHING"),
    "plain http behind words in https": (
        "one worded link",
        r'href="https:([^>]*)>our offer<',
        r'href="http:\1>https://www.example.net/offers<',
        "HTTPS_HTTP_MISMATCH",
    ),
    "a text part that says something else": ("no link", r"<p>.*</div>", f"<p>{'Nothing of the kind is there. ' * 9}</p>", "MPART_ALT_DIFF"),
}


@pytest.mark.parametrize("harm", HARMS)
def test_the_filters_notice_what_tracking_must_not_do(harm: str, sent: Sender, filters: Filters) -> None:
    name, pattern, replacement, rule = HARMS[harm]
    (mail,) = sent(LETTERS[name], True)
    harmless, harmful = filters.judge(mail, "straight"), filters.judge(_with_html(mail, pattern, replacement), "straight")
    found = {program: _difference(harmless[program], harmful[program]) for program in harmful}
    logger.info("%s: %s", harm, found)
    assert rule in {*harmful["SpamAssassin"], *harmful["rspamd"]}, found


def _with_html(mail: Received, pattern: str, replacement: str) -> Received:
    content = _parsed(mail)
    html, changes = re.subn(pattern, replacement, _html_of(content).get_content(), flags=re.DOTALL)
    assert changes
    _html_of(content).set_content(html, subtype="html", cte="quoted-printable")
    return Received(mail.sender, mail.recipients, content.as_bytes())


def _parsed(mail: Received) -> EmailMessage:
    return email.message_from_bytes(mail.data, policy=SMTP)


def _html_of(content: EmailMessage) -> EmailMessage:
    return cast(EmailMessage, content.get_body(("html",)))
