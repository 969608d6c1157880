"""Whoever refuses gets a mail that is byte for byte free of us; whoever may be tracked is told so in their copy alone."""

from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from django.utils import timezone

from crm.accounts.models import User
from crm.consent import ledger
from crm.consent.models import Consent, Restriction, Rule, Settings
from mail import outbox, rendering, sending, smtp
from mail.models import Delivery, Message
from mail.tests.fake_smtp import ACCEPT_AND_DROP, FakeServer, Received
from tracking import preferences, tokens
from tracking.cleaning import strip_own, strip_own_text
from tracking.models import Copy, TrackedMail

pytestmark = pytest.mark.django_db
Queue = Callable[..., Message]
BODY = '<p>Our <a href="https://shop.test/x?a=1&amp;b=2#top">offer</a></p>'
HASTY = smtp.Patience(connect=1, command=0.5, data=0.5, block=1, final=0.5)
EVERYBODY = {"to": "Boris <boris@client.test>", "cc": "carla@client.test", "bcc": "eve@client.test, frank@client.test"}


def say_no(email: str, *, source: str = Consent.Source.PAGE, state: str = Consent.State.REFUSED) -> None:
    ledger.record(email=email, state=state, source=source, at=timezone.now())


def demand_consent(**rule: Any) -> None:
    Rule.objects.create(**{"scope": Rule.Scope.COMPANY, "tracks_unknown": False, **rule})


def parsed(taken: Received) -> EmailMessage:
    mail = message_from_bytes(taken.data, policy=default)  # type: ignore[arg-type]
    assert isinstance(mail, EmailMessage)
    return mail


def part_of(taken: Received, kind: str) -> str:
    part = parsed(taken).get_body((kind,))
    assert part
    return str(part.get_content())


def taken_by(server: FakeServer, who: str) -> Received:
    (found,) = [one for one in server.taken if f"{who}@client.test" in one.recipients]
    return found


def is_tracked(taken: Received) -> bool:
    return b"/i/" in taken.data or b"/l/" in taken.data


def with_tracking_off(message: Message) -> bytes:
    """The mail as the server gets it when nobody tracks anything."""
    off = Message.objects.get(pk=message.pk)
    return rendering.render(off, html=off.body_html)


def test_a_refused_recipient_gets_byte_for_byte_the_mail_that_goes_out_with_tracking_off(server: FakeServer, queued: Queue):
    say_no("carla@client.test")
    say_no("eve@client.test")
    message = queued(track=True, body_html=BODY, **EVERYBODY)
    sending.send_due()
    tracked = {who: taken_by(server, who).data for who in ("boris", "carla", "eve", "frank")}
    message.refresh_from_db()
    assert message.folder == Message.Folder.SENT

    server.taken.clear()
    Message.objects.filter(pk=message.pk).update(folder=Message.Folder.DRAFTS)
    message.deliveries.all().delete()
    message.refresh_from_db()
    outbox.queue(message=message, track_opens=False, track_links=False, now=timezone.now())  # it keeps its Message-ID and Date
    sending.send_due()
    (off,) = server.taken
    assert tracked["carla"] == off.data
    assert tracked["eve"] == off.data, "not even a Bcc header says that it is a copy of one's own"
    for host in (b"track.test", b"testserver", b"Tracking-Notice", b"candor"):
        assert host not in off.data.replace(b"=_candor_", b""), host
    assert tracked["boris"] != off.data
    assert b"/i/" in tracked["boris"]
    assert parsed(taken_by_data(tracked["frank"]))["Bcc"] == "frank@client.test"


def taken_by_data(data: bytes) -> Received:
    return Received("", [], data)


@pytest.mark.parametrize("state", [Consent.State.REFUSED, Consent.State.WITHDRAWN])
def test_a_mail_that_nobody_allows_to_be_tracked_has_no_counters_and_keeps_what_its_sender_chose(alice: User, queued: Queue, state: str):
    say_no("boris@client.test", state=state)
    message = queued(track=True, body_html=BODY)
    assert (message.tracked_mail, TrackedMail.objects.count(), Copy.objects.count()) == (None, 0, 0)
    assert (message.track_opens, message.track_links) == (True, True)
    assert preferences.for_user(alice).last_track_opens
    decision = message.recipients.get().decision
    assert decision
    assert (decision["may_track"], decision["reason"]) == (False, "withdrew" if state == Consent.State.WITHDRAWN else "refused")


