"""One draft in two windows: no words take the place of others unasked, and none are lost."""

import html
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from crm.accounts.models import User
from mail import attachments
from mail.models import Account, Message
from mail.tests.test_composer import JSON, typed
from notifications.models import LiveEvent

pytestmark = pytest.mark.django_db


def save(client: Client, user: User, **fields: Any) -> Any:
    return client.post("/mail/compose/save/", typed(user, **fields), headers=JSON)


@pytest.fixture
def two_windows(alice_client: Client, alice: User, account: Account) -> tuple[Message, dict[str, str]]:
    """A draft that one window has saved anew since another one opened it; what that one knows."""
    draft = save(alice_client, alice, window="first").json()
    save(alice_client, alice, window="first", draft=draft["draft"], seen=draft["seen"], body_html="<div>Theirs</div>")
    return Message.objects.get(), {"window": "second", "draft": draft["draft"], "seen": draft["seen"]}


def test_a_window_goes_on_saving_whatever_it_remembers_of_its_own_savings(alice_client: Client, alice: User, account: Account):
    draft = save(alice_client, alice, window="first").json()
    for words in ("<div>More</div>", "<div>More and more</div>"):  # as after an answer that got lost on the way
        assert save(alice_client, alice, window="first", draft=draft["draft"], seen="", body_html=words).status_code == 200
    assert Message.objects.get().body_html == "<div>More and more</div>"


@pytest.mark.parametrize("path", ["save", "send"])
def test_words_of_another_window_are_neither_overwritten_nor_sent(alice_client: Client, alice: User, two_windows: Any, path: str):
    draft, mine = two_windows
    answer = alice_client.post(f"/mail/compose/{path}/", typed(alice, **mine, body_html="<div>Mine</div>"), headers=JSON)
    assert (answer.status_code, answer.json()) == (409, {"conflict": "This draft was changed in another window meanwhile."})
    draft.refresh_from_db()
    assert (draft.folder, draft.body_html) == ("drafts", "<div>Theirs</div>")


def test_a_copy_found_after_a_crash_takes_no_later_words_away(alice_client: Client, alice: User, account: Account):
    draft = save(alice_client, alice, window="first", count="7", body_html="<div>Hello Boris</div>").json()
    copy = {"window": "first", "draft": draft["draft"], "seen": ""}
    answer = save(alice_client, alice, **copy, count="6", body_html="<div>Hello Bor</div>")
    assert (answer.status_code, answer.json()["seen"]) == (200, draft["seen"])
    assert Message.objects.get().body_html == "<div>Hello Boris</div>"
    save(alice_client, alice, **copy, count="8", body_html="<div>Hello Boris!</div>")
    assert Message.objects.get().body_html == "<div>Hello Boris!</div>"


def test_the_same_words_are_no_conflict(alice_client: Client, alice: User, two_windows: Any):
    _draft, mine = two_windows
    assert save(alice_client, alice, **mine, body_html="<div>Theirs</div>").status_code == 200


def test_mine_becomes_a_second_draft_with_the_files(alice_client: Client, alice: User, two_windows: Any):
    draft, mine = two_windows
    attachments.add(message=draft, upload=SimpleUploadedFile("offer.pdf", b"%PDF"))
    answer = save(alice_client, alice, **{**mine, "draft": "", "copy_of": draft.pk}, body_html="<div>Mine</div>").json()
    second = Message.objects.exclude(pk=draft.pk).get()
    assert (answer["draft"], second.body_html, second.thread) == (second.pk, "<div>Mine</div>", draft.thread)
    assert "offer.pdf" in answer["files"]
    with second.attachments.get().file.open() as file:
        assert file.read() == b"%PDF"
    assert second.attachments.get().file.name != draft.attachments.get().file.name
    assert save(alice_client, alice, window="second", draft=second.pk, seen=answer["seen"], body_html="<div>Mine!</div>").status_code == 200


def test_without_script_what_was_typed_comes_back_to_become_a_second_draft(alice_client: Client, alice: User, two_windows: Any):
    draft, mine = two_windows
    response = alice_client.post("/mail/compose/save/", typed(alice, **mine, body_html="<div>Mine</div>"))
    page, start = html.unescape(response.content.decode()), response.context["start"]
    assert "changed in another window meanwhile" in page
    assert f"/mail/compose/?draft={draft.pk}" in page
    assert (start.body_html, start.draft_pk, start.copy_of) == ("<div>Mine</div>", None, draft.pk)


def test_other_windows_hear_of_each_saving(alice_client: Client, alice: User, two_windows: Any):
    draft, _mine = two_windows
    heard = LiveEvent.objects.filter(user=alice, name="draft").order_by("pk").last()
    assert heard
    assert heard.payload == {"draft": draft.pk, "window": "first", "version": draft.updated_at.isoformat()}


def test_a_draft_opens_with_its_own_toggles(alice_client: Client, alice: User, account: Account):
    saved = save(alice_client, alice, track_opens="", track_links="on", tell_apart="").json()
    start = alice_client.get(f"/mail/compose/?draft={saved['draft']}").context["start"]
    assert (start.track_opens, start.track_links, start.tell_apart) == (False, True, False)
