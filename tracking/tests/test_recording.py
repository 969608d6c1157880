"""Hits become events, counters, timeline lines, cards and live events: once, whatever dies."""

import itertools
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from crm.records.models import Person, TimelineEntry
from notifications.models import Card, LiveEvent
from tracking import bulk, draining, hits, preferences, settling
from tracking.instrument import add_copy, track
from tracking.models import Copy, Event, SpoolFile, TrackedLink, TrackedMail
from tracking.spool import files
from tracking.tests.conftest import START
from tracking.verdicts import REASONS

readers = itertools.count(1)


def hit(copy: Copy, *, kind: str = "open", at: float = START, number: int = 0, method: str = "GET", **facts: object) -> hits.Hit:
    """A request by a mail program that no other test's hit has, unless said otherwise: one reading each."""
    values = {"user_agent": f"Thunderbird/{next(readers)}", "address": "203.0.113.9", "headers": {}, "viewer_id": None} | facts
    return hits.Hit(hits.new_id(), kind, copy.public_id, number, at, method, **values)  # type: ignore[arg-type]


def drain() -> int:
    return draining.drain(now=timezone.now())


def settle(at: float = START) -> None:
    """What is due eleven seconds after a click."""
    settling.settle(now=datetime.fromtimestamp(at + 11, UTC))


@pytest.fixture
def link(mail: TrackedMail) -> TrackedLink:
    return TrackedLink.objects.create(mail=mail, number=3, target="https://x.test/prices", text="Prices")


@pytest.fixture(autouse=True)
def own_spool(db: None, spool: Path) -> Path:
    return spool


def test_openings_are_counted_with_their_own_times(copy, mail):
    for seconds in (60, 0, 30):
        hits.keep(hit(copy, at=START + seconds))

    assert drain() == 3
    mail.refresh_from_db()
    assert (mail.open_count, mail.click_count) == (3, 0)
    assert mail.first_opened_at == datetime.fromtimestamp(START, UTC)
    assert mail.last_opened_at == datetime.fromtimestamp(START + 60, UTC)
    assert mail.first_clicked_at is None


def test_later_batches_add_up(copy, mail):
    hits.keep(hit(copy, at=START))
    drain()
    hits.keep(hit(copy, at=START + 9))
    hits.keep(hit(copy, at=START - 9))
    drain()
    mail.refresh_from_db()

    assert mail.open_count == 3
    assert mail.first_opened_at == datetime.fromtimestamp(START - 9, UTC)
    assert mail.last_opened_at == datetime.fromtimestamp(START + 9, UTC)


def test_a_click_counts_for_the_mail_and_its_link(copy, mail, link):
    hits.keep(hit(copy, kind="click", number=3))
    hits.keep(hit(copy, kind="click", number=9, at=START + 5))  # a link whose row is gone
    drain()
    settle(START + 5)
    mail.refresh_from_db()
    link.refresh_from_db()

    assert (mail.click_count, mail.open_count, link.click_count) == (2, 0, 1)
    assert link.first_clicked_at == link.last_clicked_at == datetime.fromtimestamp(START, UTC)
    assert list(Event.objects.order_by("pk").values_list("link", flat=True)) == [link.pk, None]


def test_the_facts_of_a_hit_are_kept(copy):
    kept = hit(copy, address="2001:db8::1", headers={"X-Moz": "x"}, viewer_id=5)
    hits.keep(kept)
    drain()
    event = Event.objects.get()

    assert event.hit_id.hex == kept.hit_id
    assert (event.kind, event.method, event.user_agent) == ("open", "GET", kept.user_agent)
    assert (event.address, event.headers, event.viewer_id) == ("2001:db8::1", {"X-Moz": "x"}, 5)
    assert (event.counts, event.verdict, event.reasons) == (True, "human", ["mail_app"])


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"method": "HEAD"}, "method"),
        ({"method": "POST"}, "method"),
        ({"headers": {"Sec-Purpose": "prefetch;prerender"}}, "prefetch"),
        ({"headers": {"Purpose": "Prefetch"}}, "prefetch"),
        ({"headers": {"X-Purpose": "preview"}}, "prefetch"),
        ({"headers": {"X-Moz": "prefetch"}}, "prefetch"),
    ],
)
def test_declared_machines_are_kept_and_do_not_count(copy, mail, facts, reason):
    hits.keep(hit(copy, **facts))
    drain()
    mail.refresh_from_db()
    event = Event.objects.get()

    assert (event.counts, event.verdict, event.reasons) == (False, "machine", [reason])
    assert (mail.open_count, mail.first_opened_at) == (0, None)
    assert reason in REASONS
    assert not LiveEvent.objects.exists()


