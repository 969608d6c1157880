"""What is kept of the address that a hit came from, and for how long; a verdict does not get worse by that."""

from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from crm.consent.models import Rule
from tracking import gathering, hits, keeping, minimising, recording, rejudging, settling, tasks
from tracking.correcting import correct
from tracking.hits import CLICK, OPEN, Hit, new_id
from tracking.instrument import mark_returned
from tracking.models import Copy, Event, TrackedMail
from tracking.ourselves import OurSide
from tracking.tests.promised import drain, opens, sent
from tracking.tests.seen import NOON, link_of
from tracking.verdicts import RULES_VERSION

BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
V4, V6 = "203.0.113.77", "2001:db8:aaaa:bbbb:cccc::1"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOTHING, NETWORK, FULL = Rule.Kept.NOTHING, Rule.Kept.NETWORK, Rule.Kept.FULL


def arrives(copy: Copy, seconds: float = 0, address: str = V4, kind: str = OPEN, number: int = 0, program: str = BROWSER) -> Event:
    """A hit so long after NOON, recorded and settled."""
    at = NOON + timedelta(seconds=seconds)
    one = Hit(new_id(), kind, copy.public_id, number, at.timestamp(), "GET", program, address, {}, None)
    recording.record([one], now=at)
    return Event.objects.get(hit_id=one.hit_id)


def copy_that_keeps(mail: TrackedMail, kept: int, days: int | None = None, name: str = "Boris Petrov") -> Copy:
    return sent(mail, NOON - timedelta(minutes=20), name=name, kept=kept, kept_days=days)


def after(passed: timedelta) -> list[tuple[str | None, datetime | None]]:
    """The addresses that are there so long after NOON, and until when."""
    minimising.minimise(now=NOON + passed)
    return list(Event.objects.order_by("at", "pk").values_list("address", "address_due_at"))


def reclassify(**options: Any) -> str:
    output = StringIO()
    call_command("reclassify", stdout=output, **options)
    return output.getvalue()


@pytest.mark.parametrize(
    ("kept", "days", "due", "at_first", "rest", "until"),
    [
        (NOTHING, None, HOUR, HOUR, None, None),
        (NOTHING, 7, HOUR, HOUR, None, None),
        (NETWORK, None, HOUR, HOUR, "203.0.113.0", None),
        (NETWORK, 7, HOUR, HOUR, "203.0.113.0", 7 * DAY),
        (NETWORK, 7, HOUR, 7 * DAY, None, None),
        (FULL, 7, 7 * DAY, 6 * DAY, V4, 7 * DAY),
        (FULL, 7, 7 * DAY, 7 * DAY, None, None),
        (FULL, None, None, 3650 * DAY, V4, None),
    ],
)
def test_addresses_are_cut_and_dropped_as_their_copy_promised(mail, kept, days, due, at_first, rest, until):
    event = arrives(copy_that_keeps(mail, kept, days))

    assert event.address_due_at == (NOON + due if due else None)
    assert after(HOUR - timedelta(seconds=1)) == [(V4, event.address_due_at)]
    assert after(at_first) == [(rest, NOON + until if until else None)]


def test_a_cut_address_is_dropped_when_its_days_are_over(mail):
    arrives(copy_that_keeps(mail, NETWORK, 7), address=V6)

    assert after(2 * HOUR) == [("2001:db8:aaaa::", NOON + 7 * DAY)]
    assert after(7 * DAY) == [(None, None)]


@pytest.mark.parametrize(
    ("address", "network"),
    [
        (V4, "203.0.113.0"),
        (V6, "2001:db8:aaaa::"),
        ("::ffff:203.0.113.77", "203.0.113.0"),
        ("2002:cb00:714d::1", "2002:cb00:7100::"),  # which carries 203.0.113.77
        ("fe80::1%eth0", "fe80::"),
        ("nobody", ""),
        ("", ""),
    ],
)
def test_what_is_left_of_an_address(address, network):
    assert keeping.network(address) == network


def test_a_hit_without_an_address_is_never_due(mail):
    assert arrives(copy_that_keeps(mail, NOTHING), address="unix:").address_due_at is None


