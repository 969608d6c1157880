"""Asking for permission: a first, untracked mail with one link, that only this recipient has and that works once."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from crm.accounts.models import User
from crm.consent import ledger, questions
from crm.consent.models import Consent, Question, Settings
from crm.records.models import Person
from mail import consent_block, letters, outbox, quoting, reminders, rendering, sending
from mail.models import Message, Sharing, Template
from mail.tests.fake_smtp import FakeServer
from mail.tests.filing import work
from mail.tests.test_consent import parsed, part_of, taken_by
from tracking import preferences
from tracking.models import TrackedMail

pytestmark = pytest.mark.django_db
Queue = Callable[..., Message]
ASKING = re.compile(r"http://testserver/p/ask/([\w-]+)/")


def asking(words: str = "") -> str:
    return f'<p>Hello, see <a href="https://shop.test/x">our shop</a></p>{consent_block.html("Alice Ahrens")}{words}'


def links(text: str) -> list[str]:
    return ASKING.findall(text)


def test_each_recipient_gets_one_link_of_their_own_and_nothing_else_of_us(server: FakeServer, queued: Queue):
    message = queued(track=True, tell_apart=False, body_html=asking(), cc="carla@client.test", bcc="eve@client.test")
    sending.send_due()
    assert [one.recipients for one in server.taken] == [[f"{who}@client.test"] for who in ("boris", "carla", "eve")]
    tokens = {}
    for who in ("boris", "carla", "eve"):
        taken = taken_by(server, who)
        html, text = part_of(taken, "html"), part_of(taken, "plain")
        (tokens[who],) = links(html)
        assert links(text) == [tokens[who]]
        assert 'href="https://shop.test/x"' in html
        assert (html + text).count("testserver") == 2
        assert "track.test" not in html
        assert parsed(taken)["Tracking-Notice"] is None
        assert parsed(taken)["Bcc"] is None
    assert len(set(tokens.values())) == 3
    found = questions.find(tokens["carla"], now=timezone.now())
    assert found
    assert (found.email, found.asked_by) == ("carla@client.test", message.owner)
    assert found.wording.startswith("May Alice Ahrens see when you open our mails")
    assert "Answer" not in found.wording
    assert not TrackedMail.objects.exists()
    message.refresh_from_db()
    assert message.track_opens, "what was chosen sticks"
    assert preferences.for_user(message.owner).last_track_opens


def test_the_answer_arrives_in_the_ledger(server: FakeServer, queued: Queue):
    queued(track=True, body_html=asking())
    sending.send_due()
    (token,) = links(part_of(server.taken[0], "html"))
    questions.answer(token, agrees=True, now=timezone.now())
    entry = ledger.in_force(["boris@client.test"])["boris@client.test"]
    assert (entry.state, entry.source) == (Consent.State.GRANTED, Consent.Source.MAIL)
    queued(track=True)
    sending.send_due()
    assert b"/i/" in server.taken[1].data


def test_a_question_that_was_worded_anew_or_lost_its_link_is_asked_as_it_stands(server: FakeServer, queued: Queue):
    queued(body_html='<div class="candor_ask"><p>Dürfen wir <b>sehen</b>, ob Sie lesen?</p></div>')
    sending.send_due()
    assert len(links(part_of(server.taken[0], "html"))) == 1
    assert Question.objects.get().wording == "Dürfen wir sehen, ob Sie lesen?"


def test_what_is_kept_of_it_has_no_working_link(server: FakeServer, queued: Queue):
    message = queued(body_html=asking())
    sending.send_due()
    message.refresh_from_db()
    assert "/p/ask/" not in message.body_html + message.body_text
    clean = rendering.render(message, html=message.body_html).decode()
    assert "testserver" not in clean
    answer = Message(owner=message.owner, body_html=f"<blockquote>{part_of(server.taken[0], 'html')}</blockquote>")
    answer.body_text = "> " + part_of(server.taken[0], "plain").replace("\n", "\n> ")
    assert "testserver" not in quoting.quotable(answer)[0]
    answer.body_html = ""
    assert "testserver" not in quoting.quotable(answer)[0]


def test_where_the_provider_files_it_the_link_is_not_left_to_the_sender(server: FakeServer, queued: Queue, mailbox: Any):
    message = queued(body_html=asking(), cc="carla@client.test")
    mailbox.before["login"] = lambda: [mailbox.file(one.data) for one in server.taken]
    work()
    kept = [one.raw for one in mailbox.in_folder("Sent")]
    assert len(kept) == 1
    assert b"/p/ask/" not in kept[0]
    message.refresh_from_db()
    assert message.filing == Message.Filing.WATCHED


def test_a_try_that_reached_nobody_leaves_no_open_question(server: FakeServer, queued: Queue):
    server.will(rcpt=["451 4.7.1 greylisted", "250 fine"])
    queued(body_html=asking())
    sending.send_due()
    sending.send_due(clock=lambda: timezone.now() + timedelta(hours=1))
    (token,) = links(part_of(server.taken[0], "html"))
    assert Question.objects.count() == 1
    assert questions.find(token, now=timezone.now())


def test_a_quoted_question_asks_nobody(server: FakeServer, queued: Queue):
    queued(track=True, body_html=f'<p>Thank you</p><div class="gmail_quote">{asking()}</div>')
    sending.send_due()
    assert not Question.objects.exists()
    assert b"/i/" in server.taken[0].data


def test_a_template_can_hold_the_question(alice: User, server: FakeServer, queued: Queue):
    html = letters.clean(asking())
    template = letters.save(template=Template(owner=alice), name="Ask", subject="", body_html=html, folder=None, sharing=Sharing.NOBODY)
    assert consent_block.is_in(template.body_html)


def test_the_template_form_offers_the_question_in_the_name_of_whoever_uses_it(alice_client: Client):
    page = alice_client.get("/settings/templates/new/").content.decode()
    assert "Ask for permission to track" in page
    assert "May {{ my.name }}" in page


def test_whoever_refused_or_was_asked_lately_is_named_before_they_are_asked_again(alice: User, draft: Queue):
    assert reminders.due(draft(body_html=asking(), subject="Hello"), put=()) == []
    ledger.record(email="boris@client.test", state=Consent.State.REFUSED, source=Consent.Source.PAGE, at=timezone.now())
    asked = reminders.due(draft(body_html=asking(), subject="Hello"), put=())
    assert [one.key for one in asked] == ["asked"]
    for months, due in ((1, True), (7, False)):
        questions.ask(email=f"in{months}@client.test", words="May we?", now=timezone.now() - timedelta(days=31 * months))
        message = draft(to=f"in{months}@client.test", body_html=asking(), subject="Hello")
        assert bool(reminders.due(message, put=())) is due, months


LINE = {"to": "Anna <anna@client.test>, boris@client.test", "track_opens": "on", "track_links": "on", "tell_apart": "on"}


@pytest.fixture
def line(alice: User, alice_client: Client, account: Any) -> Callable[..., dict[str, Any]]:
    preferences.update(user=alice, open_tracking=True, link_tracking=True, notify_activity=False)

    def ask(**fields: str) -> dict[str, Any]:
        found: dict[str, Any] = alice_client.post("/mail/compose/consent/", {**LINE, **fields}).json()
        return found

    return ask


def refuse(email: str) -> None:
    at = timezone.now().replace(year=2026, month=3, day=3)
    ledger.record(email=email, state=Consent.State.REFUSED, source=Consent.Source.PAGE, at=at)


def test_the_composer_says_who_will_be_tracked_and_who_not_and_why(line: Callable[..., dict[str, Any]]):
    assert line() == {"sentence": "All 2 recipients are tracked.", "is_warning": False, "is_nobody_tracked": False}
    refuse("anna@client.test")
    said = line()
    assert (said["sentence"], said["is_warning"]) == ("1 of 2 tracked: Anna refused on 3 March 2026.", True)
    assert line(tell_apart="")["sentence"] == (
        "Nobody is tracked: Anna refused on 3 March 2026; a shared copy needs everybody’s agreement."
    )
    assert line(tell_apart="")["is_nobody_tracked"]
    assert line(track_opens="", track_links="")["sentence"] == ""
    assert line(to="")["sentence"] == ""


def test_a_contact_without_a_written_name_has_that_of_the_contact(alice: User, line: Callable[..., dict[str, Any]]):
    Person.objects.create(name="Boris Brandt", email="Boris@Client.test", owner=alice)
    refuse("boris@client.test")
    assert line(to="boris@client.test")["sentence"] == "Nobody is tracked: Boris Brandt refused on 3 March 2026."


def test_of_many_who_refuse_the_first_are_named(line: Callable[..., dict[str, Any]]):
    for number in range(6):
        refuse(f"p{number}@client.test")
    said = line(to=", ".join(f"p{number}@client.test" for number in range(7)))["sentence"]
    assert said.startswith("1 of 7 tracked: p0@client.test refused on 3 March 2026; p1@")
    assert said.endswith("; and so it is with 3 more.")


def test_a_mail_that_asks_says_so_in_the_composer_whom_it_should_not_ask_again(line: Callable[..., dict[str, Any]]):
    said = line(body_html=consent_block.html("Alice"))
    assert said == {"sentence": "Nobody is tracked: this mail asks for permission.", "is_warning": False, "is_nobody_tracked": True}
    refuse("anna@client.test")
    said = line(body_html=consent_block.html("Alice"))
    assert "Anna refused by themselves on 3 March 2026: asking again may be unwelcome." in said["sentence"]
    assert said["is_warning"]


def test_without_script_the_line_stands_on_the_page_of_the_saved_draft(alice_client: Client, line: Any, draft: Queue):
    refuse("boris@client.test")
    message = draft(toggles={"track_opens": True, "track_links": True, "tell_apart": True})
    page = alice_client.get(f"/mail/compose/?draft={message.pk}").content.decode()
    assert "Nobody is tracked: Boris refused on 3 March 2026." in page
    assert 'class="composer-consent is-warning" role="status"' in page


def test_the_preview_and_the_sent_mail_say_of_each_recipient_whether_they_are_tracked(
    alice_client: Client, line: Any, draft: Queue, server: FakeServer
):
    refuse("carla@client.test")
    chosen: dict[str, Any] = {"track_opens": True, "track_links": True, "tell_apart": True}
    message = draft(cc="Carla <carla@client.test>", toggles=chosen)
    words = ("Tracked: Boris was not asked, and the company&#x27;s policy allows it.", "Not tracked: Carla refused on 3 March 2026.")
    preview = alice_client.get(f"/mail/messages/{message.pk}/preview/").content.decode()
    assert all(sentence in preview for sentence in words)
    assert "Below a tracked copy stands" in preview
    outbox.queue(message=message, **chosen, now=timezone.now())
    sending.send_due()
    page = alice_client.get(f"/mail/threads/{message.thread_id}/").content.decode()
    assert all(sentence in page for sentence in words)


def test_a_colleague_who_reads_a_shared_mail_sees_nothing_of_it(alice: User, bob: User, draft: Queue, server: FakeServer, line: Any):
    Person.objects.create(name="Boris", email="boris@client.test", owner=alice)
    refuse("boris@client.test")
    message = draft(cc="carla@client.test")
    outbox.queue(message=message, track_opens=True, track_links=True, now=timezone.now())
    sending.send_due()
    Message.objects.filter(pk=message.pk).update(is_shared=True)
    client = Client()
    client.force_login(bob)
    page = client.get(f"/mail/shared/{message.thread_id}/").content.decode()
    assert "boris" in page.casefold()
    assert "racked" not in page


def test_the_company_is_named_in_the_question(alice_client: Client, account: Any):
    Settings.objects.create(company="Acme & Sons")
    page = alice_client.get("/mail/compose/").content.decode()
    assert "May Alice Ahrens (Acme &amp;amp; Sons) see" in page
