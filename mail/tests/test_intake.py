"""Received mail is taken in once, with its people and files."""

import resource
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from crm.accounts.models import User
from crm.records.models import Person
from mail import intake, parsing, reading
from mail.models import Account, Attachment, Delivery, Message, Recipient, Thread
from mail.tests.letters import collection, mail, parts, text
from mail.tests.posting import sent

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
Folder = Message.Folder
Draft = Callable[..., Message]


def take(raw: bytes, owner: User, account: Account | None = None, **choices: Any) -> intake.Taken:
    usual: dict[str, Any] = {"folder": Folder.INBOX, "is_read": False, "at": NOW, "now": NOW}
    return intake.take_in(parsing.read(raw), owner=owner, account=account, **{**usual, **choices})


def test_a_mail_becomes_a_message(alice: User, account: Account):
    raw = mail(Cc="Dora <dora@client.test>, alice@acme.test", Reply_To='"Belov, Boris" <b@office.test>', References="<0@client.test>")
    taken = take(raw, alice, account)
    message = Message.objects.get()
    assert taken == intake.Taken(message, is_new=True)
    assert (message.owner, message.account, message.folder) == (alice, account, Folder.INBOX)
    assert (message.from_name, message.from_email, message.subject) == ("Boris Belov", "boris@client.test", "Offer")
    assert (message.body_text, message.body_html, message.preview) == ("Hello", "", "Hello")
    assert (message.message_id, message.references) == ("<1@client.test>", "<0@client.test>")
    assert message.reply_to == '"Belov, Boris" <b@office.test>'
    assert message.at == message.dated_at == datetime(2026, 11, 10, 9, tzinfo=UTC)
    assert message.sent_at is None
    assert not message.is_read
    assert [(one.kind, one.email) for one in message.recipients.all()] == [("to", "alice@acme.test"), ("cc", "dora@client.test")]
    assert message.thread.subject == "Offer"
    assert message.thread.latest_at == message.at


def test_it_is_the_same_mail_in_whatever_folder_it_is_met_again(alice: User, account: Account):
    first = take(mail(), alice, account)
    again = take(mail(X_Folder="Archive"), alice, account, folder=Folder.ARCHIVE)
    assert again == intake.Taken(first.message, is_new=False)
    assert again.message.folder == Folder.INBOX  # where it lies is the caller's to say


def test_a_forged_message_id_hides_no_mail(alice: User, account: Account):
    take(mail(), alice, account)
    assert take(mail(From="Eve <eve@evil.test>"), alice, account).is_new


def test_what_was_imported_is_known_to_the_account_and_the_other_way_round(alice: User, account: Account):
    assert take(mail(), alice).is_new
    assert not take(mail(), alice, account).is_new
    assert take(mail(Message_ID="<2@x>"), alice, account).is_new
    assert not take(mail(Message_ID="<2@x>"), alice).is_new


def test_each_account_and_each_user_has_a_mail_of_its_own(alice: User, bob: User, account: Account):
    other = Account.objects.create(owner=alice, email="sales@acme.test", smtp_host="127.0.0.1")
    assert take(mail(), alice, account).is_new
    assert take(mail(), alice, other).is_new
    assert take(mail(), bob).is_new


def test_a_copy_in_sent_is_the_mail_that_candor_sent(alice: User, account: Account, draft: Draft):
    message = sent(draft(subject="Offer"))
    Message.objects.filter(pk=message.pk).update(message_id="<own@acme.test>", provider_message_id="<given@provider.test>")
    delivery = Delivery.objects.create(message=message, provider_message_id="<second@provider.test>")
    for message_id in ("<own@acme.test>", "<given@provider.test>", delivery.provider_message_id):
        copy = mail(From="Alice <alice@acme.test>", Message_ID=message_id)
        assert take(copy, alice, account, folder=Folder.SENT) == intake.Taken(message, is_new=False)
        assert take(copy, alice, account, folder=Folder.ARCHIVE) == intake.Taken(message, is_new=False)
    assert Message.objects.count() == 1


def test_what_comes_back_to_the_inbox_is_received(alice: User, account: Account, draft: Draft):
    message = sent(draft(subject="Offer"))
    Message.objects.filter(pk=message.pk).update(message_id="<own@acme.test>")
    assert take(mail(From="Alice <alice@acme.test>", Message_ID="<own@acme.test>"), alice, account).is_new


def test_somebody_elses_mail_with_our_message_id_is_another(alice: User, account: Account, draft: Draft):
    message = sent(draft(subject="Offer"))
    Message.objects.filter(pk=message.pk).update(message_id="<own@acme.test>")
    assert take(mail(Message_ID="<own@acme.test>"), alice, account, folder=Folder.ARCHIVE).is_new


def test_mail_sent_by_another_program_is_sent(alice: User, account: Account):
    message = take(mail(From="alice@acme.test", To="boris@client.test"), alice, account, folder=Folder.SENT).message
    assert message.sent_at == message.at


