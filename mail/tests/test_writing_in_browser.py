"""Writing at speed in a real browser: undo, later, questions before sending, two windows, pictures, files, the preview."""

import base64
import io
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from crm.accounts.models import User
from mail.models import Account, Message
from mail.tests.posting import sent, sign
from mail.tests.test_composer_in_browser import box, chips, compose, expect, saved
from mail.tests.test_pasting_in_browser import PASTE
from tests.accessibility import faults
from tracking import preferences

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def account(alice: User) -> Account:
    preferences.update(user=alice, open_tracking=True, link_tracking=True, notify_activity=False)
    account = Account.objects.create(owner=alice, email="alice@acme.test", smtp_host="127.0.0.1")
    sign(account, "<div>Alice</div>")
    return account


def write(tab: Any, *, subject: str = "Offer") -> None:
    compose(tab)
    tab.keyboard.type("boris@client.test,")
    box(tab, "Subject").fill(subject)
    box(tab, "Message body").click()
    tab.keyboard.type("Hello")


def photo(width: int, height: int) -> bytes:
    """A picture that does not compress, as a photo does not."""
    noise, out = Image.effect_noise((width, height), 120).convert("RGB"), io.BytesIO()
    noise.save(out, "JPEG", quality=95)
    return out.getvalue()


def test_undo_brings_the_mail_back_even_from_the_next_page(tab: Any, settings: Any, tmp_path: Path):
    settings.UNDO_SECONDS = 60
    write(tab)
    file = tmp_path / "offer.pdf"
    file.write_bytes(b"%PDF")
    tab.locator("[data-file-input=files]").set_input_files(str(file))
    expect(tab.get_by_role("link", name="offer.pdf")).to_be_visible()
    tab.get_by_role("button", name="Track link opening").click()
    tab.get_by_role("button", name="Send", exact=True).click()
    expect(tab.locator("[data-composer]")).to_have_count(0)
    tab.goto("/mail/sent/")
    tab.get_by_role("button", name="Undo").click()
    expect(tab.locator(".composer.is-ready")).to_be_visible()
    assert chips(tab, "to") == ["boris@client.test"]
    expect(box(tab, "Message body")).to_contain_text("Hello")
    expect(tab.get_by_role("link", name="offer.pdf")).to_be_visible()
    expect(tab.get_by_role("button", name="Track link opening")).to_have_attribute("aria-pressed", "false")
    expect(tab.get_by_role("button", name="Undo")).to_have_count(0)
    assert Message.objects.get().folder == "drafts"


def test_a_mail_for_later_is_planned_edited_and_planned_again_by_keyboard(tab: Any):
    write(tab)
    tab.locator(".send-later summary").press("Enter")
    typed = tab.locator("[data-send-at-typed]")
    typed.fill("2020-01-01T09:00")
    typed.press("Enter")
    expect(tab.get_by_text("This time has passed")).to_be_visible()
    assert faults(tab) == []
    tab.locator("[data-send-at]").filter(has_text="Tomorrow morning").press("Enter")
    expect(tab.get_by_text("Goes tomorrow at 09:00")).to_be_visible()
    tab.goto("/mail/outbox/")
    tab.locator("[data-row-link]").click()
    tab.get_by_role("button", name="Edit").click()
    expect(tab.locator("[data-planned]")).to_contain_text("Planned for tomorrow at 09:00")
    box(tab, "Subject").fill("Better offer")
    tab.keyboard.press("Control+Enter")
    expect(tab.get_by_text("Goes tomorrow at 09:00").first).to_be_visible()
    expect(tab.locator("[data-composer]")).to_have_count(0)
    message = Message.objects.get()
    assert (message.folder, message.subject, message.send_at is None) == ("outbox", "Better offer", False)


def test_a_question_before_sending_is_passed_with_one_key(tab: Any):
    write(tab, subject="")
    tab.keyboard.type(", the price list is attached")
    tab.keyboard.press("Control+Enter")
    expect(tab.locator("[data-reminders]")).to_contain_text("This mail has no subject. You write of an attachment")
    assert Message.objects.get().folder == "drafts"
    expect(tab.get_by_role("button", name="Send anyway")).to_be_focused()
    tab.keyboard.press("Enter")
    expect(tab.locator("[data-composer]")).to_have_count(0)
    assert Message.objects.get().folder == "outbox"


def test_two_windows_on_one_draft_lose_nothing(tab: Any):
    write(tab)
    draft = saved(tab)
    other = tab.context.new_page()
    other.goto(f"/mail/compose/?draft={draft.pk}")
    other.locator(".composer.is-ready").wait_for()
    with tab.expect_response("**/mail/compose/save/"):
        box(tab, "Subject").fill("Of the first window")

    box(other, "Subject").fill("Of the second window")
    expect(other.locator("[data-conflict]")).to_contain_text("changed in another window")
    draft.refresh_from_db()
    assert draft.subject == "Of the first window"
    other.get_by_role("button", name="Keep mine as a second draft").click()
    expect(other.get_by_text("Kept as a second draft.")).to_be_visible()
    assert sorted(Message.objects.values_list("subject", flat=True)) == ["Of the first window", "Of the second window"]

    heard = {"draft": draft.pk, "version": "another", "window": "another"}  # as the live stream brings it
    tab.evaluate(f"document.dispatchEvent(new CustomEvent('live:draft', {{ detail: {json.dumps(heard)} }}))")
    Message.objects.filter(pk=draft.pk).update(subject="Theirs")
    tab.get_by_role("button", name="Show the newer text").click()
    expect(box(tab, "Subject")).to_have_value("Theirs")


