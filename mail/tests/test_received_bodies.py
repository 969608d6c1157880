"""How the mail of others is laid open, bounded, marked and told about."""

import io
import struct
import zlib
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread as Running
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from crm.accounts.models import User
from mail import body, contents, kept_pictures, linkifying, pictures, reading, redrawing, trust
from mail.models import Attachment, Message, Thread

pytestmark = pytest.mark.django_db
Receiving = Callable[..., Message]


def a_picture(width: int = 8, height: int = 6, form: str = "PNG", **options: Any) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(written, form, **options)
    return written.getvalue()


@pytest.fixture
def received(alice: User) -> Receiving:
    """Stores a mail that came for Alice; `html` is what stands in it."""

    def receive(html: str = "", **fields: Any) -> Message:
        thread = Thread.objects.create(owner=alice, subject="News")
        sender = {"from_email": "News@Shop.test", "from_name": "Shop", "folder": "inbox", "subject": "News"}
        return Message.objects.create(owner=alice, thread=thread, body_html=html, **{**sender, **fields})

    return receive


def frame(client: Client, message: Message, permission: str = "") -> str:
    """What stands in the body of the frame's document."""
    page = client.get(f"/mail/messages/{message.pk}/body/", {"pictures": permission} if permission else {}).content.decode()
    return page.split("<body>")[1].split("</body>")[0]


def beside(client: Client, message: Message) -> str:
    return client.get(f"/mail/messages/{message.pk}/reading/").content.decode()


WEB = '<img src="https://shop.test/hat.png" width="300" alt="A hat">'
PIXEL = '<img src="https://u1.ct.sendgrid.net/wf/open?upn=x" width="1" height="1"><img src="https://t.acme.test/x.png" width=1 height=1>'


def test_pictures_on_the_web_are_words_until_they_are_asked_for(alice_client: Client, received: Receiving):
    message = received(WEB + PIXEL)
    assert "A hat" in frame(alice_client, message)
    assert "<img" not in frame(alice_client, message)
    page = beside(alice_client, message)
    assert "1 remote image" in page
    assert "2 trackers blocked" in page
    assert "SendGrid" in page
    assert "unknown (t.acme.test)" in page


def test_asking_shows_the_pictures_of_this_mail_through_us_and_never_a_tracker(alice_client: Client, received: Receiving):
    message, other = received(WEB + PIXEL), received(WEB)
    page = alice_client.post(f"/mail/messages/{message.pk}/pictures/", {"once": "1"}, headers={"HX-Request": "true"}).content.decode()
    assert "pictures=" in page
    permission = trust.permit(message)
    shown = frame(alice_client, message, permission)
    assert shown.count("<img") == 1
    assert 'src="/mail/pictures/' in shown
    assert "shop.test" not in shown
    assert "<img" not in frame(alice_client, message)
    assert "<img" not in frame(alice_client, other, permission)
    assert "<img" not in frame(alice_client, message, permission[:-2])
    alice_client.logout()
    assert alice_client.get(f"/mail/messages/{message.pk}/body/").status_code == 302


def test_a_sender_is_trusted_and_asked_for_again(alice_client: Client, received: Receiving, alice: User, bob: User):
    message, other = received(WEB), received(WEB, from_email="other@shop.test")
    alice_client.post(f"/mail/messages/{message.pk}/pictures/", {"always": "1"})
    assert trust.is_trusted(received(WEB, from_email="news@shop.TEST"))
    assert "<img" in frame(alice_client, message)
    assert "<img" not in frame(alice_client, other)
    assert not trust.is_trusted(Message(owner=bob, from_email="news@shop.test"))
    assert not trust.is_trusted(Message(owner=alice, from_email=""))
    alice_client.post(f"/mail/messages/{message.pk}/pictures/", {"never": "1"})
    assert "<img" not in frame(alice_client, message)


def test_without_script_the_conversation_comes_back_with_its_pictures(alice_client: Client, received: Receiving):
    message = received(WEB)
    answer = alice_client.post(f"/mail/messages/{message.pk}/pictures/", {"once": "1"})
    page = alice_client.get(answer["Location"].partition("#")[0]).content.decode()
    assert f"/mail/messages/{message.pk}/body/?pictures=" in page


