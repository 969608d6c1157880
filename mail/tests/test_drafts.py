from typing import Any

import pytest
from django.utils import timezone

from crm.accounts.models import User
from crm.records.models import Person
from mail import drafts, outbox
from mail.models import Account, Message


def saved(owner: User, account: Account | None, **fields: Any) -> Message:
    typed: dict[str, Any] = {
        "to": "Boris <boris@client.test>",
        "cc": "",
        "bcc": "",
        "subject": "Offer",
        "body_html": "<p>Hello</p>",
        "message": None,
    }
    return drafts.save(owner=owner, account=account, **{**typed, **fields})


def test_a_draft_keeps_what_was_typed_and_links_the_people(alice, charlie, account):
    boris = Person.objects.create(owner=alice, name="Boris", email="Boris@client.test")
    Person.objects.create(owner=charlie, name="Hidden", email="dora@client.test")
    draft = saved(alice, account, cc="dora@client.test")
    assert [(one.kind, one.email, one.person) for one in draft.recipients.all()] == [
        ("to", "boris@client.test", boris),
        ("cc", "dora@client.test", None),
    ]
    assert (draft.folder, draft.thread.subject, draft.body_text, draft.preview) == ("drafts", "Offer", "Hello", "Hello")


def test_a_mistyped_address_is_kept_and_told(alice, account):
    draft = saved(alice, account, to="boris@client.test, carla@", cc="x y")
    assert draft.typed_recipients["to"] == "boris@client.test, carla@"
    assert drafts.mistakes(draft) == {"to": "“carla@” is not an email address.", "cc": "“x y” is not an email address."}
    with pytest.raises(outbox.CannotSend) as error:
        outbox.queue(message=draft, track_opens=False, track_links=False, now=timezone.now())
    assert (error.value.field, error.value.sentence) == ("to", "“carla@” is not an email address.")
    assert draft.folder == Message.Folder.DRAFTS


def test_queueing_fixes_what_identifies_the_mail(alice, account):
    draft, now = saved(alice, account), timezone.now()
    outbox.queue(message=draft, track_opens=False, track_links=False, now=now)
    assert (draft.folder, draft.dated_at) == ("outbox", now)
    assert draft.message_id.startswith("<")
    assert draft.message_id.endswith("@acme.test>")
    assert draft.deliveries.get().recipients.get().email == "boris@client.test"
    with pytest.raises(drafts.NotADraft):
        saved(alice, account, message=draft)
    outbox.back_to_drafts(message=draft)
    assert (draft.folder, draft.message_id, draft.deliveries.count()) == ("drafts", "", 0)
