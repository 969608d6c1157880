"""Insights: one's own mail in numbers, and nobody else's."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from crm import insights
from crm.accounts.models import User
from crm.records import pipeline
from crm.records.models import Deal
from mail.models import Message, Thread
from tracking.models import TrackedLink, TrackedMail

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)  # a Wednesday


def send(
    owner: User,
    at: datetime,
    *,
    opens: bool = False,
    links: bool = False,
    opened: bool = False,
    clicked: bool = False,
    loaded: bool = False,
) -> None:
    """A mail sent at that time, tracked as said, and what happened to it."""
    tracked = None
    if opens or links:
        tracked = TrackedMail.objects.create(
            owner=owner,
            tracks_opens=opens,
            tracks_links=links,
            first_opened_at=at if opened else None,
            first_clicked_at=at if clicked else None,
            first_loaded_at=at if loaded else None,
        )
    if tracked and links:
        for number in range(2):
            TrackedLink.objects.create(mail=tracked, number=number, target="https://example.com/")
    thread = Thread.objects.create(owner=owner, subject="Hello")
    Message.objects.create(thread=thread, owner=owner, folder="sent", sent_at=at, at=at, tracked_mail=tracked)


def test_rates_count_tracked_mails_only_and_the_coverage_is_said(alice: User) -> None:
    send(alice, NOW, opens=True, links=True, opened=True, clicked=True)
    send(alice, NOW, opens=True, opened=True)
    send(alice, NOW, opens=True)
    send(alice, NOW, links=True)
    send(alice, NOW)
    numbers = insights.mail_numbers(alice, NOW)
    total = numbers.total
    assert (total.sent, total.open_tracked, total.opened, total.link_tracked, total.clicked) == (5, 3, 2, 2, 1)
    assert (total.open_rate, total.click_rate, numbers.open_coverage) == (67, 50, 60)


def test_what_software_may_have_loaded_is_told_apart_and_whoever_clicked_has_read(alice: User, alice_client: Client) -> None:
    now = timezone.now()
    send(alice, now, opens=True, loaded=True)
    send(alice, now, opens=True, loaded=True, opened=True)
    send(alice, now, opens=True, links=True, loaded=True, clicked=True)
    total = insights.mail_numbers(alice, now).total
    assert (total.open_tracked, total.opened, total.loaded_only) == (3, 2, 1)
    assert "one more only loaded" in alice_client.get("/insights/").content.decode()


def test_without_tracked_mails_there_is_no_rate_rather_than_zero(alice: User) -> None:
    send(alice, NOW)
    total = insights.mail_numbers(alice, NOW).total
    assert (total.open_rate, total.click_rate) == (None, None)


def test_weeks_begin_on_monday_of_the_users_zone(alice: User) -> None:
    sunday_evening = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)  # already Monday in Berlin
    send(alice, sunday_evening)
    for zone, sent in (("Europe/Berlin", [1, 0]), ("UTC", [0, 1])):
        with timezone.override(zone):
            weeks = insights.mail_numbers(alice, NOW).weeks
        assert [week.sent for week in weeks[:2]] == sent, zone
        assert len(weeks) == insights.WEEKS


def test_older_mails_and_drafts_are_left_out(alice: User) -> None:
    send(alice, NOW - timedelta(weeks=13))
    Message.objects.create(thread=Thread.objects.create(owner=alice), owner=alice, folder="drafts")
    assert insights.mail_numbers(alice, NOW).total.sent == 0


@pytest.mark.parametrize("reader", ["bob", "charlie", "mona", "ada"])
def test_nobody_sees_anothers_numbers_whatever_the_role(
    reader: str, request: pytest.FixtureRequest, alice: User, alice_client: Client
) -> None:
    send(alice, timezone.now(), opens=True, links=True, opened=True, clicked=True)
    assert "1 of 1 tracked" in alice_client.get("/insights/").content.decode()
    other = request.getfixturevalue(reader)
    assert insights.mail_numbers(other, timezone.now()).total.sent == 0
    client = Client()
    client.force_login(other)
    page = client.get("/insights/").content.decode()
    assert "No mail sent yet" in page
    assert "1 of 1" not in page


def test_deals_by_stage_are_those_one_sees(alice: User, charlie: User, alice_client: Client) -> None:
    stages = list(pipeline.default_pipeline().stages.all())
    Deal.objects.create(owner=alice, title="a", stage=stages[0], value=100)
    Deal.objects.create(owner=alice, title="b", stage=stages[0], value=50, currency="USD")
    Deal.objects.create(owner=alice, title="c", stage=stages[1])
    Deal.objects.create(owner=charlie, title="hidden", stage=stages[1], value=999)
    first, second, *_rest = insights.stage_numbers(alice, stages[0].pipeline)
    assert (first.count, first.sum, first.share) == (2, "€100 + $50", 100)
    assert (second.count, second.sum, second.share) == (1, "", 50)
    assert "€999" not in alice_client.get("/insights/").content.decode()


def test_won_and_lost_of_the_last_ninety_days(alice: User) -> None:
    stage = pipeline.default_pipeline().stages.all()[0]
    for status, days in ((Deal.Status.WON, 1), (Deal.Status.WON, 80), (Deal.Status.LOST, 5), (Deal.Status.WON, 91)):
        Deal.objects.create(owner=alice, title="x", stage=stage, value=100, status=status, closed_at=NOW - timedelta(days=days))
    closed = insights.closed_numbers(alice, NOW)
    assert (closed.won, closed.lost, closed.win_rate, closed.won_sum) == (2, 1, 67, "€200")
