"""The Mail tab's pages answer, for their owner alone."""

import pytest
from django.test import Client
from django.utils import timezone

from crm.accounts.models import User
from mail import drafts
from mail.models import Account, Message

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(alice: User) -> Account:
    return Account.objects.create(owner=alice, email="alice@acme.test", sender_name="Alice Ahrens", smtp_host="mail.test")


@pytest.fixture
def sent(alice: User, account: Account) -> Message:
    """A mail that Alice has sent to Boris."""
    message = drafts.save(
        owner=alice, message=None, account=account, to="Boris <boris@b.test>", cc="", bcc="", subject="Price list", body_html="<p>Hello</p>"
    )
    message.folder, message.sent_at, message.message_id = Message.Folder.SENT, timezone.now(), "<1@acme.test>"
    message.save()
    return message


@pytest.mark.parametrize("folder", ["inbox", "drafts", "outbox", "sent", "archive"])
def test_every_folder_answers(alice_client: Client, sent: Message, folder: str):
    assert alice_client.get(f"/mail/{folder}/").status_code == 200


def test_an_unknown_folder_is_not_found(alice_client: Client):
    assert alice_client.get("/mail/spam/").status_code == 404


def test_a_sent_mail_shows_in_sent_with_its_recipient(alice_client: Client, sent: Message):
    page = alice_client.get("/mail/sent/").content.decode()
    assert "Price list" in page
    assert "Boris" in page


def test_without_an_account_the_list_leads_to_email_sync(alice_client: Client):
    assert "/settings/email-sync/" in alice_client.get("/mail/drafts/").content.decode()


def test_what_is_typed_becomes_a_draft(alice_client: Client, alice: User, account: Account):
    fields = {"to": "boris@b.test, not an address", "subject": "Hi", "body_html": "<div>half a sen</div>", "user": alice.pk}
    answer = alice_client.post("/mail/compose/save/", fields, headers={"Accept": "application/json"}).json()
    draft = Message.objects.get(pk=answer["draft"])
    assert draft.typed_recipients["to"] == "boris@b.test, not an address"
    assert "not an address" in answer["mistakes"]["to"]
    assert alice_client.get(f"/mail/compose/?draft={draft.pk}").status_code == 200
