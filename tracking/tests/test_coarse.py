"""Coarse copies: only the day of the last opening is kept, and the one before is overwritten."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from crm.records.models import TimelineEntry
from notifications.models import Card, LiveEvent
from tracking import ladder, recording
from tracking.hits import CLICK, OPEN, Hit, new_id
from tracking.instrument import mark_returned
from tracking.models import Copy, Event, Preferences, TrackedMail
from tracking.tests.conftest import START
from tracking.tests.promised import THUNDERBIRD, drain, opens, sent
from tracking.tests.seen import hit
from tracking.tests.test_icons import button, cards

FIRST_DAY = datetime.fromtimestamp(START, UTC).date()


@pytest.fixture
def boris(mail: TrackedMail) -> Copy:
    """A coarse copy; Alice is told of whatever is told."""
    Preferences.objects.update_or_create(user=mail.owner, defaults={"open_tracking": True, "link_tracking": True, "notify_activity": True})
    return sent(mail, datetime.fromtimestamp(START - 3600, UTC), is_coarse=True)


def arrives(copy: Copy, *, days: float = 0, program: str = THUNDERBIRD, kind: str = OPEN, method: str = "GET") -> None:
    at = START + days * 86_400
    one = Hit(new_id(), kind, copy.public_id, 0, at, method, program, "203.0.113.9", {}, None)
    recording.record([one], now=datetime.fromtimestamp(at, UTC))


def kept(copy: Copy) -> tuple[date | None, date | None]:
    copy.refresh_from_db()
    copy.mail.refresh_from_db()
    return copy.last_open_on, copy.mail.last_open_on


def test_nothing_is_kept_but_the_day_which_the_next_one_overwrites(mail, boris):
    arrives(boris)
    assert kept(boris) == (FIRST_DAY, FIRST_DAY)
    arrives(boris, days=3)
    arrives(boris, days=2)

    assert kept(boris) == (FIRST_DAY + timedelta(days=3),) * 2
    assert not Event.objects.exists()
    assert not Card.objects.exists()
    assert not TimelineEntry.objects.exists()
    assert (mail.open_count, mail.first_opened_at, mail.loaded_count) == (0, None, 0)


@pytest.mark.parametrize(
    "request_", [{"program": "curl/8.5.0"}, {"program": "Mozilla/5.0"}, {"method": "HEAD"}, {"kind": CLICK}, {"program": ""}]
)
def test_what_is_no_persons_opening_keeps_nothing(boris, request_):
    arrives(boris, **request_)

    assert kept(boris) == (None, None)
    assert not LiveEvent.objects.exists()


def test_the_day_is_that_of_utc(mail, alice):
    alice.timezone = "Pacific/Auckland"
    alice.save()
    copy = sent(mail, datetime(2026, 3, 1, tzinfo=UTC), is_coarse=True)
    at = datetime(2026, 3, 3, 23, 59, 59, tzinfo=UTC)
    recording.record([Hit(new_id(), OPEN, copy.public_id, 0, at.timestamp(), "GET", THUNDERBIRD, "203.0.113.9", {}, None)], now=at)

    assert kept(copy)[0] == date(2026, 3, 3)


def test_open_tabs_learn_of_a_new_day_once(boris, alice):
    arrives(boris)
    arrives(boris, days=0.001)

    told = LiveEvent.objects.get()
    assert (told.user, told.name, told.payload) == (alice, "tracking", {"mail": boris.mail_id})


def test_the_icon_is_opaque_and_card_and_details_name_the_day(alice_client, mail, boris):
    day = timezone.localdate().replace(month=3, day=3)
    Copy.objects.filter(pk=boris.pk).update(last_open_on=day)
    TrackedMail.objects.update(last_open_on=day)
    html = alice_client.get(reverse("tracking:hit_list", args=[mail.pk])).content.decode()

    assert button(alice_client, mail) == "is-seen: Opened on 3 March (only the day is kept)"
    assert "Boris Petrov’s copy Opened on 3 March (only the day is kept)" in cards(alice_client, mail)[0]
    assert re.search("Boris Petrov’s copy</strong> Opened on 3 March", html)
    assert "Nothing asked for its image" not in html
    assert button(alice_client, mail, "clicks") == ": Links are not tracked, as was decided at sending"


def test_beside_a_copy_that_is_tracked_in_full_each_says_what_is_known(alice_client, mail, boris):
    carla = sent(mail, datetime.fromtimestamp(START - 3600, UTC), name="Carla Conti")
    sent(mail, datetime.fromtimestamp(START - 3600, UTC), name="Dora Dahl", may_track=False, reason="refused")
    hit(carla)
    Copy.objects.filter(pk=boris.pk).update(last_open_on=date(2025, 3, 3))
    TrackedMail.objects.update(last_open_on=date(2025, 3, 3))

    assert button(alice_client, mail) == "is-seen: Opened once"
    assert re.search(r"Boris Petrov’s copy Opened on 3 March 2025 .*Dora Dahl’s copy not tracked: refused", cards(alice_client, mail)[0])


def test_where_nobody_is_tracked_the_icons_do_not_speak_of_blocked_images(alice_client, mail):
    sent(mail, datetime.fromtimestamp(START, UTC), may_track=False, reason="refused")

    assert button(alice_client, mail) == ": Not tracked, as was decided at sending"
    assert "blocked" not in cards(alice_client, mail)[0]


def test_it_is_found_among_the_opened(mail, boris):
    arrives(boris)

    assert TrackedMail.objects.filter(ladder.is_opened()).exists()
    assert not TrackedMail.objects.filter(ladder.is_loaded_only()).exists()


def test_a_copy_that_comes_back_was_not_opened(mail, boris):
    carla = sent(mail, datetime.fromtimestamp(START - 3600, UTC), name="Carla Conti", is_coarse=True)
    arrives(boris, days=2)
    arrives(carla, days=1)
    mark_returned(copy=boris, at=timezone.now())

    assert kept(boris) == (None, FIRST_DAY + timedelta(days=1))
    arrives(boris, days=4)  # the sender looks at the returned mail
    assert kept(boris) == (None, FIRST_DAY + timedelta(days=1))


def test_many_hits_take_as_many_queries_as_few(mail, boris, spool):
    counts = []
    for number in (1, 40):
        for _ in range(number):
            opens(boris)
        Copy.objects.update(last_open_on=None, dispatched_at=timezone.now() - timedelta(hours=1))
        with CaptureQueriesContext(connection) as queries:
            drain()
        counts.append(len(queries))
    assert counts[0] >= counts[1]
    assert kept(boris)[0] is not None
