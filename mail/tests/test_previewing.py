"""What the recipient gets, shown before sending: by the code that sends, and without a trace of the look at it."""

import email
from collections.abc import Callable
from email.policy import default
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from crm.accounts.models import User
from mail import attachments, outbox, previewing, sending
from mail.models import Message
from mail.tests.fake_smtp import FakeServer
from tracking import preferences
from tracking.cleaning import strip_own_text
from tracking.models import Copy, TrackedMail

pytestmark = pytest.mark.django_db
Draft = Callable[..., Message]
PNG = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
BODY = (
    '<p>See our <a href="https://shop.test/x?a=1&amp;b=2">prices</a> or write to <a href="mailto:a@acme.test">us</a>'
    f'<img src="{PNG}" alt="Logo"><img src="https://elsewhere.test/i.png"></p>'
)
CHOSEN: dict[str, Any] = {"track_opens": True, "track_links": True, "tell_apart": True}


@pytest.fixture
def tracked(alice: User, draft: Draft) -> Message:
    preferences.update(user=alice, open_tracking=True, link_tracking=True, notify_activity=False)
    return draft(body_html=BODY, cc="carla@client.test", bcc="dora@client.test", toggles=CHOSEN)


def test_each_copy_is_shown_with_what_its_recipient_sees(tracked: Message):
    shown = previewing.of(tracked)
    assert [[one.email for one in copy.recipients] for copy in shown.copies] == [
        ["boris@client.test"],
        ["carla@client.test"],
        ["dora@client.test"],
    ]
    common = [
        ("From", "Alice Ahrens <alice@acme.test>"),
        ("To", "Boris <boris@client.test>"),
        ("Cc", "carla@client.test"),
        ("Subject", "Offer"),
    ]
    assert sorted(shown.copies[0].headers) == sorted(common)
    assert sorted(shown.copies[2].headers) == sorted([*common, ("Bcc", "dora@client.test")])


def test_it_says_what_would_be_tracked_and_why_not(tracked: Message):
    sample = previewing.of(tracked).sample
    assert (sample.tracks_opens, sample.tracks_links) == (True, True)
    assert [(words, target, bool(reason)) for words, target, reason in sample.links] == [
        ("prices", "https://shop.test/x?a=1&b=2", False),
        ("us", "mailto:a@acme.test", True),
    ]
    tracked.toggles = {"track_opens": False, "track_links": True, "tell_apart": False}
    shared = previewing.of(tracked)
    assert (shared.sample.tracks_opens, len(shared.copies)) == (False, 1)
    assert "Bcc" not in dict(shared.copies[0].headers), "a shared copy names nobody in Bcc"


def test_it_is_as_large_and_says_the_same_as_what_is_sent(server: FakeServer, tracked: Message):
    attachments.add(message=tracked, upload=SimpleUploadedFile("offer.pdf", b"%PDF" * 1000))
    shown = previewing.of(tracked)
    outbox.queue(message=tracked, **CHOSEN, now=timezone.now())
    sending.send_due()
    sent = server.taken[0].data
    assert abs(len(sent) - shown.size) < 500  # the names that a draft has not got yet
    text = email.message_from_bytes(sent, policy=default).get_body(("plain",))
    assert text
    assert shown.line in text.get_content()
    assert shown.text == strip_own_text(text.get_content()), "the link to the recipient's page is theirs alone"


def test_a_look_at_it_counts_as_nothing(alice_client: Client, tracked: Message):
    page = alice_client.get(f"/mail/messages/{tracked.pk}/preview/").content.decode()
    assert f"/mail/messages/{tracked.pk}/preview/body/" in page
    body = alice_client.get(f"/mail/messages/{tracked.pk}/preview/body/")
    html = body.content.decode()
    assert "track.test" not in html
    assert 'href="https://shop.test/x?a=1&amp;b=2"' in html
    assert PNG in html
    assert "elsewhere.test" not in html
    assert "default-src 'none'" in body["Content-Security-Policy"]
    assert not TrackedMail.objects.exists()
    assert not Copy.objects.exists()


def test_a_draft_without_recipients_and_words_can_be_looked_at(alice_client: Client, alice: User, draft: Draft):
    message = draft(to="", subject="", body_html="")
    page = alice_client.get(f"/mail/messages/{message.pk}/preview/", headers={"HX-Request": "true"}).content.decode()
    assert "No recipient yet" in page
    attachments.add(message=message, upload=SimpleUploadedFile("lost.pdf", b"%PDF"))
    file = message.attachments.get().file
    file.storage.delete(str(file.name))
    assert "lost.pdf" in alice_client.get(f"/mail/messages/{message.pk}/preview/").content.decode()


def test_what_is_no_draft_has_no_preview(alice_client: Client, queued: Draft):
    assert alice_client.get(f"/mail/messages/{queued().pk}/preview/").status_code == 404