def test_a_picture_that_came_with_the_mail_needs_no_cookie(alice_client: Client, received: Receiving):
    message = received('<img src="cid:hat%40shop"><img src="cid:none" alt="gone">')
    Attachment.objects.create(message=message, name="hat.png", file=ContentFile(a_picture(), "x"), content_id="hat@shop", is_inline=True)
    shown = frame(alice_client, message)
    address = shown.split('src="')[1].split('"')[0]
    answer = Client().get(address)
    assert answer["Content-Type"] == "image/png"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "candor_session" not in answer.cookies
    assert "gone" in shown
    for forged in (address[:-3] + "xx/", address.replace("/pictures/", "/pictures/x"), "/mail/pictures/x/"):
        assert Client().get(forged).status_code == 404
    message.delete()
    assert Client().get(address).status_code == 404


def test_a_picture_address_is_its_readers_and_ages(received: Receiving, alice: User, bob: User):
    message = received(WEB)
    now = timezone.now()
    address = pictures.read(pictures.of_web(message, "https://shop.test/hat.png", now=now).split("/")[-2], now=now)
    assert (address.message, address.owner, address.src) == (message.pk, alice.pk, "https://shop.test/hat.png")
    with pytest.raises(pictures.NotShown):
        pictures.read(pictures.of_web(message, "https://a.test/", now=now - 3 * pictures.STEP).split("/")[-2], now=now)
    for changed in ({"owner": bob.pk}, {"message": message.pk + 1}):
        with pytest.raises(pictures.NotShown):
            pictures.draw(pictures.Address(**{**vars(address), **changed}), now=now)
    alice.is_active = False
    alice.save()
    with pytest.raises(pictures.NotShown):
        pictures.draw(address, now=now)


def test_a_tracker_is_not_fetched_even_by_a_signed_address(received: Receiving):
    message, now = received(WEB), timezone.now()
    with pytest.raises(pictures.NotShown):
        pictures.draw(pictures.Address(message.pk, message.owner_id, None, "https://mailtrack.io/trace/mail/x.png"), now=now)


def test_nobody_has_pictures_fetched_without_end(received: Receiving, monkeypatch: pytest.MonkeyPatch):
    message, now = received(WEB), timezone.now()
    address = pictures.Address(message.pk, message.owner_id, None, "http://127.0.0.1/hat.png")
    monkeypatch.setattr(pictures, "MOST_A_MINUTE", 2)
    for _time in range(2):
        with pytest.raises(pictures.NotShown):
            pictures.draw(address, now=now)
    with pytest.raises(pictures.TooMany):
        pictures.draw(address, now=now)


