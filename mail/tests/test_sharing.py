"""Private and shared mail: who may read what, and that nothing of tracking comes with it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client

from crm.accounts.models import User
from crm.records.models import Deal, Organisation, Person
from mail import drafts, on_records, sharing
from mail.models import Attachment, Message
from mail.tests.incoming import received
from mail.tests.posting import a_deal, sent
from tracking import preferences
from tracking.tests.seen import copy_of, hit

pytestmark = pytest.mark.django_db
Draft = Callable[..., Message]
TRACES = ("data-tracked", "tracked-icon", "opened", "Opened", "followed", "track.test", "icon-eye")


@pytest.fixture
def boris(alice: User) -> Person:
    return Person.objects.create(owner=alice, name="Boris Ivanov", email="Boris@Client.test")


@pytest.fixture
def mail(alice: User, draft: Draft, boris: Person) -> Message:
    """Alice's tracked and opened mail to Boris, with a file and a hidden recipient."""
    message = sent(draft(subject="Zebra offer", body_html="<p>Okapi clause</p>", bcc="silent@axolotl.test"), clicked=True)
    assert message.tracked_mail
    preferences.update(user=alice, open_tracking=True, link_tracking=True, notify_activity=True)
    hit(copy_of(message.tracked_mail, "Boris"))
    Attachment.objects.create(message=message, name="Capybara.pdf", file=ContentFile(b"%PDF", "a"), size=4)
    return message


def on_page(record: Person | Organisation | Deal, user: User) -> list[Message]:
    """The mails in a record's timeline."""
    return [line.drawn for line in on_records.lines(record, user, None).lines]


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def pages(message: Message, record: Any) -> list[str]:
    """Where a colleague might find it."""
    kind = type(record).__name__.lower()
    file = message.attachments.get().pk if message.attachments.exists() else 0
    return [
        f"/timeline/?{kind}={record.pk}&kind=mails",
        f"/mail/shared/{message.thread_id}/",
        f"/mail/shared/messages/{message.pk}/body/",
        f"/mail/shared/attachments/{file}/",
    ]


def told(client: Client, address: str) -> str:
    response = client.get(address)
    if response.status_code == 404:
        return ""
    content = b"".join(response) if response.streaming else response.content  # type: ignore[call-overload,attr-defined]
    return f"{response.headers} {content.decode()}"


WORDS = ("Zebra offer", "Okapi clause", "Capybara.pdf")


@pytest.mark.parametrize("name", ["bob", "charlie", "mona", "ada"])
def test_private_mail_is_read_by_its_owner_alone(request: pytest.FixtureRequest, name: str, mail: Message, boris: Person):
    client = client_of(request.getfixturevalue(name))
    assert not any(word in told(client, page) for page in pages(mail, boris) for word in WORDS)


@pytest.mark.parametrize(("name", "may_read"), [("bob", True), ("mona", True), ("ada", True), ("charlie", False)])
def test_shared_mail_is_read_by_who_may_see_the_contact_without_a_trace_of_tracking(
    request: pytest.FixtureRequest, name: str, may_read: bool, mail: Message, boris: Person, alice_client: Client
):
    alice_client.post(f"/mail/threads/{mail.thread_id}/share/", {"shared": "1"})
    client = client_of(request.getfixturevalue(name))
    answers = [told(client, page) for page in pages(mail, boris)]
    assert [any(word in answer for answer in answers) for word in WORDS] == [may_read] * 3
    rows = [answer.partition("<main")[2].partition("</main>")[0] or answer for answer in answers]  # without the frame around
    assert not any(trace in answer for answer in rows for trace in (*TRACES, "silent@axolotl.test"))
    assert [client.get(address).status_code for address in (f"/mail/threads/{mail.thread_id}/", f"/mail/messages/{mail.pk}/body/")] == [
        404,
        404,
    ]
    assert client.post(f"/mail/threads/{mail.thread_id}/share/", {"shared": "0"}).status_code == 404


def test_a_file_of_shared_mail_is_named_and_warned_of_as_in_ones_own(bob: User, mail: Message):
    Message.objects.update(is_shared=True)
    Attachment.objects.create(message=mail, name="photo\u202egpj.exe", file=ContentFile(b"MZ", "a"), size=2)
    shown = told(client_of(bob), f"/mail/shared/{mail.thread_id}/")
    assert "photogpj.exe" in shown
    assert "This file is a program." in shown