def test_no_browser_of_ours_counts_and_that_of_a_stranger_does(copy, mail, alice, bob):
    for viewer_id in (alice.pk, bob.pk, None):
        hits.keep(hit(copy, viewer_id=viewer_id))
    drain()
    mail.refresh_from_db()

    assert mail.open_count == 1
    assert set(Event.objects.values_list("viewer_id", "verdict")) == {(alice.pk, "self"), (bob.pk, "self"), (None, "human")}


def test_hits_of_a_deleted_mail_are_dropped(copy, mail):
    hits.keep(hit(copy))
    mail.delete()

    assert drain() == 0
    assert not Event.objects.exists()


def test_a_hit_is_recorded_once_though_its_file_comes_back(copy, mail, spool):
    hits.keep(hit(copy))
    (path,) = files(spool)
    backup = path.read_bytes()
    drain()
    hits.release()
    drain()
    assert files(spool) == []
    (spool / "restored.hits").write_bytes(backup + backup)
    hits.keep(hit(copy))

    assert drain() == 1
    mail.refresh_from_db()
    assert mail.open_count == 2
    assert LiveEvent.objects.filter(name="tracking").count() == 2


def test_torn_and_foreign_lines_are_passed_over(copy, spool, caplog):
    good = hits.encode((hits.VERSION, *hit(copy))).encode()
    bad = [good[:40], b"\xff\x00", b"[]", b"{}", b"null", b'[9,"x"]', b"[" * 5000, good.replace(b'"open"', b'"shut"')]
    bad += [good.replace(b"{}", header) for header in (b'{"Purpose":1}', b'{"Purpose":["prefetch"]}', b'{"Purpose":null}')]
    bad += [good.replace(str(copy.public_id).encode(), number) for number in (b"-1", b"9" * 30, b"9" * 5000)]
    bad += [good.replace(str(START).encode(), at) for at in (b"NaN", b"-1.0", b"1e99")]
    bad += [good.replace(b'"GET"', b"7")]
    spool.mkdir()
    (spool / "torn.hits").write_bytes(b"\n" + b"\n\n".join([*bad, good]) + b"\n" + good[:30])

    assert drain() == 1
    assert files(spool) == []
    assert "18 unreadable lines" in caplog.text


def test_a_hit_that_the_database_refuses_holds_up_no_other_and_is_not_quoted(copy, mail, spool, caplog):
    oversized = hit(copy, user_agent="Curious/" + "9" * 600)
    for one in (hit(copy), oversized, hit(copy)):
        hits.keep(one)

    assert drain() == (2 if connection.vendor == "postgresql" else 3)  # SQLite takes texts of any length
    assert "Curious" not in caplog.text
    mail.refresh_from_db()
    assert mail.open_count >= 2


def test_text_that_a_database_refuses_is_made_harmless(copy):
    hits.keep(hit(copy, user_agent="a\0b\ud800" + "x" * 400, address="fe80::1%eth0", headers={"X-Moz": "\0"}))

    assert drain() == 1
    event = Event.objects.get()
    assert event.user_agent.startswith("ab?xx")
    assert event.address == "fe80::1"


def test_a_file_in_use_stays_and_is_read_on_from_where_it_was_left(copy, spool):
    hits.keep(hit(copy))
    drain()
    (path,) = files(spool)

    assert SpoolFile.objects.get().offset == path.stat().st_size
    assert hits.waiting_bytes() == 0
    hits.keep(hit(copy))
    assert hits.waiting_bytes() > 100
    assert drain() == 1


def test_a_file_that_was_let_go_is_deleted_once_recorded(copy, spool):
    hits.keep(hit(copy))
    hits.release()

    assert drain() == 1
    assert files(spool) == []
    assert not SpoolFile.objects.exists()


def test_large_backlogs_go_in_several_batches(copy, mail, monkeypatch, spool):
    monkeypatch.setattr(draining, "BATCH_BYTES", 2000)
    for number in range(50):
        hits.keep(hit(copy, at=START + number))

    assert drain() == 50
    mail.refresh_from_db()
    assert mail.open_count == 50


def test_old_drafts_and_offsets_are_swept(spool):
    spool.mkdir()
    draft = spool / ".dead.hits"
    draft.touch()
    os.utime(draft, (time.time() - 7200, time.time() - 7200))
    SpoolFile.objects.create(name="gone.hits", offset=9, updated_at=timezone.now() - timedelta(days=2))
    drain()

    assert not draft.exists()
    assert not SpoolFile.objects.exists()


