"""One mail in several copies: who gets what, and nobody anything twice, whatever happens between two of them."""

import time
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from mail import claims, outbox, pacing, sending, smtp
from mail.models import Account, Delivery, Message
from mail.states import delivery_state, recipient_state
from mail.tests.fake_smtp import ACCEPT_AND_DROP, Received
from notifications.models import Card
from tracking.models import Copy, Preferences

pytestmark = pytest.mark.django_db
HASTY = smtp.Patience(connect=1, command=0.5, data=0.5, block=1, final=0.5)
EVERYBODY = {"to": "Boris <boris@client.test>", "cc": "carla@client.test, dora@client.test", "bcc": "eve@client.test"}
BODY = '<p>Our <a href="https://shop.test/x?a=1&amp;b=2#top">offer</a></p>'


def work(after: timedelta = timedelta(0)) -> None:
    sending.send_due(clock=lambda: timezone.now() + after, patience=HASTY)


def parsed(taken: Received) -> EmailMessage:
    mail = message_from_bytes(taken.data, policy=default)  # type: ignore[arg-type]
    assert isinstance(mail, EmailMessage)
    return mail


def html_of(taken: Received) -> str:
    part = parsed(taken).get_body(("html",))
    assert part
    return str(part.get_content())


def takers(server: Any) -> list[str]:
    return [one for taken in server.taken for one in taken.recipients]


def states(message: Message) -> dict[str, str]:
    fresh = Message.objects.prefetch_related("deliveries__recipients", "recipients").get(pk=message.pk)
    return {one.email: state.kind for one in fresh.recipients.all() if (state := recipient_state(fresh, one))}


def test_each_recipient_gets_the_same_mail_with_a_pixel_and_links_of_their_own(server, queued):
    message = queued(track=True, body_html=BODY, **EVERYBODY)
    work()

    assert [taken.recipients for taken in server.taken] == [[f"{who}@client.test"] for who in ("boris", "carla", "dora", "eve")]
    mails = [parsed(taken) for taken in server.taken]
    for name in ("From", "To", "Cc", "Subject", "Date", "Message-ID"):
        assert len({mail[name] for mail in mails}) == 1, name
        assert mails[0][name]
    assert [mail["Bcc"] for mail in mails] == [None, None, None, "eve@client.test"]
    bodies = [html_of(taken) for taken in server.taken]
    assert len(set(bodies)) == 4
    assert all("https://shop.test/x?a=1" not in body and body.count("/l/") == 1 and body.count("/i/") == 1 for body in bodies)
    assert set(Copy.objects.values_list("email", flat=True)) == {f"{who}@client.test" for who in ("boris", "carla", "dora", "eve")}
    message.refresh_from_db()
    assert (message.folder, Message.objects.count()) == ("sent", 1)
    assert delivery_state(message).kind == "sent"  # type: ignore[union-attr]


@pytest.mark.parametrize("how", ["switched off", "above the limit"])
def test_a_shared_copy_names_nobody(server, queued, settings, how):
    settings.COPIES_LIMIT = 3 if how == "above the limit" else 20
    queued(track=True, tell_apart=how != "switched off", body_html=BODY, **EVERYBODY)
    work()

    (taken,) = server.taken
    assert sorted(taken.recipients) == sorted(f"{who}@client.test" for who in ("boris", "carla", "dora", "eve"))
    assert parsed(taken)["Bcc"] is None
    copy = Copy.objects.get()
    assert (copy.email, copy.person) == ("", None)


def test_an_address_that_is_named_twice_gets_one_copy(server, queued):
    queued(track=True, to="Boris <boris@client.test>, BORIS@client.test", cc="boris@CLIENT.test", bcc="boris@client.test")
    work()
    assert takers(server) == ["boris@client.test"]
    assert Copy.objects.count() == 1


def test_without_tracking_it_is_one_mail_to_all_of_them(server, queued):
    queued(body_html=BODY, **EVERYBODY)
    work()
    (taken,) = server.taken
    assert len(taken.recipients) == 4
    assert not Copy.objects.exists()


def test_the_choice_sticks_and_tracking_off_is_no_choice(queued, alice):
    queued(track=True, tell_apart=False, **EVERYBODY)
    assert not Preferences.objects.get(user=alice).last_tell_apart
    queued(track=True, tell_apart=True, **EVERYBODY)
    assert Preferences.objects.get(user=alice).last_tell_apart


