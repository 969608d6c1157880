"""Notes: rich text made safe, colleagues who are mentioned, pins, limits; only the author changes one."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from crm.accounts.models import User
from crm.records import notebook
from crm.records.models import Deal, Note, Organisation, Person
from notifications import switches
from notifications.models import Card


def write(record: Any, author: User, **words: str) -> Note:
    return notebook.write(record=record, author=author, now=timezone.now(), **words)


def mention(user: User) -> str:
    return f'<span data-mention="{user.pk}">@{user}</span>'


def test_a_rich_note_is_kept_as_safe_html_and_as_plain_words(deal: Deal, alice: User, alice_client: Client) -> None:
    html = (
        '<p onclick="x()">Budget is <b>approved</b></p><script>alert(1)</script>'
        '<ul><li>one</li><li><a href="javascript:x()">two</a></li></ul>'
        '<p><img src="http://x.test/pixel.gif"><a href="https://example.com" target="_blank">site</a></p>'
    )
    alice_client.post("/notes/new/", {"deal": deal.pk, "text": "", "html": html})
    note = Note.objects.get()
    assert all(part not in note.html for part in ("script", "onclick", "javascript", "<img", "target"))
    assert "<b>approved</b>" in note.html
    assert 'rel="noopener noreferrer nofollow"' in note.html
    assert note.text.splitlines()[0] == "Budget is approved"
    assert "* one" in note.text
    assert "<b>approved</b>" in alice_client.get(deal.get_absolute_url()).content.decode()


def test_html_without_words_is_no_note(deal: Deal, alice_client: Client) -> None:
    answer = alice_client.post("/notes/new/", {"deal": deal.pk, "text": "", "html": "<div><br></div>"}, headers={"HX-Request": "true"})
    assert (answer.status_code, "Write something first." in answer.content.decode()) == (422, True)


@pytest.mark.parametrize("field", ["text", "html"])
def test_a_note_that_is_too_long_says_so_and_loses_nothing(field: str, deal: Deal, alice_client: Client) -> None:
    words = "word " * 4001
    values = {"text": "", "html": "", field: f"<p>{words}</p>" if field == "html" else words}
    answer = alice_client.post("/notes/new/", {"deal": deal.pk, **values}, headers={"HX-Request": "true"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "A note holds at most 20,000 characters, and this one has 20,00" in page
    assert page.count("word ") >= 4001
    assert not Note.objects.exists()


def test_absurdly_nested_formatting_keeps_its_words_alone(deal: Deal, alice: User) -> None:
    note = write(deal, alice, html="<b>" * 900 + "<p>deep</p>" * 900)
    assert "<b>" not in note.html
    assert "deep" in note.text


def test_who_is_mentioned_is_told_once_with_a_link_to_the_note(deal: Deal, alice: User, bob: User, alice_client: Client) -> None:
    alice_client.post("/notes/new/", {"deal": deal.pk, "text": "", "html": f"<p>{mention(bob)} please look</p>"})
    note = Note.objects.get()
    card = Card.objects.get()
    assert (list(note.mentions.all()), card.user, card.kind) == ([bob], bob, "mention")
    assert card.title == "Alice Ahrens mentioned you in a note: Twenty licences"
    assert card.url == f"{deal.get_absolute_url()}?kind=notes#note-{note.pk}"
    notebook.rewrite(note=note, html=f"<p>{mention(bob)} please look soon</p>", now=timezone.now())
    assert Card.objects.get().count == 1
    assert f'id="note-{note.pk}"' in alice_client.get(deal.get_absolute_url()).content.decode()


def test_a_name_behind_an_at_sign_is_enough_without_script(deal: Deal, alice: User, bob: User) -> None:
    assert list(write(deal, alice, text="Ask @bob berg, he knows").mentions.all()) == [bob]
    assert not write(deal, alice, text="Ask @bob bergman, he knows").mentions.exists()


def test_who_cannot_see_the_record_is_not_mentioned(deal: Deal, alice: User, charlie: User, mona: User) -> None:
    note = write(deal, alice, html=f"<p>{mention(charlie)} {mention(mona)} look</p>")
    assert list(note.mentions.all()) == [mona]
    assert not Card.objects.filter(user=charlie).exists()


def test_a_mark_without_its_name_and_ones_own_name_tell_nobody(deal: Deal, alice: User, bob: User) -> None:
    write(deal, alice, html=f'<p><span data-mention="{bob.pk}">@Bo</span> and {mention(alice)}</p>')
    assert not Card.objects.exists()


def test_mentions_can_be_switched_off(deal: Deal, alice: User, bob: User) -> None:
    switches.switch(user=bob, on=[], now=timezone.now())
    write(deal, alice, html=mention(bob))
    assert not Card.objects.exists()


def test_colleagues_who_may_see_the_record_are_offered(
    deal: Deal, alice_client: Client, bob: User, charlie: User, mona: User, client: Client
) -> None:
    options = alice_client.get(f"/notes/mentions/?deal={deal.pk}&q=").content.decode()
    assert [name in options for name in ("Bob Berg", "Mona Meyer", "Charlie Clark", "Alice Ahrens")] == [True, True, False, False]
    assert "Mona" not in alice_client.get(f"/notes/mentions/?deal={deal.pk}&q=bob").content.decode()
    client.force_login(charlie)
    assert client.get(f"/notes/mentions/?deal={deal.pk}&q=").status_code == 404


def test_a_pinned_note_stands_on_top_and_goes_back(deal: Deal, note: Note, alice: User, alice_client: Client) -> None:
    write(deal, alice, text="Newer")
    alice_client.post(f"/notes/{note.pk}/pin/", {"pinned": "1"})
    page = alice_client.get(deal.get_absolute_url())
    assert [line.text for line in page.context["pinned"]] == ["Budget is approved."]
    assert page.content.decode().count("Budget is approved.") == 1
    answer = alice_client.post(f"/notes/{note.pk}/pin/", {"pinned": "0"}, headers={"HX-Request": "true"})
    assert (answer.status_code, "records:changed" in answer.headers["HX-Trigger"]) == (204, True)
    assert alice_client.get(deal.get_absolute_url()).context["pinned"] == []


@pytest.mark.parametrize("verb", ["pin", "edit", "delete"])
def test_an_outsider_does_nothing_with_a_note(verb: str, note: Note, charlie: User, client: Client) -> None:
    client.force_login(charlie)
    assert client.post(f"/notes/{note.pk}/{verb}/", {"text": "x", "pinned": "1"}).status_code == 404


def test_a_colleague_pins_but_does_not_rewrite(note: Note, bob: User, client: Client) -> None:
    client.force_login(bob)
    assert client.post(f"/notes/{note.pk}/edit/", {"text": "x"}).status_code == 404
    assert client.post(f"/notes/{note.pk}/pin/", {"pinned": "1"}).status_code == 302


def test_a_plain_note_is_changed_into_a_rich_one(note: Note, alice_client: Client) -> None:
    alice_client.post(f"/notes/{note.pk}/edit/", {"text": "Budget is approved.", "html": "<p>Budget is <b>approved</b>.</p>"})
    note.refresh_from_db()
    assert (note.text, note.html, note.edited_at is not None) == ("Budget is approved.", "<p>Budget is <b>approved</b>.</p>", True)


def test_a_note_on_an_organisation_tells_of_it(acme: Organisation, boris: Person, alice: User, bob: User) -> None:
    write(acme, alice, text="@Bob Berg knows them")
    assert Card.objects.get().url.startswith(acme.get_absolute_url())
