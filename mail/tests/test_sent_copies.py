"""Who keeps the copy of a sent mail, and what Sent proves."""

from datetime import timedelta

import pytest
from django.utils import timezone

from crm.consent import ledger
from mail import sent_copies
from mail.models import Account, Delivery, Message
from mail.tests.fake_imap import FakeImap
from mail.tests.fake_smtp import ACCEPT_AND_DROP
from mail.tests.filing import use, work

Status = Delivery.Status


@pytest.fixture(autouse=True)
def by_us(mailbox: FakeImap) -> None:
    """Nothing is filed into Alice's mailbox but by us."""
    use(mailbox, kept_by="candor")


def statuses(message: Message) -> list[str]:
    return list(message.deliveries.values_list("status", flat=True))


@pytest.mark.parametrize(
    ("host", "kept_by", "provider_files"),
    [
        ("smtp.gmail.com", "", True),
        ("SMTP.Office365.com.", "", True),
        ("smtppro.zoho.eu", "", True),
        ("smtp-relay.gmail.com", "", False),  # only where the administrator has turned that on
        ("smtp-relay.gmail.com", "provider", True),
        ("smtp.gmail.com", "candor", False),
        ("smtp.gmail.com.evil.test", "", False),
        ("mail.acme.test", "", False),
        ("mail.acme.test", "provider", True),
    ],
)
def test_who_files_sent_mail_is_known_by_the_servers_name_or_said(host, kept_by, provider_files):
    assert sent_copies.provider_files(Account(smtp_host=host, sent_kept_by=kept_by)) == provider_files


def test_our_own_clean_copy_does_not_prove_that_another_envelope_left(server, mailbox, queued):
    message = queued(cc="carla@client.test", track=True)
    server.will(dot=["250 ok", ACCEPT_AND_DROP])
    work()
    assert len(mailbox.in_folder("Sent")) == 1
    work(after=timedelta(minutes=1))
    assert statuses(message) == [Status.SENT, Status.UNCERTAIN]


def test_our_own_clean_copy_does_not_prove_that_an_envelope_left_whose_recipient_refused(server, mailbox, queued):
    ledger.record(email="carla@client.test", state="refused", source="page", at=timezone.now())
    message = queued(cc="carla@client.test", track=True)
    server.will(dot=["250 ok", ACCEPT_AND_DROP])
    work()
    assert len(mailbox.in_folder("Sent")) == 1
    work(after=timedelta(minutes=1))
    assert statuses(message) == [Status.SENT, Status.UNCERTAIN]


def test_the_copy_in_doubt_lying_in_sent_proves_that_it_left(server, mailbox, queued):
    message = queued(cc="carla@client.test", track=True)
    server.will(dot=["250 ok", ACCEPT_AND_DROP])
    work()
    to_boris, to_carla = (taken.data for taken in server.taken)
    mailbox.file(to_boris)
    work(after=timedelta(minutes=1))
    assert statuses(message) == [Status.SENT, Status.UNCERTAIN]
    mailbox.file(to_carla)
    work(after=timedelta(minutes=10))
    assert statuses(message) == [Status.SENT, Status.SENT]


def test_of_an_untracked_mail_one_more_than_was_confirmed_proves_it(server, mailbox, queued):
    message = queued(cc="carla@client.test")
    server.will(rcpt=["250 ok", "450 4.2.0 greylisted"])
    work()
    assert statuses(message) == [Status.SENT, Status.RETRY]
    server.will(dot=[ACCEPT_AND_DROP])
    work(after=timedelta(minutes=2))
    work(after=timedelta(minutes=3))
    assert statuses(message) == [Status.SENT, Status.UNCERTAIN]
    mailbox.file(server.taken[1].data)
    work(after=timedelta(minutes=10))
    assert statuses(message) == [Status.SENT, Status.SENT]
