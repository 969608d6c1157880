"""`manage.py reclassify`: stored facts judged by today's rules."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from notifications.models import Card
from tracking import counting, reclassifying, rejudging, telling
from tracking.instrument import mark_dispatched
from tracking.models import Copy, Event, Preferences, TrackedMail
from tracking.tests.seen import NOON, copy_of, hit, link_of
from tracking.verdicts import RULES_VERSION

BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
AS_PERSONS: dict[str, Any] = {"address": "203.0.113.9", "user_agent": BROWSER, "rules_version": 0}


@pytest.fixture
def boris(mail: TrackedMail) -> Copy:
    Preferences.objects.update_or_create(user=mail.owner, defaults={"open_tracking": True, "link_tracking": True, "notify_activity": True})
    copy = copy_of(mail, "Boris Petrov")
    mark_dispatched(copy=copy, at=NOON - timedelta(minutes=1))
    return copy


@pytest.fixture
def scanned(boris: Copy) -> Copy:
    """What older rules took for a person who opened once and followed three links at once."""
    hit(boris, NOON + timedelta(hours=5), **AS_PERSONS)
    for number in range(3):
        hit(boris, NOON + timedelta(seconds=number / 4), link=link_of(boris.mail, f"Page {number}", number), **AS_PERSONS)
    counting.recount([boris.mail_id])
    telling.tell([boris.mail_id], counted=[boris.mail_id], now=NOON)
    return boris


def reclassify(**options: bool) -> str:
    output = StringIO()
    call_command("reclassify", stdout=output, **options)
    return output.getvalue()


def test_it_says_what_changed_and_corrects_counters_card_and_icon(alice_client: Client, mail, scanned):
    assert Card.objects.get().detail == "Opened once · Links followed 3 times"
    said = reclassify()

    assert said == (f"4 hits judged by rules {RULES_VERSION}.\n  human → machine: 3\n1 mail shows something else.\n")
    mail.refresh_from_db()
    assert (mail.open_count, mail.click_count, mail.first_clicked_at) == (1, 0, None)
    card = Card.objects.get()
    assert (card.title, card.detail) == ("Boris Petrov’s copy of “Proposal for Q1” was opened", "Opened once")
    html = alice_client.get(reverse("tracking:icons", args=[mail.pk])).content.decode()
    assert html.count("is-seen") == 1
    assert set(Event.objects.values_list("rules_version", flat=True)) == {RULES_VERSION}


def test_a_second_run_has_nothing_to_do_and_one_over_everything_changes_nothing(scanned):
    reclassify()
    assert reclassify() == f"0 hits judged by rules {RULES_VERSION}.\nNothing changes for anybody.\n"
    assert reclassify(all=True) == f"4 hits judged by rules {RULES_VERSION}.\nNothing changes for anybody.\n"


def test_a_trial_writes_nothing(mail, scanned):
    before = list(Event.objects.order_by("pk").values()), list(Card.objects.values())
    said = reclassify(dry_run=True)

    assert "human → machine: 3" in said
    assert "nothing was written" in said
    assert (list(Event.objects.order_by("pk").values()), list(Card.objects.values())) == before


def test_the_senders_own_word_stays(mail, scanned):
    opening = Event.objects.filter(kind="open")
    opening.update(correction="self", verdict="self", counts=False)
    reclassify()

    assert opening.values_list("verdict", "counts").get() == ("self", False)


def test_the_bell_does_not_ring_for_what_is_long_past(mail, boris):
    hit(boris, NOON + timedelta(hours=5), **{**AS_PERSONS, "verdict": "machine", "counts": False})
    reclassify()

    mail.refresh_from_db()
    assert mail.open_count == 1
    assert not Card.objects.unseen().exists()


def test_copies_with_many_hits_are_done_to_the_end_whatever_a_step_takes(mail, boris, monkeypatch):
    monkeypatch.setattr(rejudging, "AT_ONCE", 20)
    monkeypatch.setattr(rejudging, "AHEAD", 5)
    monkeypatch.setattr(reclassifying, "COPIES_AT_ONCE", 1)
    carla = copy_of(mail, "Carla Conti")
    mark_dispatched(copy=carla, at=NOON - timedelta(minutes=1))
    for number in range(70):
        hit(boris if number % 2 else carla, NOON + timedelta(minutes=10 * (number // 2)), **AS_PERSONS, verdict="machine", counts=False)
    said = reclassify()

    assert "machine → human: 70" in said
    assert "1 mail shows something else." in said
    mail.refresh_from_db()
    assert mail.open_count == 70
