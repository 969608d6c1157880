"""The composer as the server sees it: how it opens, what it keeps, how it sends and what it refuses."""

import html
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings

from crm.accounts.models import User
from crm.records.models import Organisation, Person
from mail.models import Account, Attachment, Message
from mail.tests.posting import a_deal, sent, sign
from tracking import instrument, preferences
from tracking.models import Copy, TrackedMail

pytestmark = pytest.mark.django_db
Draft = Callable[..., Message]
JSON = {"Accept": "application/json"}


def typed(user: User, **fields: Any) -> dict[str, Any]:
    """What the composer of this user posts."""
    return {"user": user.pk, "to": "boris@client.test", "cc": "", "bcc": "", "subject": "Offer", "body_html": "<div>Hello</div>", **fields}


def save(client: Client, user: User, **fields: Any) -> Message:
    answer = client.post("/mail/compose/save/", typed(user, **fields), headers=JSON)
    assert answer.status_code == 200
    return Message.objects.get(pk=answer.json()["draft"])


def test_it_opens_with_the_person_whose_page_it_is_on(alice_client: Client, alice: User, account: Account):
    person = Person.objects.create(name="Boris Ivanov", email="boris@client.test", owner=alice)
    start = alice_client.get(f"/mail/compose/?person={person.pk}").context["start"]
    assert start.to == "Boris Ivanov <boris@client.test>"


def test_on_a_deal_it_opens_with_its_contact_and_is_linked_to_it(alice_client: Client, alice: User, account: Account):
    person = Person.objects.create(name="Boris", email="boris@client.test", owner=alice)
    deal = a_deal(alice, person=person)
    start = alice_client.get(f"/mail/compose/?deal={deal.pk}").context["start"]
    assert (start.to, start.deal) == ("Boris <boris@client.test>", deal)
    assert list(save(alice_client, alice, deal=deal.pk).thread.deals.all()) == [deal]


def test_records_that_one_may_not_see_do_not_open(alice_client: Client, charlie: User):
    person = Person.objects.create(name="Theirs", email="x@y.test", owner=charlie)
    organisation = Organisation.objects.create(name="Theirs", owner=charlie)
    for query in (f"person={person.pk}", f"organisation={organisation.pk}", f"deal={a_deal(charlie).pk}"):
        assert alice_client.get(f"/mail/compose/?{query}").status_code == 404


def test_the_signature_stands_below_a_new_mail(alice_client: Client, account: Account):
    sign(account, "<b>Alice</b>")
    assert alice_client.get("/mail/compose/").context["start"].body_html.endswith('<div class="candor_signature"><b>Alice</b></div>')


def test_a_draft_opens_as_it_was_left_mistakes_included(alice_client: Client, alice: User, account: Account):
    draft = save(alice_client, alice, to="Boris <boris@client.test>, nonsense", body_html="<div>half a <b>sen</b></div>")
    page = html.unescape(alice_client.get(f"/mail/compose/?draft={draft.pk}").content.decode())
    assert "Boris <boris@client.test>, nonsense" in page
    assert "<div>half a <b>sen</b></div>" in page


def test_saving_again_changes_the_same_draft(alice_client: Client, alice: User, account: Account):
    first = save(alice_client, alice)
    second = save(alice_client, alice, draft=first.pk, subject="Better offer")
    assert (first.pk, "Better offer") == (second.pk, second.subject)


def test_saving_tells_which_addresses_are_wrong(alice_client: Client, alice: User, account: Account):
    answer = alice_client.post("/mail/compose/save/", typed(alice, cc="nonsense"), headers=JSON).json()
    assert "nonsense" in answer["mistakes"]["cc"]


@pytest.mark.parametrize(("links", "text", "is_warned"), [(0, 20_000, False), (0, 91_000, True), (600, 45_000, True), (600, 1_000, False)])
def test_it_warns_of_a_mail_that_gmail_would_cut_off_links_counted_as_they_will_be(
    alice_client: Client, alice: User, account: Account, links: int, text: int, is_warned: bool
):
    preferences.update(user=alice, open_tracking=True, link_tracking=True, notify_activity=False)
    body_html = f"<div>{'word ' * (text // 5)}</div>" + '<a href="https://shop.test/x">shop</a> ' * links
    fields = typed(alice, body_html=body_html, track_opens="on", track_links="on")
    answer = alice_client.post("/mail/compose/save/", fields, headers=JSON).json()

    assert ("102 KB" in answer["clipped"]) is is_warned
    page = alice_client.get(f"/mail/compose/?draft={answer['draft']}").content.decode()
    assert ("102 KB" in page) is is_warned


