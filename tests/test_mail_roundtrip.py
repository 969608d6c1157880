"""Our outbox against real servers: out by Postfix, fetched back from Dovecot, taken apart."""

import email
import re
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from crm.accounts.models import User
from crm.records.models import Person
from mail import attachments, bounces, diagnosis, drafts, outbox, sending
from mail.models import Account, Delivery, Message
from mail.tests.fake_smtp import ACCEPT_AND_DROP, FakeServer
from tests.mailstack.stack import LOST, PASSWORDS, MailStack
from tests.services import require
from tracking import preferences
from tracking.cleaning import strip_own_text
from tracking.models import Copy

pytestmark = [pytest.mark.mailstack, pytest.mark.xdist_group("mailstack")]
FILE = bytes(range(256)) * 400
LINKS = '<a href="https://acme.test/offer?a=1&amp;b=2#top">offer for Q1</a>, or <a href="mailto:x@acme.test">write</a>'
BODY = f"<p>Dear Boris,</p><p>our {LINKS}.</p>"


@pytest.fixture(scope="module")
def stack() -> Iterator[MailStack]:
    require("postfix", "dovecot")
    with MailStack() as running:
        yield running


@pytest.fixture
def account(stack: MailStack, alice: User, monkeypatch: pytest.MonkeyPatch) -> Account:
    monkeypatch.setenv("SSL_CERT_FILE", str(stack.authority.certificate))
    stack.refusals.clear()
    user = "alice@candor.test"
    return Account.objects.create(
        owner=alice,
        email=user,
        sender_name="Älice Ahrens, Sales",
        smtp_host="localhost",
        smtp_port=stack.smtp_port,
        smtp_security="starttls",
        smtp_username=user,
        smtp_password=PASSWORDS[user],
        imap_host="localhost",
        imap_port=stack.imaps_port,
        imap_security="tls",
        imap_username=user,
        imap_password=PASSWORDS[user],
    )


@pytest.fixture
def queued(alice: User, account: Account) -> Callable[..., Message]:
    """Puts a tracked mail of Alice's with these fields into the outbox."""
    preferences.update(user=alice, open_tracking=True, link_tracking=True, notify_activity=True)

    def queue(*, files: tuple[SimpleUploadedFile, ...] = (), tell_apart: bool = True, **fields: Any) -> Message:
        typed: dict[str, Any] = {"to": "Boris <boris@candor.test>", "cc": "", "bcc": "", "subject": "Offer", "body_html": BODY}
        message = drafts.save(**{"owner": alice, "account": account, "message": None, **typed, **fields})
        for upload in files:
            attachments.add(message=message, upload=upload)
        outbox.queue(message=message, track_opens=True, track_links=True, tell_apart=tell_apart, now=timezone.now())
        return message

    return queue


def work(after: timedelta = timedelta(0)) -> None:
    sending.send_due(clock=lambda: timezone.now() + after)


def parsed(raw: bytes) -> EmailMessage:
    return email.message_from_bytes(raw, policy=default)


def part(mail: EmailMessage, subtype: str) -> str:
    body = mail.get_body((subtype,))
    assert body is not None
    return str(body.get_content())


def the_delivery(message: Message) -> Delivery:
    return message.deliveries.get()


def test_what_the_recipients_get(stack, queued):
    subject = "Offer — “Grüße”, 1"
    message = queued(
        cc='"Карла, К." <carla@candor.test>',
        bcc="dora@candor.test",
        subject=subject,
        files=(SimpleUploadedFile("Übersicht 2026.pdf", FILE, content_type="application/pdf"),),
    )
    work()
    raw = {name: stack.wait_for_mail(f"{name}@candor.test", subject="1") for name in ("boris", "carla", "dora")}
    mail = parsed(raw["boris"])
    assert mail["Subject"] == subject
    assert mail["From"].addresses[0].display_name == "Älice Ahrens, Sales"
    assert mail["Cc"].addresses[0].display_name == "Карла, К."
    assert (mail["Message-ID"], mail["MIME-Version"], mail["Bcc"]) == (message.message_id, "1.0", None)
    assert abs(mail["Date"].datetime - timezone.now()) < timedelta(minutes=1)
    assert b"dora" not in raw["boris"] + raw["carla"]
    (attachment,) = mail.iter_attachments()
    assert (attachment.get_filename(), attachment.get_content_type()) == ("Übersicht 2026.pdf", "application/pdf")
    assert attachment.get_payload(decode=True) == FILE


