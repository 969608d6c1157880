"""The quick way into both databases: events in one go, counters by one statement. The caller holds the transaction.

The statements are put together from the names below alone; every value is a parameter.
"""
# ruff: noqa: S608

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from math import inf
from typing import Any

from django.db import connection

from tracking.arrivals import Arrival
from tracking.gathering import known_address
from tracking.hits import OPEN
from tracking.verdicts import RULES_VERSION, Verdict

COLUMNS = (
    "hit_id, mail_id, copy_id, link_id, kind, at, method, user_agent, address, headers, viewer_id, "
    "is_own_network, verdict, reasons, rules_version, counts, is_settled, look_again_at, address_due_at"
)
ADDED_COLUMNS = ("open_count", "first_opened_at", "last_opened_at", "loaded_count", "first_loaded_at", "last_loaded_at")
CHANGED_COLUMNS = ("verdict", "reasons", "rules_version", "counts", "is_settled", "look_again_at")


class Tally:
    """How often something happened, and when first and last, in seconds since 1970."""

    __slots__ = ("count", "first", "last")

    def __init__(self) -> None:
        self.count, self.first, self.last = 0, inf, -inf

    def add(self, at: float) -> None:
        self.count += 1
        self.first = at if at < self.first else self.first
        self.last = at if at > self.last else self.last

    @property
    def columns(self) -> tuple[int, datetime | None, datetime | None]:
        if not self.count:
            return 0, None, None
        return self.count, datetime.fromtimestamp(self.first, UTC), datetime.fromtimestamp(self.last, UTC)


def insert_events(arrivals: list[Arrival]) -> int:
    """Insert the events, passing over hit ids that are known; returns how many went in."""
    if not arrivals:
        return 0
    rows = rows_of(arrivals)
    return _copy_in(rows) if connection.vendor == "postgresql" else _insert_many(rows)


def add_counts(arrivals: Iterable[Arrival]) -> None:
    """Raise the counters of mails by openings, and widen their first and last times; clicks are counted once they are settled."""
    opens: dict[int, Tally] = defaultdict(Tally)
    loads: dict[int, Tally] = defaultdict(Tally)
    for hit, _copy, mail_id, _link, _is_own, verdict, _reasons, counts, *_rest in arrivals:
        if counts:
            opens[mail_id].add(hit.at)
        elif hit.kind == OPEN and verdict is Verdict.UNKNOWN:
            loads[mail_id].add(hit.at)
    mails = [(pk, *opens[pk].columns, *loads[pk].columns) for pk in sorted({*opens, *loads})]
    _update("tracking_trackedmail", ADDED_COLUMNS, mails)


def update_events(changes: Iterable[tuple[int, tuple[Any, ...]]]) -> None:
    """Write what is thought of events now: primary keys with the values of CHANGED_COLUMNS."""
    rows = [[_adapted(value) for value in (verdict, _as_json(tuple(reasons)), *rest)] + [pk] for pk, (verdict, reasons, *rest) in changes]
    if rows:
        settings = ", ".join(f"{column} = %s" for column in CHANGED_COLUMNS)
        with connection.cursor() as cursor:
            cursor.executemany(f"UPDATE tracking_event SET {settings} WHERE id = %s", rows)


def rows_of(arrivals: Iterable[Arrival]) -> Iterator[tuple[Any, ...]]:
    """The values of COLUMNS, as the database takes them; times as Django would write them, only quicker."""
    moment = _text_moment if connection.vendor == "sqlite" else _moment
    for hit, copy_id, mail_id, link_id, is_own, verdict, reasons, counts, is_settled, again, due in arrivals:
        hit_id, kind, _public_id, _number, at, method, user_agent, address, headers, viewer_id = hit
        kept = json.dumps(headers) if headers else "{}"
        known = known_address(address)
        facts = (hit_id, mail_id, copy_id, link_id, kind, moment(at), method, user_agent, known, kept, viewer_id, is_own)
        later = None if again is None else moment(again), None if due is None or known is None else moment(due)
        yield *facts, verdict.value, _as_json(reasons), RULES_VERSION, counts, is_settled, *later


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def _text_moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(" ")[:-6]


@lru_cache(maxsize=256)
def _as_json(reasons: tuple[str, ...]) -> str:
    return json.dumps(reasons)


def _copy_in(rows: Iterable[tuple[Any, ...]]) -> int:
    with connection.cursor() as cursor:
        return _copy(cursor, rows)


def _copy(cursor: Any, rows: Iterable[tuple[Any, ...]]) -> int:
    cursor.execute(
        f"CREATE TEMP TABLE IF NOT EXISTS tracking_arriving ON COMMIT DELETE ROWS AS SELECT {COLUMNS} FROM tracking_event WITH NO DATA"
    )
    cursor.execute("DELETE FROM tracking_arriving")
    # Django wraps the errors of its own cursors' methods, and this is psycopg's
    with connection.wrap_database_errors, cursor.copy(f"COPY tracking_arriving ({COLUMNS}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    cursor.execute(f"INSERT INTO tracking_event ({COLUMNS}) SELECT {COLUMNS} FROM tracking_arriving ON CONFLICT (hit_id) DO NOTHING")
    inserted: int = cursor.rowcount
    return inserted


def _insert_many(rows: Iterable[tuple[Any, ...]]) -> int:
    """Straight through sqlite3: Django's cursor would hold every row in memory to look at the first."""
    places = ", ".join("?" * len(COLUMNS.split(", ")))
    connection.ensure_connection()
    with connection.wrap_database_errors:
        statement = f"INSERT INTO tracking_event ({COLUMNS}) VALUES ({places}) ON CONFLICT (hit_id) DO NOTHING"
        inserted: int = connection.connection.executemany(statement, rows).rowcount
    return inserted


def _update(table: str, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    """Add to the counts, lower the first times, raise the last ones; each row is a primary key and a value per column."""
    if not rows:
        return
    changes = ", ".join(f"{column} = {_merged(column)}" for column in columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            arrays = ", ".join(f"%s::{'timestamptz' if column.endswith('_at') else 'bigint'}[]" for column in ("pk", *columns))
            names = ", ".join(("pk", *columns))
            cursor.execute(
                f"UPDATE {table} AS old SET {changes} FROM unnest({arrays}) AS new ({names}) WHERE old.id = new.pk",
                [list(values) for values in zip(*rows, strict=True)],
            )
        else:
            names = ", ".join(f"%s AS {name}" for name in ("pk", *columns))
            adapted = [tuple(_adapted(value) for value in row) for row in rows]
            cursor.executemany(f"UPDATE {table} AS old SET {changes} FROM (SELECT {names}) AS new WHERE old.id = new.pk", adapted)


def _merged(column: str) -> str:
    if column.endswith("_count"):
        return f"old.{column} + new.{column}"
    if connection.vendor == "postgresql":  # where NULL is neither the least nor the greatest
        return f"{'LEAST' if column.startswith('first') else 'GREATEST'}(old.{column}, new.{column})"
    return f"COALESCE({'min' if column.startswith('first') else 'max'}(old.{column}, new.{column}), old.{column}, new.{column})"


def _adapted(value: Any) -> Any:
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value