def test_making_it_private_again_takes_it_from_the_colleagues(bob: User, mail: Message, boris: Person, alice_client: Client):
    for shared, expected in (("1", 1), ("0", 0)):
        alice_client.post(f"/mail/threads/{mail.thread_id}/share/", {"shared": shared})
        assert len(on_page(boris, bob)) == expected


def test_of_a_conversation_only_the_shared_mails_are_read(bob: User, mail: Message, draft: Draft, boris: Person, alice_client: Client):
    secret = sent(draft(subject="Secret", in_reply_to=mail))
    alice_client.post(f"/mail/threads/{mail.thread_id}/share/", {"shared": "1", "message": mail.pk})
    page = client_of(bob).get(f"/mail/shared/{mail.thread_id}/")
    assert page.context["shown"] == [mail]
    [row] = on_page(boris, bob)
    assert row == mail
    assert client_of(bob).get(f"/mail/shared/messages/{secret.pk}/body/").status_code == 404


@pytest.mark.parametrize("folder", ["drafts", "outbox", "trash"])
def test_what_is_being_written_or_deleted_is_not_shared(bob: User, mail: Message, boris: Person, folder: str):
    Message.objects.update(is_shared=True, folder=folder)
    assert not on_page(boris, bob)
    assert client_of(bob).get(f"/mail/shared/{mail.thread_id}/").status_code == 404


def test_shared_mail_shows_on_the_deal_and_on_the_organisation_of_its_domain(alice: User, bob: User, charlie: User):
    organisation = Organisation.objects.create(owner=alice, name="Acme", domain="acme-tools.test")
    deal = a_deal(alice)
    message = received(alice, from_email="nobody@Acme-Tools.test", is_shared=True)
    message.thread.deals.add(deal)
    for record in (organisation, deal):
        assert on_page(record, bob) == [message]
    assert client_of(bob).get(f"/mail/shared/{message.thread_id}/").status_code == 200
    assert client_of(charlie).get(f"/mail/shared/{message.thread_id}/").status_code == 404


def test_hidden_copies_are_not_shown_on_the_page_of_who_got_them(alice: User, bob: User, draft: Draft, boris: Person):
    silent = Person.objects.create(owner=alice, name="Silent", email="silent@axolotl.test")
    message = sent(draft(bcc="silent@axolotl.test"))
    Message.objects.update(is_shared=True)
    assert on_page(silent, alice) == [message]
    assert on_page(boris, bob) == [message]
    assert on_page(silent, bob) == []


def test_the_owner_is_led_to_their_own_conversation(alice_client: Client, mail: Message):
    assert alice_client.get(f"/mail/shared/{mail.thread_id}/")["Location"] == f"/mail/threads/{mail.thread_id}/"


def test_new_mail_is_private_unless_the_option_or_its_conversation_says_otherwise(alice: User, alice_client: Client, draft: Draft):
    assert not draft().is_shared
    alice_client.post("/settings/email-sync/sharing/", {"shares_new_mail": "on"})
    first = draft()
    assert first.is_shared
    assert "checked" in alice_client.get("/settings/email-sync/").content.decode().partition('name="shares_new_mail"')[2].partition(">")[0]
    sent(first)
    sharing.share(thread=first.thread, is_shared=False)
    assert not draft(in_reply_to=first).is_shared
    alice_client.post("/settings/email-sync/sharing/", {})
    assert not draft().is_shared


def test_ones_own_row_on_a_page_keeps_its_icons(alice: User, mail: Message, boris: Person, alice_client: Client):
    sharing.share(thread=mail.thread, is_shared=True)
    [row] = on_page(boris, alice)
    assert row.tracked == mail.tracked_mail  # type: ignore[attr-defined]
    assert "data-tracked-mail" in told(alice_client, f"/timeline/?person={boris.pk}&kind=mails")


def test_a_draft_of_the_owner_that_answers_keeps_the_conversation_private(alice: User, draft: Draft):
    message = received(alice, is_shared=False)
    assert not drafts.save(
        owner=alice, account=None, message=None, to="", cc="", bcc="", subject="x", body_html="x", in_reply_to=message
    ).is_shared
