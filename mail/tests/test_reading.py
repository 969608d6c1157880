"""What is shown of a message can run nothing, load nothing and tell nobody."""

import io
from base64 import b64encode
from collections.abc import Callable

import pytest
from django.core.files.base import ContentFile
from django.test import Client, override_settings
from PIL import Image

from crm.accounts.models import User
from crm.records.models import Person
from mail import reading
from mail.models import Attachment, Message
from mail.tests.posting import a_deal, sent
from tracking import instrument
from tracking.models import Copy, TrackedMail

pytestmark = pytest.mark.django_db
Draft = Callable[..., Message]


def shown(client: Client, message: Message, html: str) -> str:
    """The body's document when the database holds this HTML, however it came there."""
    Message.objects.filter(pk=message.pk).update(body_html=html)
    return client.get(f"/mail/messages/{message.pk}/body/").content.decode()


def test_the_body_has_a_policy_of_its_own(alice_client: Client, draft: Draft):
    response = alice_client.get(f"/mail/messages/{sent(draft()).pk}/body/")
    policy = dict(part.strip().partition(" ")[::2] for part in response["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == policy["script-src"] == policy["form-action"] == policy["base-uri"] == "'none'"
    assert policy["img-src"] == "data: http://testserver/mail/pictures/"
    assert policy["frame-ancestors"] == "'self'"
    assert policy["sandbox"] == "allow-popups allow-popups-to-escape-sandbox"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "no-referrer"
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg><animate onbegin=alert(1)></svg>",
        '<a href="javascript:alert(1)">x</a>',
        '<a href="jav&#x09;ascript:alert(1)">x</a>',
        '<iframe src="https://evil.test"></iframe>',
        '<form action="https://evil.test"><input name=a></form>',
        '<meta http-equiv="refresh" content="0;url=https://evil.test">',
        '<base href="https://evil.test">',
        '<link rel=stylesheet href="https://evil.test">',
        '<style>@import "https://evil.test"</style>',
        '<div style="background:url(https://evil.test)">x</div>',
        '<div style="background-image:u\\72l(https://evil.test)">x</div>',
        '<div style="position:fixed;inset:0">x</div>',
        '<table background="https://evil.test"><tr><td>x</table>',
        '<img srcset="https://evil.test 1x">',
        '<img src="https://evil.test/pixel.gif">',
        '<img src="//evil.test/pixel.gif">',
        '<img src=" https://evil.test/pixel.gif">',
        '<img src="ht\ntps://evil.test/pixel.gif">',
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
        '<img src="data:image/svg+xml;base64,PHN2Zz4=">',
    ],
)
def test_nothing_in_a_body_runs_or_loads(alice_client: Client, draft: Draft, attack: str):
    page = shown(alice_client, sent(draft()), f"<p>before</p>{attack}").lower()
    inside = page.split("<body>")[1]
    for sign in (
        "evil.test",
        "alert(1)",
        "<script",
        "onerror",
        "onbegin",
        "javascript:",
        "<iframe",
        "<form",
        "<meta",
        "<base",
        "fixed",
        "svg",
    ):
        assert sign not in inside
    assert "before" in inside


def a_picture(width: int = 8, height: int = 6, form: str = "PNG") -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(written, form)
    return written.getvalue()


def test_images_that_the_mail_carries_are_shown(alice_client: Client, draft: Draft):
    picture = f"data:image/png;base64,{b64encode(a_picture()).decode()}"
    assert picture in shown(alice_client, sent(draft()), f'<img src="{picture}">')


def test_links_open_apart_and_tell_nothing(alice_client: Client, draft: Draft):
    page = shown(alice_client, sent(draft()), '<a href="https://shop.test/?a=1&amp;b=2" target="_top" rel="opener">shop</a>')
    assert 'href="https://shop.test/?a=1&amp;b=2"' in page
    assert 'target="_blank"' in page
    assert 'rel="noopener noreferrer"' in page


def test_ones_own_pixel_and_links_are_taken_out(alice_client: Client, alice: User, draft: Draft):
    mail = TrackedMail.objects.create(owner=alice, tracks_opens=True, tracks_links=True)
    live = instrument.instrument('<p>See <a href="https://shop.test/x">our shop</a></p>', copy=Copy.objects.create(mail=mail))
    assert "track.test" in live
    page = shown(alice_client, sent(draft()), live)
    assert "track.test" not in page
    assert 'href="https://shop.test/x"' in page