def test_pasted_pixels_and_links_of_ours_are_taken_out(alice_client: Client, alice: User, account: Account):
    mail = TrackedMail.objects.create(owner=alice, tracks_opens=True, tracks_links=True)
    live = instrument.instrument('<p><a href="https://shop.test/x">our shop</a></p>', copy=Copy.objects.create(mail=mail))
    draft = save(alice_client, alice, body_html=live)
    assert "track.test" not in draft.body_html
    assert "https://shop.test/x" in draft.body_html


def test_sending_puts_it_into_the_outbox(alice_client: Client, alice: User, account: Account):
    answer = alice_client.post("/mail/compose/send/", typed(alice), headers=JSON)
    message = Message.objects.get(pk=answer.json()["message"])
    assert (message.folder, message.deliveries.get().status) == ("outbox", "queued")


def test_without_script_sending_leads_to_the_outbox(alice_client: Client, alice: User, account: Account):
    fields = {name: value for name, value in typed(alice, body_text="Hello\n\nyou").items() if name != "body_html"}
    response = alice_client.post("/mail/compose/send/", {**fields, "files": SimpleUploadedFile("a.txt", b"abc")})
    assert response["Location"] == "/mail/outbox/"
    message = Message.objects.get()
    assert message.body_html == "<p>Hello</p><p>you</p>"
    assert message.attachments.get().name == "a.txt"


def test_without_script_an_untouched_body_keeps_its_formatting(alice_client: Client, alice: User, account: Account):
    draft = save(alice_client, alice, body_html="<div>Hello <b>you</b></div>")
    shown = alice_client.get(f"/mail/compose/?draft={draft.pk}").context["start"].body_text
    fields = {name: value for name, value in typed(alice, draft=draft.pk, body_text=shown).items() if name != "body_html"}
    alice_client.post("/mail/compose/save/", fields)
    assert Message.objects.get().body_html == "<div>Hello <b>you</b></div>"


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"to": "nonsense"}, "to"), ({"to": "", "cc": ""}, "to"), ({"bcc": "a@b"}, "bcc")],
)
def test_what_cannot_be_sent_is_told_beside_its_field_and_kept(
    alice_client: Client, alice: User, account: Account, fields: Any, field: str
):
    answer = alice_client.post("/mail/compose/send/", typed(alice, **fields), headers=JSON)
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == [field]
    draft = Message.objects.get(pk=answer.json()["draft"])
    assert (draft.folder, draft.body_html) == ("drafts", "<div>Hello</div>")


def test_without_script_the_form_comes_back_with_all_that_was_typed(alice_client: Client, alice: User, account: Account):
    response = alice_client.post("/mail/compose/send/", typed(alice, to="nonsense", subject="My words"))
    page = html.unescape(response.content.decode())
    assert response.status_code == 422
    assert "“nonsense” is not an email address." in page
    assert 'value="My words"' in page
    assert "<div>Hello</div>" in page


def test_without_an_account_nothing_is_sent_but_all_is_kept(alice_client: Client, alice: User):
    answer = alice_client.post("/mail/compose/send/", typed(alice), headers=JSON)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["account"])
    assert Message.objects.get().folder == "drafts"


def test_a_mail_that_is_sent_cannot_be_changed_by_a_composer_left_open(alice_client: Client, alice: User, account: Account):
    draft = save(alice_client, alice)
    alice_client.post("/mail/compose/send/", typed(alice, draft=draft.pk), headers=JSON)
    for path in ("save", "send"):
        answer = alice_client.post(f"/mail/compose/{path}/", typed(alice, draft=draft.pk, subject="Changed"), headers=JSON)
        assert answer.status_code == 409
    assert Message.objects.get().subject == "Offer"
    assert Message.objects.get().deliveries.count() == 1


