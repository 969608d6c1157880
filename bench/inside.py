"""What is done inside a measured installation: `python -m bench.inside <task> <json>` prints a JSON answer."""
# ruff: noqa: E402 - Django is set up before its models are imported

import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import django

django.setup()

from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bench import crowd
from bench.inside_lists import fill_lists, time_lists
from crm.accounts.models import User
from notifications.models import Card, LiveEvent
from tracking import arrivals, bulk, draining, hits, preferences, tokens
from tracking.instrument import add_copy, mark_dispatched, track
from tracking.models import Copy, Event, SpoolFile, TrackedLink, TrackedMail
from tracking.verdicts import Verdict

USER_AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Thunderbird/140.3.0"
TARGET = "https://example.com/prices?quarter=1&from=mail"


def prepare(mails: int, notify: bool = True) -> dict[str, Any]:
    """A user with tracked mails of one link each; answers their pixels' and links' paths and a signed-in cookie."""
    owner = User.objects.create_user("bench@example.com", "bench-password", name="Bench")
    preferences.update(user=owner, open_tracking=True, link_tracking=True, notify_activity=notify)
    pixels, links = [], []
    with transaction.atomic():
        for number in range(mails):
            mail = track(owner=owner, subject=f"Offer {number}", url="/", tracks_opens=True, tracks_links=True, now=timezone.now())
            copy = add_copy(mail=mail)
            mark_dispatched(copy=copy, at=timezone.now() - timedelta(days=1))
            TrackedLink.objects.create(mail=mail, number=0, target=TARGET, text="Prices")
            pixels.append(tokens.pixel_path(copy.public_id))
            links.append(tokens.link_path(copy.public_id, 0, TARGET))
    client = Client()
    client.force_login(owner)
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    return {"pixels": pixels, "links": links, "cookie": cookie, "live": reverse("notifications:live")}


def recorded() -> dict[str, Any]:
    """What the database knows by now."""
    agents = Counter(Event.objects.values_list("user_agent", flat=True))
    opens = sum(TrackedMail.objects.values_list("open_count", flat=True))
    waiting, lost = hits.waiting_bytes(), hits.lost_count()
    return {"agents": agents, "opens": opens, "cards": sum(Card.objects.values_list("count", flat=True)), "waiting": waiting, "lost": lost}


def drain(events: int, rounds: int, notify: bool) -> dict[str, Any]:
    """Time the recording of a full spool, and a raw bulk insert of the very same rows; seconds of each round, the first left out."""
    preferences.update(user=User.objects.get(), open_tracking=True, link_tracking=True, notify_activity=notify)
    told: dict[str, list[float]] = {"drained": [], "raw": [], "drained_cpu": [], "raw_cpu": []}
    for _ in range(rounds + 1):
        _fill_spool(events)
        _timed(told, "drained", lambda: draining.drain(now=timezone.now()))
        rows = _rows_of_the_table()
        assert len(rows) == events
        _empty_tables()
        _timed(told, "raw", partial(_raw_insert, rows))
        assert Event.objects.count() == events
        _empty_tables()
    return {name: times[1:] for name, times in told.items()}


def _timed(told: dict[str, list[float]], name: str, run: Callable[[], object]) -> None:
    began, cpu = time.perf_counter(), time.process_time()
    run()
    told[name].append(time.perf_counter() - began)
    told[f"{name}_cpu"].append(time.process_time() - cpu)


def _fill_spool(events: int) -> None:
    """Three openings to a click, spread over all copies."""
    ids = list(Copy.objects.values_list("public_id", flat=True))
    start = time.time() - events
    for number in range(events):
        kind = hits.CLICK if number % 4 == 3 else hits.OPEN
        public_id = ids[number * 7919 % len(ids)]
        hits.keep(hits.Hit(hits.new_id(), kind, public_id, 0, start + number, "GET", USER_AGENT, "203.0.113.9", {}, None))
    hits.release()


def _rows_of_the_table() -> list[tuple[Any, ...]]:
    """The recorded rows, ready to be inserted again: reading and converting them is not timed."""
    found = []
    for event in Event.objects.order_by("pk"):
        at, viewer = event.at.timestamp(), event.viewer_id
        hit = hits.Hit(event.hit_id.hex, event.kind, 0, 0, at, event.method, event.user_agent, event.address or "", {}, viewer)
        verdict, reasons, again = Verdict(event.verdict), tuple(event.reasons), event.look_again_at
        arrival = arrivals.Arrival(
            hit,
            event.copy_id,
            event.mail_id,
            event.link_id,
            event.is_own_network,
            verdict,
            reasons,
            event.counts,
            event.is_settled,
            again.timestamp() if again else None,
        )
        found.append(arrival)
    return list(bulk.rows_of(found))


def _raw_insert(rows: list[tuple[Any, ...]]) -> None:
    """SQLite: one executemany of INSERT; PostgreSQL: one COPY straight into the table; one transaction, nothing else."""
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY tracking_event ({bulk.COLUMNS}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            places = ", ".join(["%s"] * len(rows[0]))
            cursor.executemany(f"INSERT INTO tracking_event ({bulk.COLUMNS}) VALUES ({places})", rows)


def _empty_tables() -> None:
    for model in (Event, Card, LiveEvent, SpoolFile):
        model.objects.all().delete()


TASKS: dict[str, Callable[..., dict[str, Any]]] = {
    "prepare": prepare,
    "recorded": recorded,
    "drain": drain,
    "fill_lists": fill_lists,
    "time_lists": time_lists,
    **crowd.TASKS,
}

if __name__ == "__main__":
    print(json.dumps(TASKS[sys.argv[1]](**json.loads(sys.argv[2]))))
