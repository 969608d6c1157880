"""A received mail as a person reads it."""

from typing import Any

import pytest
from django.core.files.base import ContentFile

from crm.accounts.models import User
from mail import pictures
from mail.models import Attachment, Message, Thread
from mail.tests.test_hostile_mail_in_browser import trap
from mail.tests.test_received_bodies import a_picture
from tests.accessibility import faults

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.django_db(transaction=True)]
playwright_api = pytest.importorskip("playwright.sync_api")
expect = playwright_api.expect
__all__ = ["trap"]
HTML = (
    "<style>.wide{font-size:20px}@media (max-width:500px){.wide{font-size:30px}}</style>"
    '<table width="600"><tr><td class="wide" style="padding:20px">'
    + "Some words that fill a line or two of the newsletter. "
    * 12
    + '</td><td><img src="cid:hat" alt="hat"></td></tr></table><p><a href="https://evil.test/">https://acme.test</a></p>'
    '<img src="http://shop.test/hat.png" width="40" height="30" alt="A hat">'
    '<img src="https://mailtrack.io/trace/mail/x.png" width="1" height="1">'
)


@pytest.fixture
def message(alice: User) -> Message:
    thread = Thread.objects.create(owner=alice, subject="News")
    common: dict[str, Any] = {"owner": alice, "thread": thread, "folder": "inbox", "from_email": "news@shop.test", "from_name": "Shop"}
    Message.objects.create(**common, subject="Older", body_text="An older letter")
    message = Message.objects.create(**common, subject="News", body_html=HTML)
    Attachment.objects.create(message=message, name="hat.png", file=ContentFile(a_picture(120, 90), "x"), content_id="hat", is_inline=True)
    return message


def gap(tab: Any, name: str) -> tuple[int, int]:
    """How many pixels of a frame are below its text, and how many of its text lie beyond the frame."""
    frame = next(frame for frame in tab.frames if name in frame.url)
    text, whole, high = frame.evaluate("[document.body.scrollHeight, document.documentElement.scrollHeight, innerHeight]")
    return high - text, whole - high


@pytest.mark.parametrize("width", [1440, 390])
def test_a_mail_is_as_high_as_what_is_in_it(tab: Any, message: Message, width: int):
    Attachment.objects.create(message=message, name="invoice.pdf.exe", file=ContentFile(b"MZ", "x"), size=2)
    tab.set_viewport_size({"width": width, "height": 800})
    tab.goto(f"/mail/threads/{message.thread_id}/")
    tab.wait_for_load_state("networkidle")
    below, beyond = gap(tab, f"/{message.pk}/body/")
    assert 0 <= below < 60
    assert beyond == 0
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert faults(tab) == []


def test_pictures_are_asked_for_and_trackers_named(tab: Any, message: Message, trap: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pictures, "SECONDS", 60.0)  # whatever else this machine does
    tab.goto(f"/mail/threads/{message.thread_id}/")
    body = tab.frame_locator(f"iframe[src*='/{message.pk}/body/']")
    expect(body.get_by_text("A hat")).to_be_visible()
    expect(body.get_by_text("evil.test", exact=True)).to_be_visible()
    shield = tab.get_by_role("button", name="1 tracker blocked")
    shield.hover()
    expect(tab.get_by_text("Mailtrack", exact=True)).to_be_visible()
    tab.mouse.move(5, 700)
    expect(tab.get_by_text("Mailtrack", exact=True)).to_be_hidden()
    assert trap == []
    tab.get_by_role("button", name="Show images").click()
    expect(body.get_by_alt_text("A hat")).to_have_js_property("naturalWidth", 40)  # in the frame that takes the other one's place
    expect(body.get_by_alt_text("hat", exact=True)).to_have_js_property("naturalWidth", 120)
    assert {request["path"] for request in trap} == {"/hat.png"}  # twice where both places asked before the first answer was there
    assert trap[0]["host"] == "shop.test"
    asked = len(trap)
    tab.get_by_role("button", name="Always from this sender").click()
    expect(tab.get_by_text("are always shown")).to_be_visible()
    tab.reload()
    expect(tab.get_by_role("button", name="Ask again")).to_be_visible()
    assert len(trap) == asked  # kept: the shop is not told again


def test_an_older_message_is_fetched_when_it_is_opened(tab: Any, message: Message):
    tab.goto(f"/mail/threads/{message.thread_id}/")
    older = tab.locator("details.message").first
    assert older.locator("iframe").count() == 0
    older.locator("summary").click()
    expect(older.frame_locator("iframe").get_by_text("An older letter")).to_be_visible()