def test_a_copy_that_is_shared_needs_everybodys_agreement(server: FakeServer, queued: Queue):
    queued(track=True, tell_apart=False, body_html=BODY, **EVERYBODY)
    say_no("carla@client.test")
    message = queued(track=True, tell_apart=False, body_html=BODY, **EVERYBODY)
    sending.send_due()
    first, second = server.taken
    assert is_tracked(first) is False, "she refused before it left"
    assert second.data == with_tracking_off(message)
    assert TrackedMail.objects.count() == 0


def test_a_shared_copy_keeps_the_least_that_is_asked_of_any_recipient(queued: Queue):
    demand_consent(scope=Rule.Scope.DOMAIN, value="strict.test", tracks_unknown=None, is_coarse=True, kept=Rule.Kept.NOTHING)
    demand_consent(scope=Rule.Scope.DOMAIN, value="short.test", tracks_unknown=None, kept_days=7)
    queued(track=True, tell_apart=False, to="a@strict.test, b@short.test, c@client.test")
    copy = Copy.objects.get()
    assert (copy.is_tracked, copy.is_coarse, copy.kept, copy.kept_days) == (True, True, Rule.Kept.NOTHING, 7)


def test_each_own_copy_is_frozen_with_its_own_decision(queued: Queue):
    demand_consent(scope=Rule.Scope.DOMAIN, value="strict.test", tracks_unknown=None, is_coarse=True)
    say_no("carla@client.test")
    message = queued(track=True, to="a@strict.test, carla@client.test, boris@client.test")
    found = {copy.email: (copy.is_tracked, copy.is_coarse, copy.reason) for copy in Copy.objects.all()}
    assert found == {
        "a@strict.test": (True, True, "not_asked"),
        "carla@client.test": (False, False, "refused"),
        "boris@client.test": (True, False, "not_asked"),
    }
    assert [one.decision["may_track"] for one in message.recipients.all()] == [True, False, True]  # type: ignore[index]


@pytest.mark.parametrize("how", ["refused", "restricted", "a stricter rule"])
def test_what_changes_between_planning_and_sending_counts(server: FakeServer, queued: Queue, how: str):
    message = queued(track=True, body_html=BODY, cc="carla@client.test")
    if how == "refused":
        say_no("boris@client.test")
    elif how == "restricted":
        ledger.restrict(email="boris@client.test", now=timezone.now())
        assert Restriction.objects.exists()
    else:
        demand_consent(scope=Rule.Scope.MAILBOX, value="alice@acme.test")
    sending.send_due()
    assert taken_by(server, "boris").data == with_tracking_off(message)
    assert is_tracked(taken_by(server, "carla")) is (how != "a stricter rule")
    assert message.recipients.get(email="boris@client.test").decision["may_track"] is False  # type: ignore[index]
    assert TrackedMail.objects.exists() is (how != "a stricter rule"), "without one tracked copy there is nothing to count"


def test_a_consent_that_came_late_makes_no_copy_tracked(server: FakeServer, queued: Queue):
    demand_consent()
    message = queued(track=True, body_html=BODY)
    ledger.record(email="boris@client.test", state=Consent.State.GRANTED, source=Consent.Source.MAIL, at=timezone.now())
    sending.send_due()
    assert server.taken[0].data == with_tracking_off(message)


def test_back_in_the_drafts_nothing_is_decided_any_more(queued: Queue):
    message = queued(track=True)
    assert message.recipients.get().decision
    outbox.back_to_drafts(message=message)
    assert message.recipients.get().decision is None
    queued(track=False)
    assert Message.objects.latest("pk").recipients.get().decision is None, "nobody wanted to track"