@pytest.mark.parametrize(
    ("date", "at", "expected"),
    [
        ("Tue, 10 Nov 2026 09:00:00 +0000", NOW, datetime(2026, 11, 10, 9, tzinfo=UTC)),
        ("Tue, 10 Nov 2099 09:00:00 +0000", NOW - timedelta(hours=1), NOW - timedelta(hours=1)),
        ("", NOW - timedelta(hours=1), NOW - timedelta(hours=1)),
        ("nonsense", None, NOW),
    ],
)
def test_a_mail_stands_where_its_date_or_the_server_says(alice: User, date: str, at: datetime | None, expected: datetime):
    assert take(mail(Date=date), alice, at=at).message.at == expected


def test_recipients_are_linked_to_the_people_whom_the_owner_may_see(alice: User, charlie: User):
    known = Person.objects.create(owner=alice, name="Dora", email="Dora@client.test")
    Person.objects.create(owner=charlie, name="Emil", email="emil@client.test")
    take(mail(To="dora@client.test, emil@client.test"), alice)
    assert [one.person for one in Recipient.objects.all()] == [known, None]


def test_files_lie_under_random_names_and_pictures_of_the_text_are_marked(alice: User):
    picture = "Content-Type: image/png; name=../logo.png\r\nContent-ID: <logo@x>\r\n\r\nPNG"
    enclosed = f"Content-Type: message/rfc822\r\n\r\n{mail(Subject='Inner').decode()}"
    take(mail(**parts(text('<img src="cid:logo@x">', kind="html"), picture, enclosed)), alice)
    logo, inner = Attachment.objects.all()
    assert (logo.name, logo.content_type, logo.content_id, logo.is_inline, logo.size) == ("logo.png", "image/png", "logo@x", True, 3)
    assert (inner.name, inner.content_type, inner.is_inline) == ("Inner.eml", "message/rfc822", False)
    assert "logo" not in (logo.file.name or "")
    with inner.file.open("rb") as file:
        assert parsing.read(file.read()).subject == "Inner"


def test_a_full_disk_leaves_neither_message_nor_files(alice: User, settings: Any, tmp_path: Any):
    settings.MEDIA_ROOT = tmp_path
    small, large = ("Content-Type: application/pdf\r\n\r\n" + "x" * size for size in (10, 21_000_000))
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000_000, usual[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            take(mail(**parts(text("Hello"), small, large)), alice)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    assert not Message.objects.exists()
    assert not Thread.objects.exists()
    assert [path.name for path in tmp_path.rglob("*")] == ["attachments"]


def test_a_star_is_its_conversations(alice: User):
    assert Thread.objects.get(messages=take(mail(), alice, is_starred=True).message).is_starred
    assert not Thread.objects.get(messages=take(mail(Message_ID="<2@x>", Subject="Other"), alice).message).is_starred


def test_what_was_broken_is_remembered(alice: User):
    message = take(mail("Words", Content_Type="multipart/mixed; boundary=b"), alice).message
    message.refresh_from_db()
    assert [str(Message.Note(note).label) for note in message.notes] == ["The mail says that it has parts, but not where they begin."]


def test_a_mail_of_a_program_is_marked(alice: User):
    assert take(mail(Auto_Submitted="auto-replied"), alice).message.automatic == Message.Automatic.REPLY


def test_taking_in_asks_the_database_a_bounded_number_of_times(alice: User, account: Account, django_assert_max_num_queries: Any):
    long = " ".join(f"<{number}@client.test>" for number in range(2, 300))
    for number in range(2, 40):
        take(mail(Message_ID=f"<{number}@client.test>", Subject=f"Other {number}"), alice, account)
    people = ", ".join(f"p{number}@client.test" for number in range(200))
    files = parts(text("Hello"), *["Content-Type: application/pdf\r\n\r\nPDF"] * 20)
    with django_assert_max_num_queries(20):
        take(mail(References=long, To=people, **files), alice, account)


@pytest.mark.django_db(transaction=True)
def test_two_workers_keep_a_mail_once_and_its_answer_beside_it(alice: User, account: Account):
    answer = mail(Message_ID="<2@acme.test>", In_Reply_To="<1@client.test>", Subject="Re: Offer")
    ready = threading.Barrier(4)

    def work(raw: bytes) -> None:
        ready.wait()
        with closing(connection):
            take(raw, alice, account)

    workers = [threading.Thread(target=work, args=(raw,)) for raw in (mail(), answer, mail(), answer)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(Message.objects.values_list("message_id", flat=True)) == ["<1@client.test>", "<2@acme.test>"]
    assert Thread.objects.count() == 1


def test_every_real_mail_is_taken_in_and_shown_or_named(alice: User):
    named = {}
    for path in collection():
        try:
            message = take(path.read_bytes(), alice).message
        except parsing.Unreadable as refused:
            named[path.name] = refused.sentence
        else:
            message.refresh_from_db()
            reading.readable_html(message, with_pictures=True, now=timezone.now())
    assert named == {}
