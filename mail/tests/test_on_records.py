"""Mails in the timelines of records: one stream with everything else, and each mail's icons for its sender alone."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from crm.accounts.models import User
from crm.records import history
from crm.records.models import Lead, Note, Person, Record
from crm.records.tests.queries import count_queries
from mail.models import Message
from mail.tests.incoming import received
from mail.tests.posting import sent

pytestmark = pytest.mark.django_db
Draft = Callable[..., Message]


@pytest.fixture
def boris(alice: User) -> Person:
    return Person.objects.create(owner=alice, name="Boris Ivanov", email="Boris@Client.test")


def texts(record: Record, user: User, kind: str = history.ALL) -> list[str]:
    return [line.text for _day, lines in history.timeline_of(record, user, kind=kind).days for line in lines]


def test_mails_stand_among_notes_newest_first(alice: User, boris: Person) -> None:
    now = timezone.now()
    for minutes, subject in ((30, "Question"), (10, "Thanks")):
        message = received(alice, from_email="boris@client.test", subject=subject)
        Message.objects.filter(pk=message.pk).update(at=now - timedelta(minutes=minutes))
    Note.objects.create(author=alice, person=boris, text="Called back", created_at=now - timedelta(minutes=20))
    assert texts(boris, alice) == ["Thanks", "Called back", "Question"]
    assert texts(boris, alice, "mails") == ["Thanks", "Question"]
    assert texts(boris, alice, "notes") == ["Called back"]


def test_a_sent_mail_is_one_line_with_its_icons(alice: User, boris: Person, draft: Draft, alice_client: Client) -> None:
    message = sent(draft(subject="Zebra offer"), clicked=True)
    page = alice_client.get(boris.get_absolute_url()).content.decode()
    assert page.count(">Zebra offer</a>") == 1
    assert f'data-tracked-mail="{message.tracked_mail_id}"' in page


def test_a_lead_shows_the_mails_with_its_address(alice: User) -> None:
    lead = Lead.objects.create(owner=alice, title="Fair contact", email="Carla@Fair.test")
    received(alice, from_email="carla@fair.test", subject="Nice to meet you")
    assert texts(lead, alice) == ["Nice to meet you"]


def test_a_long_stream_of_mails_is_read_without_loss(alice: User, boris: Person) -> None:
    now = timezone.now()
    for number in range(90):
        message = received(alice, from_email="boris@client.test", subject=f"mail {number}")
        Message.objects.filter(pk=message.pk).update(at=now - timedelta(minutes=number))
    seen: list[str] = []
    before = None
    for _page in range(5):
        page = history.timeline_of(boris, alice, before=before)
        seen += [line.text for _day, lines in page.days for line in lines]
        if not page.older:
            break
        before = timezone.datetime.fromisoformat(page.older)  # type: ignore[attr-defined]
    assert seen == [f"mail {number}" for number in range(90)]


def test_the_stream_takes_the_same_few_queries_for_many_mails(alice: User, boris: Person, alice_client: Client) -> None:
    received(alice, from_email="boris@client.test")
    address = f"/timeline/?person={boris.pk}"
    few = count_queries(alice_client, address)
    for number in range(15):
        received(alice, from_email="boris@client.test", subject=f"mail {number}")
    assert count_queries(alice_client, address) == few