def test_plain_text_cannot_become_markup(draft: Draft):
    html = reading.plain_as_html('<img src=x onerror=alert(1)>\nhttps://a.test/"><script>alert(1)</script>')
    assert "<img" not in html
    assert "<script" not in html


def test_an_attachment_is_downloaded_never_shown(alice_client: Client, draft: Draft):
    name = 'evil"; filename=x.html\u202egpj.exe'
    file = Attachment.objects.create(message=sent(draft()), name=name, content_type="text/html", size=3, file=ContentFile(b"<b>", "x"))
    response = alice_client.get(f"/mail/attachments/{file.pk}/")
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]
    assert b"".join(response.streaming_content) == b"<b>"  # type: ignore[attr-defined]


def test_a_file_that_is_gone_from_the_disk_is_not_found(alice_client: Client, draft: Draft):
    file = Attachment.objects.create(message=sent(draft()), name="a", size=3, file=ContentFile(b"abc", "x"))
    file.file.storage.delete(str(file.file.name))
    assert alice_client.get(f"/mail/attachments/{file.pk}/").status_code == 404


def test_a_conversation_shows_all_of_it_and_the_people_in_it(alice_client: Client, alice: User, draft: Draft):
    Person.objects.create(name="Boris Ivanov", email="boris@client.test", owner=alice)
    first = sent(draft(subject="Offer"), days_ago=2, tracked=True)
    sent(draft(subject="Re: Offer", in_reply_to=first), days_ago=1)
    page = alice_client.get(f"/mail/threads/{first.thread_id}/")
    assert [message.subject for message in page.context["shown"]] == ["Offer", "Re: Offer"]
    assert [person.name for person in page.context["people"]] == ["Boris Ivanov"]
    assert page.content.decode().count("data-tracked-mail=") == 1


def test_a_conversation_is_linked_to_a_deal_and_unlinked(alice_client: Client, alice: User, draft: Draft):
    deal = a_deal(alice)
    thread = sent(draft()).thread
    alice_client.post(f"/mail/threads/{thread.pk}/deals/", {"link": deal.pk})
    assert list(thread.deals.all()) == [deal]
    alice_client.post(f"/mail/threads/{thread.pk}/deals/", {"unlink": deal.pk})
    assert not thread.deals.exists()


def test_a_star_is_set_and_taken_away(alice_client: Client, draft: Draft):
    thread = sent(draft()).thread
    for wanted in (True, False):
        alice_client.post(f"/mail/threads/{thread.pk}/star/")
        thread.refresh_from_db()
        assert thread.is_starred is wanted


@override_settings(DATA_DIR="/nonexistent")
def test_a_waiting_mail_says_that_no_worker_is_there(alice_client: Client, queued: Draft):
    message = queued()
    assert "background worker" in alice_client.get("/mail/outbox/").content.decode()
    assert "background worker" in alice_client.get(f"/mail/threads/{message.thread_id}/").content.decode()


def test_a_mail_that_failed_says_why_and_goes_again_or_back(alice_client: Client, queued: Draft):
    message = queued()
    message.deliveries.update(status="failed", error="Nobody of that name.", smtp_reply="550 5.1.1 User unknown")
    page = alice_client.get(f"/mail/threads/{message.thread_id}/").content.decode()
    assert "Nobody of that name." in page
    assert "550 5.1.1 User unknown" in page
    alice_client.post(f"/mail/messages/{message.pk}/send-again/")
    assert message.deliveries.get().status == "queued"
    alice_client.post(f"/mail/messages/{message.pk}/back-to-drafts/")
    assert Message.objects.get(pk=message.pk).folder == "drafts"


def test_a_mail_that_some_did_not_get_says_who_and_why(alice_client: Client, queued: Draft):
    message = queued(to="boris@client.test, nobody@client.test")
    message.deliveries.update(status="sent")
    message.recipients.filter(email="nobody@client.test").update(refusal="550 5.1.1 User unknown")
    Message.objects.filter(pk=message.pk).update(folder="sent")
    page = alice_client.get(f"/mail/threads/{message.thread_id}/").content.decode()
    assert "refused for nobody@client.test" in page
    assert "550 5.1.1 User unknown" in page
    assert "Refused for some" in alice_client.get("/mail/sent/").content.decode()


def test_what_cannot_be_taken_back_says_so(alice_client: Client, queued: Draft):
    message = queued()
    message.deliveries.update(status="transmitting")
    page = alice_client.post(f"/mail/messages/{message.pk}/back-to-drafts/", follow=True).content.decode()
    assert "can no longer be changed" in page
    assert Message.objects.get(pk=message.pk).folder == "outbox"