def test_a_picture_is_asked_for_once_a_day(received: Receiving, settings: Any, tmp_path: Path):
    settings.OUTWARD_ONLY_PUBLIC, settings.DATA_DIR = False, tmp_path
    asked: list[str] = []

    class Shop(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n" + a_picture())

        def log_message(self, *_arguments: Any) -> None:
            return

    message, now = received(WEB), timezone.now()
    with ThreadingHTTPServer(("127.0.0.1", 0), Shop) as shop:
        Running(target=shop.serve_forever, args=(0.05,), daemon=True).start()
        address = pictures.Address(message.pk, message.owner_id, None, f"http://127.0.0.1:{shop.server_port}/hat.png")
        first = pictures.draw(address, now=now)
        assert pictures.draw(address, now=now) == first
        assert asked == ["/hat.png"]
        kept_pictures.drop_old(now=now)
        pictures.draw(address, now=now + 2 * kept_pictures.KEPT_FOR)
        assert len(asked) == 2
        kept_pictures.drop_old(now=now + 2 * kept_pictures.KEPT_FOR)
        assert not list(tmp_path.rglob("*.png"))
        shop.shutdown()


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP"])
def test_a_picture_is_drawn_anew(form: str):
    hidden = b"<script>alert(1)</script>"
    drawn = redrawing.redraw(a_picture(40, 30, form) + hidden)
    assert drawn.content_type in ("image/png", "image/jpeg")
    assert hidden not in drawn.content
    assert Image.open(io.BytesIO(drawn.content)).size == (40, 30)


def test_a_moving_picture_goes_on_moving():
    frames = [Image.new("RGB", (10, 10), colour) for colour in ("red", "green", "blue")]
    written = io.BytesIO()
    frames[0].save(written, "GIF", save_all=True, append_images=frames[1:], duration=100)
    drawn = redrawing.redraw(written.getvalue())
    assert drawn.content_type == "image/webp"
    assert Image.open(io.BytesIO(drawn.content)).n_frames == 3  # type: ignore[attr-defined]


def bomb() -> bytes:
    """A picture of few bytes that says it is 30,000 pixels wide and high."""
    small = a_picture()
    head = b"IHDR" + struct.pack(">II", 30_000, 30_000) + small[24:29]
    return small[:12] + head + struct.pack(">I", zlib.crc32(head)) + small[33:]


def test_of_a_picture_with_more_frames_than_anybody_draws_the_first_is_shown():
    written, frames = io.BytesIO(), [Image.new("L", (1, 1), number % 2 * 255) for number in range(redrawing.MOST_FRAMES + 1)]
    frames[0].save(written, "GIF", save_all=True, append_images=frames[1:], duration=100)
    drawn = redrawing.redraw(written.getvalue())
    assert drawn.content_type == "image/png"
    with Image.open(io.BytesIO(drawn.content)) as image:
        assert image.convert("L").getpixel((0, 0)) == 0


@pytest.mark.parametrize(
    "content",
    [b"", b"<svg onload=alert(1)>", b"GIF89a", a_picture()[:40], a_picture(form="BMP"), a_picture(form="TIFF"), b"%PDF-1.4", b"<html>"],
)
def test_what_is_no_picture_of_the_web_is_none(content: bytes):
    with pytest.raises(redrawing.Unusable):
        redrawing.redraw(content)


def test_a_picture_that_would_fill_the_memory_is_not_unfolded():
    content = bomb()
    assert Image.open(io.BytesIO(a_picture())).size == (8, 6)
    assert len(content) < 1000
    assert not redrawing.is_modest(content)
    with pytest.raises(redrawing.Unusable):
        redrawing.redraw(content)


def test_the_look_is_kept_as_far_as_it_is_harmless(alice_client: Client, received: Receiving):
    html = (
        '<html><head><title>News</title><style>.a{color:red}@import "x";</style></head><body bgcolor="#eeeeee" style="margin:0">'
        '<table width="600" bgcolor="#ffffff" align="center"><tr>'
        '<td class="a candor-elsewhere" style="padding:10px;position:fixed">Hello</td></tr></table>'
    )
    page = alice_client.get(f"/mail/messages/{received(html).pk}/body/").content.decode()
    assert "@layer mail{.a{color:red}}" in page
    assert "background-color:#eeeeee;margin:0" in page
    assert '<table width="600" bgcolor="#ffffff" align="center">' in page
    assert '<td class="a" style="padding:10px">Hello</td>' in page
    assert "News" not in page
    assert "@import" not in page


def test_links_that_deceive_are_marked(alice_client: Client, received: Receiving):
    shown = frame(
        alice_client,
        received('<a href="https://evil.test/x" title="paypal.com">https://paypal.com</a> <a href="https://acme.test">acme.test</a>'),
    )
    assert 'title="Leads to evil.test"' in shown
    assert '<span class="candor-elsewhere">evil.test</span>' in shown
    assert shown.count("candor-elsewhere") == 1
    assert shown.count('target="_blank"') == shown.count('rel="noopener noreferrer"') == 2


def test_a_link_that_counts_says_who_counts(alice_client: Client, received: Receiving):
    shown = frame(alice_client, received('<a href="https://u1.ct.sendgrid.net/ls/click?upn=x">our shop</a>'))
    assert "where SendGrid counts the click" in shown
    assert "<span" not in shown


HOSTILE = [
    "<div>" * 60_000,
    "<div>" * 300_000,
    "<div><table><td></div></table>" * 7_000,
    "<b>" * 5_000 + "<p>" * 5_000,
    "<" * 500_000,
    "<a " * 200_000,
    "<style" * 100_000,
    "<!--" * 200_000,
    "<table><td>" * 20_000,
    "<img src=x " + "a=b " * 50_000 + ">",
    "<p style='" + "color:red;" * 50_000 + "'>x",
    "<body " * 100_000,
    "<svg>" * 11_000,
]


@pytest.mark.parametrize("html", HOSTILE, ids=lambda html: html[:12])
def test_hostile_html_is_shown_in_bounded_time(html: str, received: Receiving):
    """Any of these would take minutes if it were read as it stands: the suite would tell."""
    message = received(f"<p>before</p>{html}")
    assert "before" in reading.readable_html(message, with_pictures=False, now=timezone.now())
    assert reading.shape(message, with_pictures=False, now=timezone.now())["nodes"]


def test_a_quote_of_deeply_nested_html_is_bounded_too():
    assert "words" in body.clean("<div>" * 100_000 + "words")


def test_a_very_long_body_keeps_its_beginning(received: Receiving):
    found = contents.read("<p>before</p>" + "<p>x</p>" * 600_000)
    assert found.html.startswith("<p> before")
    assert len(found.html) <= contents.LONGEST * 1.1


def test_the_shape_of_a_body_names_no_more_than_sizes(received: Receiving):
    shape = reading.shape(
        received(
            '<p style="font-size:20px" class=a>Hi <a href="https://a.test">you</a><img src="https://a.test/x.png" width=20 alt=""></p>'
        ),
        with_pictures=False,
        now=timezone.now(),
    )
    gap = ["img", {"width": "20", "src": reading.EMPTY_PICTURE}, []]
    assert shape["nodes"] == [["p", {"style": "font-size:20px", "class": "a"}, ["Hi ", ["a", {}, ["you"]], gap]]]


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("See https://a.test/x?a=1&b=2.", '<p>See <a href="https://a.test/x?a=1&amp;b=2">https://a.test/x?a=1&amp;b=2</a>.</p>'),
        ("(www.a.test/a_(b))", '<p>(<a href="https://www.a.test/a_(b)">www.a.test/a_(b)</a>)</p>'),
        ("to a.b@c.test, now", '<p>to <a href="mailto:a.b@c.test">a.b@c.test</a>, now</p>'),
        ("a\nb\n\nc", "<p>a<br>b</p><p>c</p>"),
        ('https://a.test/"onmouseover=alert(1)', '<p><a href="https://a.test/">https://a.test/</a>&quot;onmouseover=alert(1)</p>'),
        (
            "https://a.test/<script>alert(1)</script>",
            '<p><a href="https://a.test/">https://a.test/</a>&lt;script&gt;alert(1)&lt;/script&gt;</p>',
        ),
        ("https://a.test/&#34;x", '<p><a href="https://a.test/&amp;#34;x">https://a.test/&amp;#34;x</a></p>'),
        ("javascript:alert(1) data:text/html,x", "<p>javascript:alert(1) data:text/html,x</p>"),
        ("<img src=x onerror=alert(1)>", "<p>&lt;img src=x onerror=alert(1)&gt;</p>"),
        ("https://a.test/\u202etxt.exe", '<p><a href="https://a.test/">https://a.test/</a>\u202etxt.exe</p>'),
        ("", ""),
    ],
)
def test_plain_text_becomes_links_and_nothing_else(text: str, html: str):
    assert linkifying.as_html(text) == html


def test_quotes_stand_inside_of_one_another():
    html = linkifying.with_quotes("Hi\n> you <b>\n>> older\n> again\nBye")
    inner = "<p>you &lt;b&gt;</p><blockquote><p>older</p></blockquote><p>again</p>"
    assert html == f"<p>Hi</p><blockquote>{inner}</blockquote><p>Bye</p>"


def test_very_long_plain_text_is_read_once():
    for text in (
        "a." * 200_000,
        "@" * 200_000,
        "a@" * 100_000,
        "www." * 100_000,
        "> " * 100_000,
        ")" * 100_000,
        "https://" + "(" * 200_000,
    ):
        assert linkifying.with_quotes(text)
