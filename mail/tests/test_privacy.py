"""A user's mail and its tracking are theirs alone: no team-mate, outsider, manager or administrator sees any of it."""

from collections.abc import Callable

import pytest
from django.core.files.base import ContentFile
from django.test import Client

from crm.accounts.models import User
from crm.records.models import Person
from mail.models import Account, Attachment, Message
from mail.tests.posting import a_deal, sent

pytestmark = pytest.mark.django_db
Draft = Callable[..., Message]


@pytest.fixture(params=["bob", "charlie", "mona", "ada"])
def other(request: pytest.FixtureRequest) -> User:
    """Everybody but the owner."""
    user: User = request.getfixturevalue(request.param)
    return user


@pytest.fixture
def other_client(other: User) -> Client:
    client = Client()
    client.force_login(other)
    return client


@pytest.fixture
def message(alice: User, draft: Draft) -> Message:
    person = Person.objects.create(name="Boris", email="boris@client.test", owner=alice)
    deal = a_deal(alice, person=person)
    return sent(draft(subject="Between us", body_html="<p>secret words</p>", deal=deal), opened=True, clicked=True)


@pytest.mark.parametrize("address", ["/mail/threads/{thread}/", "/mail/messages/{message}/body/", "/mail/compose/?reply={message}"])
def test_others_find_no_page_of_it(other_client: Client, message: Message, address: str):
    assert other_client.get(address.format(thread=message.thread_id, message=message.pk)).status_code == 404


@pytest.mark.parametrize(
    "path", ["threads/{thread}/star", "threads/{thread}/archive", "threads/{thread}/deals", "messages/{message}/send-again"]
)
def test_others_can_do_nothing_to_it(other_client: Client, message: Message, path: str):
    response = other_client.post(f"/mail/{path.format(thread=message.thread_id, message=message.pk)}/")
    assert response.status_code == 404
    message.thread.refresh_from_db()
    assert not message.thread.is_starred


def test_others_cannot_open_change_or_discard_a_draft(other: User, other_client: Client, draft: Draft):
    mine = draft(subject="Half written")
    assert other_client.get(f"/mail/compose/?draft={mine.pk}").status_code == 404
    for path in ("save", "send"):
        fields = {"draft": mine.pk, "subject": "taken", "to": "x@y.test", "body_html": "x", "user": other.pk}
        assert other_client.post(f"/mail/compose/{path}/", fields).status_code == 409
    assert other_client.post("/mail/compose/discard/", {"draft": mine.pk}).status_code == 404
    assert Message.objects.get(pk=mine.pk).subject == "Half written"


def test_others_cannot_send_from_ones_account(other: User, other_client: Client, account: Account):
    fields = {"account": account.pk, "to": "x@y.test", "body_html": "x", "user": other.pk}
    assert other_client.post("/mail/compose/send/", fields, headers={"Accept": "application/json"}).status_code == 409
    assert not Message.objects.filter(owner=other).exists()


def test_others_cannot_fetch_add_or_remove_files(other_client: Client, message: Message, draft: Draft):
    file = Attachment.objects.create(message=message, name="a.txt", file=ContentFile(b"x", "a"), size=1)
    assert other_client.get(f"/mail/attachments/{file.pk}/").status_code == 404
    assert other_client.post(f"/mail/attachments/{file.pk}/remove/").status_code == 404
    assert other_client.post("/mail/compose/attach/", {"draft": draft().pk, "file": ContentFile(b"x", "a")}).status_code == 404


def test_others_see_none_of_it_in_lists_and_timelines(other_client: Client, message: Message, other: User):
    for folder in ("inbox", "drafts", "outbox", "sent", "archive"):
        page = other_client.get(f"/mail/{folder}/?is=tracked").content.decode()
        assert "Between us" not in page
        assert "data-tracked-mail" not in page
    deal, person = message.thread.deals.get(), Person.objects.get()
    for query in (f"deal={deal.pk}", f"person={person.pk}"):
        timeline = other_client.get(f"/timeline/?{query}&kind=mails")
        assert timeline.status_code == (404 if other.name.startswith("Charlie") else 200)
        assert b"Between us" not in timeline.content


def test_others_cannot_reach_ones_account_settings(other_client: Client, account: Account):
    page = f"/settings/email-sync/accounts/{account.pk}/"
    assert other_client.get(page).status_code == 404
    assert other_client.post(page, {"email": "x@y.test"}).status_code == 404
    assert other_client.post(f"{page}disconnect/").status_code == 404
    assert other_client.post("/settings/email-sync/test/", {"account": account.pk}).status_code == 404
    assert Account.objects.filter(pk=account.pk).exists()


def test_the_owner_sees_it_in_the_timelines(alice_client: Client, message: Message):
    deal, person = message.thread.deals.get(), Person.objects.get()
    for query in (f"deal={deal.pk}", f"person={person.pk}"):
        timeline = alice_client.get(f"/timeline/?{query}&kind=mails").content.decode()
        assert "Between us" in timeline
        assert "data-tracked-mail" in timeline


def test_strangers_are_sent_to_the_sign_in_page(client: Client, message: Message):
    for address in (f"/mail/threads/{message.thread_id}/", f"/mail/messages/{message.pk}/body/", "/mail/sent/", "/settings/email-sync/"):
        response = client.get(address)
        assert response.status_code == 302
        assert "login" in response["Location"]