def test_each_recipient_gets_a_copy_of_their_own_of_one_and_the_same_mail(stack, queued):
    message = queued(cc="carla@candor.test", bcc="dora@candor.test", subject="Three copies 10")
    work()
    work()
    mails = {name: parsed(stack.wait_for_mail(f"{name}@candor.test", subject="Three copies 10")) for name in ("boris", "carla", "dora")}
    tracked = [set(re.findall(rf'"({settings.TRACKING_URL}/[il]/[^"]+)"', part(mail, "html"))) for mail in mails.values()]
    assert [len(addresses) for addresses in tracked] == [2, 2, 2]
    assert len(set.union(*tracked)) == 6, "no pixel and no link is shared"
    for header in ("From", "To", "Cc", "Subject", "Date", "Message-ID", "Content-Type"):
        assert len({str(mail[header]) for mail in mails.values()}) == 1, header
    assert mails["boris"]["Message-ID"] == message.message_id
    assert [mail["Bcc"] for mail in mails.values()] == [None, None, "dora@candor.test"]
    assert [mail["Delivered-To"] for mail in mails.values()] == [f"{name}@candor.test" for name in mails]
    with stack.mailbox("alice@candor.test") as client:
        client.select_folder("Sent Items")
        ((_uid, data),) = client.fetch(client.search(["SUBJECT", "Three copies 10"]), ["BODY.PEEK[]"]).items()
    filed = parsed(data[b"BODY[]"])
    assert settings.TRACKING_URL not in filed.as_string()
    assert "<img" not in part(filed, "html")
    assert (filed["Message-ID"], str(filed["Bcc"])) == (message.message_id, "dora@candor.test")


def test_the_pixel_and_the_links_are_in_the_html_part_alone(stack, queued):
    queued(subject="Tracked 2")
    work()
    mail = parsed(stack.wait_for_mail("boris@candor.test", subject="Tracked 2"))
    html, text = part(mail, "html"), part(mail, "plain")
    assert html.count("<img ") == 1
    assert f'<img src="{settings.TRACKING_URL}/i/' in html
    assert f'<a href="{settings.TRACKING_URL}/l/' in html
    assert '<a href="mailto:x@acme.test">' in html
    assert html.lower().startswith("<!doctype html>")
    assert settings.TRACKING_URL not in text
    assert strip_own_text(text).split() == (
        ["Dear", "Boris,", "our", "offer", "for", "Q1", "(https://acme.test/offer?a=1&b=2#top),", "or", "write", "(x@acme.test)."]
    )


def test_the_copy_in_sent_is_clean_and_there_is_one(stack, queued):
    message = queued(subject="Filed 3", bcc="dora@candor.test")
    work()
    work()
    with stack.mailbox("alice@candor.test") as client:
        client.select_folder("Sent Items")
        found = client.search(["SUBJECT", "Filed 3"])
        ((_uid, data),) = client.fetch(found, ["BODY.PEEK[]", "FLAGS"]).items()
    mail = parsed(data[b"BODY[]"])
    html = part(mail, "html")
    assert settings.TRACKING_URL not in html
    assert "<img" not in html
    assert '<a href="https://acme.test/offer?a=1&amp;b=2#top">' in html
    assert b"\\Seen" in data[b"FLAGS"]
    assert (mail["Message-ID"], str(mail["Bcc"])) == (message.message_id, "dora@candor.test")
    message.refresh_from_db()
    assert (message.folder, message.filing) == ("sent", "filed")


def test_a_mailbox_that_is_away_delays_the_copy_and_sends_nothing_twice(stack, queued, account):
    Account.objects.update(imap_port=1)
    message = queued(subject="Late copy 4")
    work()
    message.refresh_from_db()
    assert (message.folder, message.filing) == ("sent", "pending")
    Account.objects.update(imap_port=stack.imaps_port)
    work(after=timedelta(minutes=6))
    message.refresh_from_db()
    assert (message.filing, message.deliveries.count(), the_delivery(message).attempts) == ("filed", 1, 1)
    with stack.mailbox("boris@candor.test") as client:
        client.select_folder("INBOX")
        assert len(client.search(["SUBJECT", "Late copy 4"])) == 1


def test_an_unknown_user_is_refused_for_good(queued):
    message = queued(to="nobody@candor.test")
    work()
    delivery = the_delivery(message)
    assert delivery.status == Delivery.Status.FAILED
    assert delivery.smtp_reply.startswith("550 5.1.1")
    assert outbox.refused(message).get().refusal.startswith("550 5.1.1")


def test_mail_for_elsewhere_is_refused_for_good(queued):
    message = queued(to="somebody@elsewhere.test")
    work()
    assert the_delivery(message).smtp_reply.startswith("554 5.7.1")


def test_a_full_mailbox_is_tried_again(stack, queued):
    stack.refusals["carla@candor.test"] = "450 4.2.2 mailbox full"
    message = queued(to="carla@candor.test", subject="Patience 5")
    work()
    delivery = the_delivery(message)
    assert delivery.status == Delivery.Status.RETRY
    assert delivery.smtp_reply.startswith("450 4.2.2")
    stack.refusals.clear()
    work(after=timedelta(minutes=5))
    stack.wait_for_mail("carla@candor.test", subject="Patience 5")
    assert the_delivery(message).status == Delivery.Status.SENT


