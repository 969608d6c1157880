"""Faults that people report of other trackers: in Candor none of them counts the sender."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from mail import outbox, replying, sending
from mail.models import Message
from tracking import draining, instrument, tokens
from tracking.models import Copy, Event, TrackedMail

PROXIED = "https://ci3.googleusercontent.com/meips/ADKq_NZ=s0-d-e1-ft#"
THUNDERBIRD = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.0"
LINKED = '<p>See <a href="https://x.test/?a=1&amp;b=2">prices</a></p>'


@pytest.fixture
def copy(queued: Callable[..., Message], settings, tmp_path) -> Copy:
    """The copy of a tracked mail that Alice sent to Boris ten minutes ago."""
    settings.SPOOL_DIR = tmp_path / "spool"
    message = queued(track=True, body_html=LINKED)
    sending.send_due()
    copy = Copy.objects.get(mail=Message.objects.get(pk=message.pk).tracked_mail)
    copy.dispatched_at = timezone.now() - timedelta(minutes=10)
    copy.save()
    return copy


def as_sent(copy: Copy) -> str:
    return instrument.instrument(LINKED, copy=copy)


def load(copy: Copy, client: Client, path: str = "") -> None:
    """Have a client load the pixel (or follow a link) and the worker record it."""
    client.get(path or tokens.pixel_path(copy.public_id), headers={"User-Agent": THUNDERBIRD}, REMOTE_ADDR="203.0.113.9")
    draining.drain(now=timezone.now())


def counted(copy: Copy) -> int:
    return TrackedMail.objects.get(pk=copy.mail_id).open_count


def message_of(copy: Copy) -> Message:
    return Message.objects.get(tracked_mail=copy.mail_id)


def in_browser_of(user) -> Client:
    client = Client()
    client.force_login(user)
    client.get("/privacy/")  # any page hands out the cookie
    return client


def test_opening_a_sent_mail_in_the_program_itself_counts(copy, alice):
    browser, message = in_browser_of(alice), message_of(copy)
    for address in (f"/mail/threads/{message.thread_id}/", f"/mail/messages/{message.pk}/body/"):
        page = browser.get(address).content.decode()
        assert tokens.PIXEL_START not in page
        assert tokens.LINK_START not in page


def test_the_senders_own_browser_counts_as_a_recipient(copy, alice):
    load(copy, in_browser_of(alice))
    assert Event.objects.get().verdict == "self"
    assert counted(copy) == 0


def test_a_colleague_who_looks_counts_as_the_recipient(copy, bob):
    load(copy, in_browser_of(bob))
    assert (Event.objects.get().reasons, counted(copy)) == (["colleague"], 0)


def test_a_colleague_who_is_the_recipient_never_counts(copy, bob):
    Copy.objects.update(email=bob.email)
    load(copy, in_browser_of(bob))
    assert counted(copy) == 1


def test_the_sent_folder_holds_the_pixel(copy):
    stored = message_of(copy)
    assert stored.body_html == LINKED
    assert "/l/" not in stored.body_text


def test_a_mail_program_without_cookies_at_the_senders_desk_counts(copy, settings):
    settings.OWN_NETWORKS = ["203.0.113.0/24"]
    load(copy, Client())
    assert counted(copy) == 0


def test_a_reply_quotes_the_pixel_and_opens_the_first_mail_again(copy):
    message = message_of(copy)
    Message.objects.filter(pk=message.pk).update(body_html=as_sent(copy))
    message.refresh_from_db()
    quote = replying.quote(message)
    assert tokens.PIXEL_START not in quote
    assert 'href="https://x.test/?a=1&amp;b=2"' in quote


def test_a_quote_out_of_gmail_keeps_the_pixel_behind_its_proxy(copy):
    message = message_of(copy)
    html = as_sent(copy).replace('src="', f'src="{PROXIED}')
    assert PROXIED in html
    Message.objects.filter(pk=message.pk).update(body_html=html)
    message.refresh_from_db()
    assert PROXIED not in replying.quote(message)


def test_a_pixel_of_a_former_tracking_host_is_not_recognised_in_quotes(copy, settings):
    TrackedMail.objects.update(host="https://go.former.test")
    html = as_sent(Copy.objects.get())
    assert "https://go.former.test/i/" in html
    message = message_of(copy)
    Message.objects.filter(pk=message.pk).update(body_html=html)
    message.refresh_from_db()
    assert "go.former.test" not in replying.quote(message)


def test_a_mail_that_came_back_counts_when_its_sender_reads_the_bounce(copy):
    instrument.mark_returned(copy=copy, at=timezone.now())
    load(copy, Client())
    assert (Event.objects.get().reasons, counted(copy)) == (["returned"], 0)


def test_previews_and_drafts_count(draft, alice_client):
    written = draft(body_html=LINKED)
    page = alice_client.get("/mail/compose/", {"draft": written.pk}).content.decode()
    assert "/i/" not in page
    assert "/l/" not in page
    assert not Copy.objects.exists()


def test_a_pasted_copy_of_ones_own_mail_is_sent_with_the_old_pixel(copy, draft):
    pasted = draft(body_html=as_sent(copy))
    assert pasted.body_html == LINKED
    outbox.queue(message=pasted, track_opens=True, track_links=True, tell_apart=True, now=timezone.now())
    assert Copy.objects.count() == 2
