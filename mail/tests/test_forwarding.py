"""Passing a mail on, and answering it where its sender wants the answer."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client

from crm.accounts.models import User
from mail import drafts, replying
from mail.models import Account, Attachment, Message
from mail.tests.posting import sent
from mail.tests.test_composer import JSON, typed
from tracking import instrument
from tracking.models import Copy, TrackedMail

pytestmark = pytest.mark.django_db
Draft = Callable[..., Message]
PNG = b"\x89PNG\r\n\x1a\n"


def received(draft: Draft, **fields: Any) -> Message:
    """A mail that came from Boris to Alice and Carla."""
    message = sent(draft(to="alice@acme.test, Carla <carla@client.test>", cc="dora@client.test", subject="Re: Offer"))
    values = {"from_name": "Boris <B>", "from_email": "boris@client.test", "folder": "inbox", **fields}
    Message.objects.filter(pk=message.pk).update(**values)
    message.refresh_from_db()
    return message


def file_of(message: Message, name: str, content: bytes = PNG, **fields: Any) -> Attachment:
    return Attachment.objects.create(message=message, name=name, file=ContentFile(content, name), size=len(content), **fields)


def forwarded(client: Client, message: Message) -> Message:
    response = client.post(f"/mail/messages/{message.pk}/forward/", follow=True)
    return Message.objects.get(pk=response.context["start"].draft_pk)


def test_a_forwarded_mail_has_its_header_block_its_words_and_no_pixel_of_ours(alice_client: Client, alice: User, draft: Draft):
    mail = TrackedMail.objects.create(owner=alice, tracks_opens=True, tracks_links=True)
    live = instrument.instrument('<p>the <a href="https://x.test/">prices</a></p>', copy=Copy.objects.create(mail=mail))
    message = received(draft, body_html=live)

    found = forwarded(alice_client, message)

    assert (found.folder, found.subject, found.typed_recipients["to"]) == ("drafts", "Fwd: Offer", "")
    assert "From: <b>Boris &lt;B&gt;</b> &lt;boris@client.test&gt;<br>Date: " in found.body_html
    assert "<br>To: alice@acme.test, Carla &lt;carla@client.test&gt;<br>Cc: dora@client.test</div>" in found.body_html
    assert '<a href="https://x.test/">prices</a>' in found.body_html
    assert "track.test" not in found.body_html
    assert (found.thread, found.in_reply_to) == (message.thread, message.message_id)


def test_its_files_and_pictures_go_along_as_copies(alice_client: Client, draft: Draft):
    html = '<p>See <img src="cid:logo@x" alt="Logo"> <img src="cid:photo@x"> <img src="cid:gone@x"></p>'
    message = received(draft, body_html=html)
    offer = file_of(message, "offer.pdf", b"%PDF", content_type="application/pdf")
    file_of(message, "logo.png", content_type="image/png", content_id="logo@x", is_inline=True)
    file_of(message, "photo.jpg", b"\xff" * 800_000, content_type="image/jpeg", content_id="photo@x", is_inline=True)

    found = forwarded(alice_client, message)

    assert '<img src="data:image/png;base64,iVBORw0KGgo=" alt="Logo">' in found.body_html
    assert "cid:" not in found.body_html
    assert [(one.name, one.content_type) for one in found.attachments.all()] == [
        ("offer.pdf", "application/pdf"),
        ("photo.jpg", "image/jpeg"),  # too large for the text
    ]
    drafts.discard(message=found)
    with offer.file.open() as file:
        assert file.read() == b"%PDF", "the original keeps its own"


def test_a_forwarding_that_was_only_opened_says_so_to_the_composer(alice_client: Client, draft: Draft):
    message = received(draft)
    response = alice_client.post(f"/mail/messages/{message.pk}/forward/", headers={"HX-Request": "true"}, follow=True)
    assert 'data-fresh="1"' in response.content.decode()
    assert alice_client.post("/mail/messages/0/forward/").status_code == 404
    unfinished = draft()
    assert alice_client.post(f"/mail/messages/{unfinished.pk}/forward/").status_code == 404


def test_an_answer_goes_where_the_sender_wants_it(draft: Draft):
    message = received(draft, reply_to="Sales <sales@client.test>, boris@client.test")
    assert replying.reply_to(message).to == "Sales <sales@client.test>, boris@client.test"
    everybody = replying.reply_to(message, everybody=True)
    assert everybody.to == "Sales <sales@client.test>, boris@client.test, Carla <carla@client.test>"
    assert everybody.cc == "dora@client.test"
    assert replying.reply_to(received(draft, reply_to="nonsense")).to == '"Boris <B>" <boris@client.test>'


def test_all_of_ones_own_addresses_are_left_out_and_nobody_stands_there_twice(alice: User, draft: Draft):
    Account.objects.create(owner=alice, email="Carla@Client.test", smtp_host="x")
    everybody = replying.reply_to(received(draft, reply_to="DORA@client.test"), everybody=True)
    assert (everybody.to, everybody.cc) == ("DORA@client.test", "dora@client.test")
    own = received(draft, from_email="carla@client.test")
    assert replying.reply_to(own).to == "alice@acme.test, Carla <carla@client.test>"


def test_an_answer_goes_out_by_the_account_that_got_the_mail(alice_client: Client, alice: User, draft: Draft):
    other = Account.objects.create(owner=alice, email="sales@acme.test", smtp_host="x")
    message = received(draft, account=other)
    assert alice_client.get(f"/mail/compose/?reply={message.pk}").context["account"] == other
    assert forwarded(alice_client, message).account == other


def test_pictures_of_a_quoted_mail_stay(alice_client: Client, alice: User, draft: Draft):
    message = received(draft, body_html='<p><img src="cid:logo%40x"></p>')
    file_of(message, "logo.png", content_type="image/png", content_id="logo@x", is_inline=True)
    start = alice_client.get(f"/mail/compose/?reply={message.pk}").context["start"]
    assert "data:image/png;base64,iVBORw0KGgo=" in start.body_html
    answer = alice_client.post("/mail/compose/save/", typed(alice, reply=message.pk, body_html=start.body_html), headers=JSON)
    assert "data:image/png" in Message.objects.get(pk=answer.json()["draft"]).body_html