def test_an_expired_session_leaves_the_draft_and_sends_to_the_sign_in_page(alice_client: Client, alice: User, account: Account):
    draft = save(alice_client, alice, body_html="<div>so far</div>")
    alice_client.logout()
    answer = alice_client.post("/mail/compose/save/", typed(alice, draft=draft.pk, body_html="<div>so far and more</div>"), headers=JSON)
    assert answer.status_code == 302  # which the composer takes for “signed out”: it keeps the words and tells
    alice_client.force_login(alice)
    assert "so far" in alice_client.get(f"/mail/compose/?draft={draft.pk}").content.decode()
    kept = save(alice_client, alice, draft=draft.pk, body_html="<div>so far and more</div>")  # what the browser kept comes after
    assert kept.pk == draft.pk


def test_after_another_sign_in_an_old_composer_cannot_save(alice_client: Client, alice: User, bob: User):
    answer = alice_client.post("/mail/compose/save/", typed(bob), headers=JSON)
    assert answer.status_code == 409
    assert not Message.objects.exists()


def test_a_discarded_draft_is_gone(alice_client: Client, alice: User, account: Account):
    draft = save(alice_client, alice)
    assert alice_client.post("/mail/compose/discard/", {"draft": draft.pk}, headers=JSON).status_code == 200
    assert not Message.objects.exists()


def toggles(client: Client) -> dict[str, bool]:
    """The toggle buttons of a new composer and whether they are pressed."""
    page = client.get("/mail/compose/", headers={"HX-Request": "true"}).content.decode()
    names = ("Track email opening", "Track link opening")
    buttons = {name: page.split(f'aria-label="{name}"')[0].rsplit("<button", 1)[1] for name in names if f'aria-label="{name}"' in page}
    return {name: 'aria-pressed="true"' in button for name, button in buttons.items()}


def test_a_toggle_is_there_only_with_its_option_on(alice_client: Client, alice: User, account: Account):
    assert toggles(alice_client) == {}
    preferences.update(user=alice, open_tracking=True, link_tracking=False, notify_activity=False)
    assert toggles(alice_client) == {"Track email opening": True}


def test_the_choice_of_a_sent_mail_is_the_next_ones_default(alice_client: Client, alice: User, account: Account):
    preferences.update(user=alice, open_tracking=True, link_tracking=True, notify_activity=False)
    alice_client.post("/mail/compose/send/", typed(alice, track_opens="on", track_links=""), headers=JSON)
    assert toggles(alice_client) == {"Track email opening": True, "Track link opening": False}
    save(alice_client, alice, track_opens="", track_links="on")  # a mail not sent is no choice
    assert toggles(alice_client) == {"Track email opening": True, "Track link opening": False}


def test_tracking_that_is_off_in_the_settings_cannot_be_posted(alice_client: Client, alice: User, account: Account):
    alice_client.post("/mail/compose/send/", typed(alice, track_opens="on", track_links="on"), headers=JSON)
    assert not Message.objects.get().track_opens
    assert not Message.objects.get().track_links


def test_a_reply_goes_to_the_sender_with_the_words_quoted_clean(alice_client: Client, alice: User, draft: Draft):
    mail = TrackedMail.objects.create(owner=alice, tracks_opens=True, tracks_links=True)
    live = instrument.instrument("<p>our words</p>", copy=Copy.objects.create(mail=mail))
    message = sent(draft(subject="Re: Offer"))
    message.from_name, message.from_email, message.body_html = "Boris", "boris@client.test", live
    message.save()
    start = alice_client.get(f"/mail/compose/?reply={message.pk}").context["start"]
    assert (start.to, start.subject) == ("Boris <boris@client.test>", "Re: Offer")
    assert "our words" in start.body_html
    assert "track.test" not in start.body_html


def test_a_reply_continues_the_conversation(alice_client: Client, alice: User, draft: Draft):
    message = sent(draft())
    reply = save(alice_client, alice, reply=message.pk)
    assert (reply.thread, reply.in_reply_to) == (message.thread, message.message_id)
    again = save(alice_client, alice, draft=reply.pk)  # opened later from Drafts, where nothing says what it answers
    assert again.in_reply_to == message.message_id


def test_reply_to_all_leaves_oneself_out(alice_client: Client, draft: Draft):
    message = sent(draft(to="boris@client.test, alice@acme.test", cc="carla@client.test"))
    start = alice_client.get(f"/mail/compose/?reply={message.pk}&all=1").context["start"]
    assert (start.to, start.cc) == ("boris@client.test", "carla@client.test")