def test_what_is_typed_without_a_pause_is_saved_all_the_same(tab: Any):
    tab.clock.install()
    write(tab)
    with tab.expect_response(lambda answer: "/mail/compose/save/" in answer.url and "Hellox" in (answer.request.post_data or "")):
        for _ in range(9):
            tab.keyboard.type("x")
            tab.clock.run_for(500)
    assert Message.objects.get().preview.startswith("Hellox")


def test_photos_are_made_small_and_what_no_mail_shows_is_attached(tab: Any):
    write(tab)
    images = tab.locator("[data-file-input=image]")
    images.set_input_files([{"name": "Harbour at night.jpg", "mimeType": "image/jpeg", "buffer": photo(3000, 2000)}])
    picture = tab.locator("[data-editor] img")
    expect(picture).to_have_attribute("alt", "Harbour at night")
    expect(picture).to_have_attribute("width", "640")
    images.set_input_files([{"name": "plan.svg", "mimeType": "image/svg+xml", "buffer": b"<svg xmlns='http://www.w3.org/2000/svg'/>"}])
    expect(tab.get_by_role("link", name="plan.svg")).to_be_visible()
    expect(tab.get_by_text("“plan.svg” goes along as a file")).to_be_visible()
    tab.evaluate(
        """() => {
          const data = new DataTransfer(), area = document.querySelector("[data-editor]");
          const canvas = Object.assign(document.createElement("canvas"), { width: 30, height: 20 });
          const bytes = Uint8Array.from(atob(canvas.toDataURL("image/png").split(",")[1]), (one) => one.charCodeAt(0));
          data.items.add(new File([bytes], "dropped.png", { type: "image/png" }));
          area.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true, clientX: 1, clientY: 1 }));
        }"""
    )
    expect(tab.locator("[data-editor] img[alt=dropped]")).to_have_count(1)
    tab.evaluate(
        """() => {
          const data = new DataTransfer();
          data.items.add(new File(["%PDF"], "pasted.pdf", { type: "application/pdf" }));
          const paste = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
          document.querySelector("[data-editor]").dispatchEvent(paste);
        }"""
    )
    expect(tab.get_by_role("link", name="pasted.pdf")).to_be_visible()
    heavy = base64.b64encode(photo(2500, 2000)).decode()
    tab.evaluate(PASTE, ["[data-editor]", f'<p>From the web <img src="data:image/jpeg;base64,{heavy}" alt="heavy"></p>', ""])
    expect(tab.locator("[data-editor] img[alt=heavy][src^='data:image/jpeg']")).to_have_count(1)
    with tab.expect_response(lambda answer: "Finished" in (answer.request.post_data or "")):
        tab.keyboard.type("Finished")
    html = Message.objects.get().body_html
    assert html.count("data:image/") == 3
    assert len(html) < 2_000_000


def test_words_of_a_window_that_died_are_found_at_once(tab: Any):
    dying = tab.context.new_page()
    write(dying, subject="Unfinished")
    saved(dying)
    dying.route("**/mail/compose/save/", lambda route: route.abort())
    dying.keyboard.type(" and the last words")
    expect(dying.locator("[data-status]")).to_contain_text("No connection")
    tab.goto("/mail/inbox/")
    expect(tab.locator("[data-composer]")).to_have_count(0)  # the window lives and will save them itself
    dying.close()
    tab.goto("/mail/inbox/")
    expect(box(tab, "Message body")).to_contain_text("Hello and the last words")
    assert "Hello and the last words" in Message.objects.get().body_text


def test_an_upload_is_cancelled(tab: Any):
    write(tab)
    saved(tab)
    tab.route("**/mail/compose/attach/", lambda route: None)  # an upload that takes its time
    tab.locator("[data-file-input=files]").set_input_files([{"name": "film.mp4", "mimeType": "video/mp4", "buffer": b"\0" * 1000}])
    expect(tab.get_by_role("progressbar", name="film.mp4")).to_be_visible()
    tab.get_by_role("button", name="Cancel the upload of film.mp4").click()
    expect(tab.get_by_text("film.mp4")).to_have_count(0)
    tab.get_by_role("button", name="Send", exact=True).click()
    expect(tab.locator("[data-composer]")).to_have_count(0)
    assert not Message.objects.get().attachments.exists()


def test_the_preview_shows_the_mail_over_the_composer(tab: Any):
    write(tab)
    tab.get_by_role("button", name="What the recipient gets").click()
    dialog = tab.get_by_role("dialog", name="What the recipient gets")
    expect(dialog.get_by_text("Opening is tracked")).to_be_visible()
    expect(dialog.frame_locator("iframe").get_by_text("Hello")).to_be_visible()
    assert faults(tab) == []
    tab.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(tab.locator("[data-composer]")).to_have_count(1)


def test_forwarding_by_key_leaves_no_draft_unless_something_is_written(tab: Any, draft: Any):
    message = sent(draft(subject="Offer"))
    tab.goto(f"/mail/threads/{message.thread_id}/")
    for words in ("", "See below"):
        tab.locator("[data-forward]").wait_for()
        tab.locator("h1").click()
        tab.keyboard.press("f")
        expect(tab.locator(".composer.is-ready")).to_be_visible()
        expect(box(tab, "To")).to_be_focused()
        if words:
            box(tab, "Message body").click()
            tab.keyboard.type(words)
            expect(tab.locator("[data-status]")).to_contain_text("Saved")
        tab.get_by_role("button", name="Save and close").click()
        expect(tab.locator("[data-composer]")).to_have_count(0)
        assert Message.objects.filter(folder="drafts").count() == len(words[:1])