def test_after_a_refusal_in_the_middle_the_others_have_it_and_each_state_is_told(server, queued, alice_client):
    server.will(rcpt=["250 fine", "550 5.1.1 no such user", "451 4.7.1 greylisted", "250 fine"])
    message = queued(track=True, **EVERYBODY)
    work()

    assert takers(server) == ["boris@client.test", "eve@client.test"]
    assert states(message) == {
        "boris@client.test": "sent",
        "carla@client.test": "refused",
        "dora@client.test": "retry",
        "eve@client.test": "sent",
    }
    page = strip_tags(alice_client.get(reverse("mail:thread", args=[message.thread_id])).content.decode())
    assert "no such user" in page
    assert "tried again at" in page
    assert Copy.objects.get(email="carla@client.test").returned_at
    row = alice_client.get("/mail/sent/").content.decode()
    assert "Sent to 2 of 4" in row

    work(after=timedelta(hours=1))
    work(after=timedelta(hours=2))
    assert takers(server) == ["boris@client.test", "eve@client.test", "dora@client.test"]
    card = Card.objects.get()
    assert (card.title, card.detail) == ("Not sent to everybody: Offer", "1 of 4 recipients did not get it: carla@client.test.")


def test_a_connection_lost_after_k_of_n_copies_sends_nothing_to_the_k_again(server, queued, alice_client):
    server.will(mail=["250 fine", "250 fine", "421 4.3.2 closing", "421 4.3.2 closing"])  # again when it is called anew
    message = queued(track=True, **EVERYBODY)
    work()
    first = takers(server)
    assert first == ["boris@client.test", "carla@client.test"]
    assert states(message)["dora@client.test"] in ("retry", "waiting")

    work(after=timedelta(hours=1))
    assert sorted(takers(server)) == sorted(f"{who}@client.test" for who in ("boris", "carla", "dora", "eve"))
    assert len({parsed(taken)["Message-ID"] for taken in server.taken}) == 1


def test_a_worker_that_died_after_some_copies_is_followed_by_one_that_sends_the_rest(server, queued):
    message = queued(track=True, **EVERYBODY)
    server.will(dot=["250 taken", ACCEPT_AND_DROP])
    work()
    uncertain = message.deliveries.get(status=Delivery.Status.UNCERTAIN)
    assert [one.email for one in uncertain.recipients.all()] == ["carla@client.test"]
    work(after=timedelta(hours=1))

    assert takers(server).count("carla@client.test") == 1  # perhaps she has it: never by itself again
    assert sorted(set(takers(server))) == sorted(f"{who}@client.test" for who in ("boris", "carla", "dora", "eve"))
    outbox.send_again(message=message, now=timezone.now())
    work(after=timedelta(hours=2))
    assert takers(server).count("carla@client.test") == 2
    assert takers(server).count("boris@client.test") == 1


def test_the_copies_go_over_one_connection_with_a_pause_between_them(server, queued, monkeypatch):
    monkeypatch.setattr(pacing, "pause", lambda account: 0.2)
    queued(track=True, **EVERYBODY)
    began = time.monotonic()
    work()
    assert server.connections == 1
    assert len(server.taken) == 4
    assert time.monotonic() - began >= 0.6


@pytest.mark.parametrize(
    ("host", "seconds"),
    [
        *(("smtp.office365.com", 2.0), ("SMTP.Office365.com.", 2.0), ("smtp-mail.outlook.com", 2.0)),
        *(("email-smtp.eu-west-1.amazonaws.com", 1.0), ("mail.acme.test", 0.2), ("notoffice365.com", 0.2), ("127.0.0.1", 0.0)),
    ],
)
def test_the_pause_is_what_the_provider_allows(host, seconds):
    assert pacing.pause(Account(smtp_host=host)) == seconds


@pytest.mark.parametrize(
    ("answer", "hours", "words"),
    [
        ("452 4.5.3 too many recipients", 0.02, ""),
        ("550 5.4.5 Daily user sending limit exceeded", 1, "limit for sending is reached"),
        ("421 4.7.0 Request is throttled. Suggested Backoff Time: 7200000 milliseconds", 2, "limit for sending is reached"),
    ],
)
def test_a_server_that_wants_less_is_left_alone_as_long_as_it_asks(server, queued, answer, hours, words):
    server.will(mail=[answer])
    message = queued(track=True, **EVERYBODY)
    work()

    assert server.taken == [] or words == ""
    waiting = message.deliveries.filter(status=Delivery.Status.RETRY)
    assert waiting.exists()
    due_in = min(one.next_attempt_at for one in waiting) - timezone.now()
    assert due_in > timedelta(hours=hours) - timedelta(minutes=1)
    assert words in waiting.first().error  # type: ignore[union-attr]
    work(after=timedelta(hours=hours) + timedelta(minutes=2))
    assert sorted(takers(server)) == sorted(f"{who}@client.test" for who in ("boris", "carla", "dora", "eve"))


def test_while_a_worker_holds_a_copy_no_other_takes_the_account_up(queued):
    message = queued(track=True, **EVERYBODY)
    assert claims.claim_next(message.account_id, timezone.now())
    assert claims.accounts_waiting(timezone.now()) == []


def test_the_states_of_all_recipients_cost_no_query_each(server, queued, alice_client: Client, django_assert_max_num_queries):
    message = queued(track=True, to=", ".join(f"person{number}@client.test" for number in range(18)))
    work()
    with django_assert_max_num_queries(30):
        page = alice_client.get(reverse("mail:thread", args=[message.thread_id])).content.decode()
    assert page.count("envelope-sent") == 18