def test_a_fault_before_the_commit_leaves_everything_to_the_next_try(copy, mail, alice, monkeypatch):
    preferences.update(user=alice, open_tracking=True, link_tracking=True, notify_activity=True)
    hits.keep(hit(copy))
    with monkeypatch.context() as context:
        context.setattr(bulk, "add_counts", lambda counted: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            drain()
    assert (Event.objects.count(), Card.objects.count(), SpoolFile.objects.count()) == (0, 0, 0)

    assert drain() == 1
    assert Card.objects.get().count == 1


def test_the_owner_gets_one_card_a_mail_that_grows(copy, mail, alice, link):
    preferences.update(user=alice, open_tracking=True, link_tracking=True, notify_activity=True)
    hits.keep(hit(copy))
    drain()
    card = Card.objects.get()
    assert (card.user, card.kind, card.title, card.detail) == (alice, "opened", "Someone opened “Proposal for Q1”", "Opened once")
    assert card.url == mail.url

    hits.keep(hit(copy))
    hits.keep(hit(copy))
    drain()
    card = Card.objects.get()
    assert (card.count, card.detail) == (3, "Opened 3 times")

    hits.keep(hit(copy, kind="click", number=3, at=START + 500))
    drain()
    card = Card.objects.get()
    assert (card.kind, card.detail) == ("opened", "Opened 3 times · 1 link being checked")
    settle(START + 500)
    card = Card.objects.get()
    assert (card.kind, card.title) == ("clicked", "Someone followed “Prices” in “Proposal for Q1”")
    assert (card.count, card.detail) == (4, "Opened 3 times · One link followed")


def test_without_the_option_there_is_no_card_but_open_tabs_still_learn(copy, mail, alice):
    hits.keep(hit(copy))
    hits.keep(hit(copy))
    drain()

    assert not Card.objects.exists()
    event = LiveEvent.objects.get()
    assert (event.user, event.name, event.payload) == (alice, "tracking", {"mail": mail.pk})


def test_the_owners_language_is_spoken(copy, alice):
    alice.language = "ru"
    alice.save()
    preferences.update(user=alice, open_tracking=True, link_tracking=True, notify_activity=True)
    hits.keep(hit(copy))
    drain()

    assert "Proposal for Q1" in Card.objects.get().title


def test_a_persons_own_copy_leaves_lines_for_the_owner_only(alice, mail, link):
    person = Person.objects.create(owner=alice, name="Boris")
    copy = add_copy(mail=mail, person=person)
    hits.keep(hit(copy))
    hits.keep(hit(copy, at=START + 5))
    hits.keep(hit(copy, kind="click", number=3))
    drain()
    settle()

    lines = TimelineEntry.objects.filter(person=person)
    assert {line.text for line in lines} == {"“Proposal for Q1” was opened 2 times", "“Prices” in “Proposal for Q1” was followed"}
    assert {line.only_for for line in lines} == {alice}


def test_a_shared_copy_leaves_no_line(copy):
    hits.keep(hit(copy))
    drain()

    assert not TimelineEntry.objects.exists()


@pytest.mark.parametrize("other", ["bob", "charlie", "mona", "ada"])
def test_nobody_but_the_owner_learns_of_it(request, alice, mail, other):
    someone = request.getfixturevalue(other)
    preferences.update(user=alice, open_tracking=True, link_tracking=True, notify_activity=True)
    preferences.update(user=someone, open_tracking=True, link_tracking=True, notify_activity=True)
    hits.keep(hit(add_copy(mail=mail, person=Person.objects.create(owner=alice, name="Boris"))))
    drain()

    assert not TimelineEntry.objects.visible_to(someone).exists()
    assert not Card.objects.visible_to(someone).exists()
    assert not LiveEvent.objects.filter(user=someone).exists()
    assert not TrackedMail.objects.visible_to(someone).exists()
    client = Client()
    client.force_login(someone)
    assert client.get(f"/tracking/{mail.pk}/icons/").status_code == 404


def test_many_mails_in_one_batch(alice):
    mails = [track(owner=alice, subject=str(n), url="/", tracks_opens=True, tracks_links=True, now=timezone.now()) for n in range(20)]
    for mail in mails:
        copy = add_copy(mail=mail)
        hits.keep(hit(copy))
        hits.keep(hit(copy, at=START + 1))

    assert drain() == 40
    assert set(TrackedMail.objects.values_list("open_count", flat=True)) == {2}
    assert connection.vendor in ("sqlite", "postgresql")