def test_one_refused_recipient_does_not_keep_the_mail_from_the_others(stack, queued):
    message = queued(cc="nobody@candor.test", subject="Most of you 6", tell_apart=False)
    work()
    stack.wait_for_mail("boris@candor.test", subject="Most of you 6")
    assert [one.email for one in outbox.refused(message)] == ["nobody@candor.test"]
    assert the_delivery(message).status == Delivery.Status.SENT


def test_a_bounce_comes_back_to_the_sender(stack, queued):
    message = queued(to=LOST, subject="Nobody home 7")
    work()
    report = parsed(stack.wait_for_mail("alice@candor.test", subject="Undelivered"))
    assert report.get_content_type() == "multipart/report"
    assert message.message_id in report.as_string()
    message.refresh_from_db()
    assert message.folder == Message.Folder.SENT


def test_a_returned_copy_is_found_in_the_inbox_and_whoever_loads_it_is_no_recipient(stack, queued, alice, account):
    message = queued(to=f"{LOST}, boris@candor.test", subject="Nobody home 8")
    work()
    recipient = message.recipients.get(email=LOST)
    now, deadline = timezone.now(), time.monotonic() + 15
    while not recipient.refusal and time.monotonic() < deadline:
        now += timedelta(minutes=2)
        bounces.look(now=now)
        recipient.refresh_from_db()

    assert recipient.refusal.startswith("5.")
    assert message.recipients.get(email="boris@candor.test").refusal == ""
    assert Copy.objects.get(mail__message=message, email=LOST).returned_at
    assert Copy.objects.get(mail__message=message, email="boris@candor.test").returned_at is None
    account.refresh_from_db()
    with stack.mailbox("alice@candor.test") as client:
        client.select_folder("INBOX", readonly=True)
        report = client.fetch([account.bounces_uid], ["FLAGS", "BODY.PEEK[]"])[account.bounces_uid]
    assert rb"\Seen" not in report[b"FLAGS"]
    assert "/i/" in html_inside(report[b"BODY[]"])  # a mail program that shows the returned mail would load it
    read = account.bounces_uid
    bounces.look(now=now + timedelta(hours=1))
    account.refresh_from_db()
    assert account.bounces_uid == read


def html_inside(report: bytes) -> str:
    """The HTML of the mail that a report returns."""
    found = [one for one in parsed(report).walk() if one.get_content_type() == "text/html"]
    return str(found[0].get_content())  # type: ignore[attr-defined]


def test_a_mail_in_doubt_that_lies_in_sent_was_sent(stack, queued, alice, account):
    Person.objects.create(owner=alice, name="Boris", email="boris@candor.test")
    with FakeServer({"dot": [ACCEPT_AND_DROP]}) as gone:
        Account.objects.update(smtp_port=gone.port, smtp_security="none")
        message = queued(subject="In doubt 8")
        with stack.mailbox("alice@candor.test") as client:  # as providers do that file sent mail themselves
            client.append("Sent Items", f"Message-ID: {message.message_id}\r\nSubject: In doubt 8\r\n\r\nHello\r\n".encode())
        work()
    message.refresh_from_db()
    assert (message.folder, the_delivery(message).status, len(gone.taken)) == ("sent", Delivery.Status.SENT, 1)


def test_the_connection_test_finds_everything_well(account):
    smtp, imap = diagnosis.check(account)
    assert (smtp.is_good, smtp.sentence, smtp.warning) == (True, "Signed in; mail can be sent.", "")
    assert (imap.is_good, imap.sentence) == (True, "Signed in. A copy of sent mail goes to the folder “Sent Items”.")


def test_the_connection_test_tells_wrong_passwords(account):
    account.smtp_password = account.imap_password = "nonsense"
    smtp, imap = diagnosis.check(account)
    assert (smtp.is_good, smtp.sentence) == (False, "localhost did not accept user name and password.")
    assert smtp.reply.startswith("535 5.7.8")
    assert (imap.is_good, imap.sentence) == (False, "localhost did not accept user name and password.")


def test_without_the_authority_nothing_is_sent(account, queued, monkeypatch, stack):
    monkeypatch.delenv("SSL_CERT_FILE")
    logins = stack.log(lines=9999).count("sasl_username")
    message = queued()
    work()
    assert the_delivery(message).error == "The certificate of localhost was issued by an authority that this server does not trust."
    assert stack.log(lines=9999).count("sasl_username") == logins


def test_a_long_subject_and_many_recipients_survive_the_journey(stack, queued):
    subject = "Предложение на " + "очень длинный и подробный " * 12 + "9"
    names = "Очень Длинное Имя С Пробелами И Запятыми, Которое Не Помещается В Строку"
    queued(to=f'"{names}" <boris@candor.test>', cc="carla@candor.test, dora@candor.test", subject=subject)
    work()
    raw = stack.wait_for_mail("boris@candor.test", subject="9")
    assert max(len(line) for line in raw.split(b"\r\n")) < 200
    mail = email.message_from_bytes(raw)
    assert str(make_header(decode_header(mail["Subject"]))) == " ".join(subject.split())
    assert names in str(make_header(decode_header(mail["To"])))