def test_very_many_are_done_in_several_runs_and_another_has_nothing_to_do(mail, monkeypatch):
    monkeypatch.setattr(minimising, "AT_ONCE", 3)
    copy = copy_that_keeps(mail, NETWORK)
    for number in range(10):
        arrives(copy, number * 400, f"203.0.{number}.5")

    monkeypatch.setattr(minimising, "STEPS", 2)
    assert minimising.minimise(now=NOON + 3 * HOUR) == 6
    assert minimising.minimise(now=NOON + 3 * HOUR) == 4
    assert minimising.minimise(now=NOON + 3 * HOUR) == 0
    assert {address for address, _due in after(HOUR)} == {f"203.0.{number}.0" for number in range(10)}


@pytest.mark.parametrize("kept", [NOTHING, NETWORK])
def test_reclassifying_leaves_what_it_cannot_judge_and_says_how_much(mail, kept):
    boris = copy_that_keeps(mail, kept)
    elsewhere = "66.249.84.12"  # Google's: from the /24 or from nowhere this would be another story
    opened = arrives(boris, 700, elsewhere, program=GMAIL)
    Copy.objects.update(dispatched_at=NOON - 2 * DAY)
    forged = arrives(boris, 2000, "40.94.1.1", program=GMAIL)
    whole = arrives(copy_that_keeps(mail, FULL, 90, name="Carla Conti"), 3000)
    before = list(Event.objects.order_by("pk").values("verdict", "reasons", "counts"))
    assert (opened.verdict, forged.verdict, whole.verdict) == ("proxy_with_human", "unknown", "human")
    after(2 * HOUR)
    Event.objects.update(rules_version=0)
    said = reclassify()

    assert list(Event.objects.order_by("pk").values("verdict", "reasons", "counts")) == before
    assert "2 hits keep their verdict" in said
    assert "Nothing changes for anybody." in said
    assert list(Event.objects.order_by("pk").values_list("rules_version", flat=True)) == [0, 0, RULES_VERSION]
    mail.refresh_from_db()
    assert (mail.open_count, mail.loaded_count) == (2, 1)


def test_hits_beside_a_cut_one_stay_what_they_were(mail):
    """A burst is one source's: once a part of it has lost its address, the rest would look like somebody else's."""
    boris = copy_that_keeps(mail, NOTHING)
    for number in range(3):
        link_of(mail, f"Page {number}", number)
    for number in range(3):
        arrives(boris, number / 4, kind=CLICK, number=number)
    last = arrives(boris, 200)
    settling.settle(now=NOON + HOUR / 2)
    assert set(Event.objects.values_list("verdict", flat=True)) == {"machine"}
    after(HOUR)  # the burst's are gone, that of the opening is not
    last.refresh_from_db()
    assert last.address == V4
    Event.objects.update(rules_version=0)
    outcome = rejudging.Outcome()
    copy = gathering.copies(pk=boris.pk)[boris.pk]
    rejudging.rejudge(copy, NOON, OurSide.load({mail.owner_id}, now=NOON), now=NOON + HOUR, outcome=outcome)

    assert set(Event.objects.values_list("verdict", flat=True)) == {"machine"}
    assert len(outcome.left) == 4


def test_a_source_that_came_to_many_stays_a_machine_when_the_others_addresses_are_gone(mail):
    link_of(mail, "Page", 0)
    boris = copy_that_keeps(mail, FULL)
    for name in ("Carla Conti", "Dora Dahl", "Emil Ek"):
        arrives(copy_that_keeps(mail, NOTHING, name=name), kind=CLICK)
    event = arrives(boris, 1, kind=CLICK)
    assert (event.verdict, event.reasons) == ("machine", ["many_recipients"])
    after(2 * HOUR)
    reclassify(all=True)

    event.refresh_from_db()
    assert (event.address, event.verdict) == (V4, "machine")


def test_a_click_that_waited_so_long_that_its_address_is_gone_is_settled_as_it_was_judged(mail):
    link_of(mail, "Page", 0)
    event = arrives(copy_that_keeps(mail, NOTHING), 0, "40.94.1.1", kind=CLICK)  # Microsoft's, later than its checks come
    assert (event.verdict, event.is_settled) == ("unknown", False)
    person = arrives(copy_that_keeps(mail, NOTHING, name="Carla Conti"), 1, kind=CLICK)
    after(2 * HOUR)
    settling.settle(now=NOON + 2 * HOUR)

    event.refresh_from_db()
    person.refresh_from_db()
    assert (event.verdict, event.is_settled) == ("unknown", True)
    assert (person.verdict, person.counts, person.is_settled, person.look_again_at) == ("human", True, True, None)
    mail.refresh_from_db()
    assert mail.click_count == 1


