"""How fast waiting hits are recorded, as a share of a raw bulk insert of the same rows, on both databases."""

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from bench.world import World, new_folder

EVENTS, MAILS, ROUNDS = 20_000, 200, 7
POSTGRES = os.environ.get("TEST_POSTGRES_URL", "postgres://candor:candor@127.0.0.1:5432/candor")
GOAL = 0.3  # each hit is judged beside the others of its copy, too; without verdicts it was a half


def measure(base: Path) -> tuple[list[list[str]], list[str]]:
    """Rows for the table and the goals that were missed."""
    rows, missed = [], []
    for name, database in (("SQLite", contextlib.nullcontext("")), ("PostgreSQL", postgres())):
        try:
            with database as address:
                world = World(new_folder(base, "drain"), address)
                world.ask("prepare", mails=MAILS, notify=False)
                row, share = _row(world, name, "")
                rows += [row, _row(world, name, " and cards")[0]]
        except psycopg.OperationalError as error:
            rows.append([name, "skipped: no server", str(error).splitlines()[0][:60], "", "", ""])
            continue
        if share < GOAL:
            missed.append(f"{name}: recording reaches {share:.2f} of a raw insert; the goal is {GOAL:g}.")
    return rows, missed


def _row(world: World, name: str, more: str) -> tuple[list[str], float]:
    told: dict[str, Any] = world.ask("drain", events=EVENTS, rounds=ROUNDS, notify=bool(more))
    best = {kind: min(times) for kind, times in told.items()}  # the least disturbed round, on both sides
    share, cpu = best["raw"] / best["drained"], best["raw_cpu"] / best["drained_cpu"]
    by_cpu = f"{cpu:.2f}" if name == "SQLite" else "–"  # PostgreSQL works in processes of its own
    return [
        name,
        f"events, counters, live events{more}",
        f"{EVENTS / best['drained']:,.0f}/s",
        f"{EVENTS / best['raw']:,.0f}/s",
        f"{share:.2f}",
        by_cpu,
    ], share


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """A database of its own, dropped afterwards. Raises OperationalError when there is no server."""
    name = f"candor_bench_{secrets.token_hex(4)}"
    with psycopg.connect(_address("postgres"), autocommit=True, connect_timeout=3) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield _address(name)
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _address(database: str) -> str:
    return urlunsplit(urlsplit(POSTGRES)._replace(path=f"/{database}"))