def test_a_tracked_copy_says_so_in_a_line_and_a_header_that_lead_to_its_recipients_page(server: FakeServer, queued: Queue):
    queued(track=True, body_html=BODY, cc="carla@client.test")
    sending.send_due()
    for who in ("boris", "carla"):
        taken = taken_by(server, who)
        page = f"http://testserver{tokens.page_path(Copy.objects.get(email=f'{who}@client.test').public_id)}"
        assert parsed(taken)["Tracking-Notice"] == f"<{page}>"
        assert parsed(taken)["List-Unsubscribe"] is None
        html, text = part_of(taken, "html"), part_of(taken, "plain")
        assert html.count(page) == text.count(page) == 1
        assert f'href="{page}"' in html
        assert "The sender is told when this mail is opened." in html
        assert html.index("/i/") < html.index(page), "the pixel stands where it stood"
        assert text.rstrip().endswith(f"how to refuse:\n{page}") or text.rstrip().endswith(f"how to refuse:\r\n{page}")


def test_the_company_words_the_line_or_leaves_it_to_the_header(server: FakeServer, queued: Queue):
    Settings.objects.create(footer="We <b>see</b> when you open this.\nSay no here")
    queued(track=True, body_html=BODY)
    sending.send_due()
    assert "We &lt;b&gt;see&lt;/b&gt; when you open this. Say no here</a>" in part_of(server.taken[0], "html")
    Settings.objects.update(shows_footer=False)
    queued(track=True, body_html=BODY)
    sending.send_due()
    assert "/p/" not in part_of(server.taken[1], "html") + part_of(server.taken[1], "plain")
    assert "/p/" in parsed(server.taken[1])["Tracking-Notice"]


def test_the_line_is_in_the_senders_language(server: FakeServer, alice: User, queued: Queue):
    alice.language = "ru"
    alice.save()
    queued(track=True, body_html=BODY)
    sending.send_due()
    assert 'class="candor_notice"' in part_of(server.taken[0], "html")
    assert '<html lang="ru">' in part_of(server.taken[0], "html")


def test_a_mail_that_could_not_be_tracked_after_all_says_nothing_of_it(server: FakeServer, queued: Queue):
    body = "<p>-----BEGIN PGP SIGNED MESSAGE-----</p>"
    message = queued(track=True, body_html=body)
    sending.send_due()
    assert server.taken[0].data == with_tracking_off(message)


def test_without_the_line_a_tracked_copy_reads_as_it_was_written(server: FakeServer, queued: Queue):
    message = queued(track=True, body_html=BODY)
    sending.send_due()
    html = part_of(server.taken[0], "html").partition("<body>")[2].partition("</body>")[0]
    assert strip_own(html) == message.body_html
    assert strip_own_text(part_of(server.taken[0], "plain")).split() == message.body_text.split()


@pytest.mark.parametrize(("there", "status"), [(2, Delivery.Status.UNCERTAIN), (3, Delivery.Status.SENT)])
def test_an_untracked_copy_in_doubt_is_proven_by_one_more_in_sent_and_by_no_other(
    server: FakeServer, queued: Queue, mailbox: Any, there: int, status: str
):
    say_no("carla@client.test")
    say_no("dora@client.test")
    server.will(dot=["250 taken", "250 taken", ACCEPT_AND_DROP])
    message = queued(track=True, body_html=BODY, to="boris@client.test, dora@client.test, carla@client.test")
    mailbox.before["login"] = lambda: [mailbox.file(one.data) for one in server.taken[:there]]
    sending.send_due(patience=HASTY)
    assert message.deliveries.get(recipients__email="carla@client.test").status == status


def test_a_shared_copy_that_is_under_way_stops_when_one_of_them_refuses(server: FakeServer, queued: Queue):
    queued(track=True, tell_apart=False, body_html=BODY, **EVERYBODY)
    queued(track=True, tell_apart=False, to="others@client.test, more@client.test")
    sending.send_due()
    say_no("EVE@client.test")
    stopped = Copy.objects.exclude(stopped_at=None)
    assert [copy.mail.message.recipients.count() for copy in stopped] == [4]
    assert stopped.get().stopped_at <= timezone.now() + timedelta(seconds=1)  # type: ignore[operator]