def test_a_mail_that_comes_back_is_the_senders_own_whatever_is_left_of_addresses(mail):
    boris = copy_that_keeps(mail, NOTHING)
    event = arrives(boris)
    after(2 * HOUR)
    mark_returned(copy=boris, at=NOON + 3 * HOUR)
    settling.settle(now=NOON + 3 * HOUR)

    event.refresh_from_db()
    assert (event.verdict, event.reasons, event.counts) == ("self", ["returned"], False)


@pytest.mark.parametrize("program", [BROWSER, GMAIL])
def test_what_the_sender_said_and_took_back_leaves_the_verdict_of_before(mail, program):
    at = "66.249.84.12" if program == GMAIL else V4
    event = arrives(copy_that_keeps(mail, NOTHING), address=at, program=program)
    before = event.verdict, event.reasons, event.counts
    assert event.counts
    after(2 * HOUR)

    correct(event, verdict="self", now=NOON + 3 * HOUR)
    event.refresh_from_db()
    assert (event.verdict, event.counts) == ("self", False)
    correct(event, verdict="", now=NOON + 3 * HOUR)
    event.refresh_from_db()
    assert (event.verdict, event.reasons, event.counts) == before
    mail.refresh_from_db()
    assert mail.open_count == 1


def test_an_undecided_hit_does_not_become_a_persons_by_being_corrected_and_taken_back(mail):
    event = arrives(copy_that_keeps(mail, NOTHING), address="40.94.1.1", program=GMAIL)  # by its name Google's, by its address not
    assert event.verdict == "unknown"
    after(2 * HOUR)
    correct(event, verdict="machine", now=NOON + 3 * HOUR)
    event.refresh_from_db()
    correct(event, verdict="", now=NOON + 3 * HOUR)

    event.refresh_from_db()
    assert (event.verdict, event.counts) == ("unknown", False)


def test_after_the_hour_no_full_address_is_in_the_database_the_spool_or_the_log(mail, spool, caplog, alice_client):
    """Through every place where a hit leaves something."""
    for name, kept in (("Boris Petrov", NOTHING), ("Carla Conti", NETWORK), ("Dora Dahl", FULL)):
        copy = sent(mail, timezone.now() - HOUR, name=name, kept=kept, kept_days=30, is_coarse=name.startswith("Dora"))
        for address in (V4, V6):
            opens(copy, address=address)
    drain()
    hits.release()
    drain()
    settling.settle(now=timezone.now() + HOUR / 2)
    minimising.minimise(now=timezone.now() + 2 * HOUR)
    alice_client.get(reverse("tracking:hit_list", args=[mail.pk]))

    assert Event.objects.count() == 4
    kept_anywhere = dump() + caplog.text + "".join(path.read_text() for path in spool.glob("**/*") if path.is_file())
    assert V4 not in kept_anywhere
    assert V6 not in kept_anywhere
    assert "203.0.113.0" in kept_anywhere


def test_the_worker_does_it_by_itself_and_settles_before(mail, settings):
    link_of(mail, "Page", 0)
    at = timezone.now() - 2 * HOUR
    copy = sent(mail, at - HOUR, kept=NOTHING)
    recording.record([Hit(new_id(), CLICK, copy.public_id, 0, at.timestamp(), "GET", BROWSER, V4, {}, None)], now=at)
    event = Event.objects.get()
    assert (event.address, event.is_settled) == (V4, False)
    tasks.minimise_addresses()

    event.refresh_from_db()
    assert (event.address, event.counts, event.look_again_at) == (None, True, None)
    assert "tracking.tasks.minimise_addresses" in {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}


def dump() -> str:
    """All rows of all tables that outlive a transaction."""
    rows = []
    with connection.cursor() as cursor:
        for table in connection.introspection.django_table_names(only_existing=True):
            cursor.execute(f'SELECT * FROM "{table}"')
            rows += cursor.fetchall()
    return repr(rows)