def test_people_are_suggested_by_name_and_address_only_those_one_may_see(alice_client: Client, alice: User, charlie: User):
    Person.objects.create(name="Boris Ivanov", email="bi@client.test", owner=alice)
    Person.objects.create(name="Anna", email="anna@boris.test", owner=alice)
    Person.objects.create(name="Boris Hidden", email="hidden@other.test", owner=charlie)
    found = alice_client.get("/mail/compose/people/?q=boris").json()["people"]
    assert [one["text"] for one in found] == ["Boris Ivanov <bi@client.test>", "Anna <anna@boris.test>"]
    assert alice_client.get("/mail/compose/people/?q=").json()["people"] == []


def test_on_an_organisations_page_its_people_are_suggested_before_a_word_is_typed(alice_client: Client, alice: User):
    organisation = Organisation.objects.create(name="Client", owner=alice)
    Person.objects.create(name="Boris", email="boris@client.test", owner=alice, organisation=organisation)
    Person.objects.create(name="Elsewhere", email="e@other.test", owner=alice)
    found = alice_client.get(f"/mail/compose/people/?q=&organisation={organisation.pk}").json()["people"]
    assert [one["name"] for one in found] == ["Boris"]


def test_a_file_is_put_to_the_draft_and_taken_away(alice_client: Client, draft: Draft):
    message = draft()
    answer = alice_client.post("/mail/compose/attach/", {"draft": message.pk, "file": SimpleUploadedFile("../../a b.pdf", b"%PDF")})
    assert "a b.pdf" in answer.json()["html"]
    file = Attachment.objects.get()
    alice_client.post(f"/mail/attachments/{file.pk}/remove/", headers=JSON)
    assert not Attachment.objects.exists()


@override_settings(MAX_MESSAGE_BYTES=10)
def test_too_large_a_file_is_told_and_everything_else_is_kept(alice_client: Client, draft: Draft):
    message = draft()
    answer = alice_client.post("/mail/compose/attach/", {"draft": message.pk, "file": SimpleUploadedFile("a.pdf", b"x" * 11)})
    assert answer.status_code == 422
    assert "attachments" in answer.json()["errors"]
    assert Message.objects.get().body_html == "<p>Hello</p>"


@pytest.mark.parametrize(
    ("url", "is_told"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://localhost:8000", True),
        ("https://192.168.1.4", True),
        ("https://crm", True),
        ("https://crm.fritz.local", True),
        ("http://crm.example.com", True),
        ("https://crm.example.com", False),
    ],
)
def test_it_says_when_recipients_cannot_reach_the_tracking_address(
    alice_client: Client, alice: User, account: Account, url: str, is_told: bool
):
    preferences.update(user=alice, open_tracking=True, link_tracking=True, notify_activity=False)
    with override_settings(TRACKING_URL=url):
        for page in ("/mail/compose/", "/settings/email-sync/"):
            assert ("TRACKING_URL" in alice_client.get(page).content.decode()) is is_told
        Account.objects.update(is_demo=True)
        assert "TRACKING_URL" not in alice_client.get("/mail/compose/").content.decode()


def test_a_reply_quotes_nothing_that_could_run_or_load(alice_client: Client, draft: Draft):
    message = sent(draft(subject="Hello"))
    hostile = '<p onclick="x()">words</p><img src=x onerror="x()"><svg onload="x()"></svg>'
    hostile += '<p style="position:fixed;background:url(//x.test/a)">b</p>'
    Message.objects.filter(pk=message.pk).update(body_html=hostile)
    page = alice_client.get(f"/mail/compose/?reply={message.pk}").content.decode()
    assert "words" in page
    assert not [word for word in ("onclick", "onerror", "onload", "x.test/a", "position:fixed") if word in page]


@pytest.mark.parametrize("field", ["to", "subject", "body_html"])
def test_whatever_is_pasted_is_kept(alice_client: Client, alice: User, account: Account, field: str):
    kept = save(alice_client, alice, **{field: "begun\x00 here " + "x" * 30_000})
    assert "begun here" in (kept.typed_recipients["to"] if field == "to" else getattr(kept, field))


def test_too_many_addresses_are_told_at_the_field(alice_client: Client, alice: User, account: Account):
    many = ", ".join(f"p{number}@client.test" for number in range(2_000))
    answer = alice_client.post("/mail/compose/send/", typed(alice, to=many), headers=JSON)
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == ["to"]
