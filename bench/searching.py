"""How long the search box waits for its answer among 100,000 people, and what keeping the index costs, on both databases."""

import contextlib
import statistics
from pathlib import Path
from typing import Any

import psycopg

from bench.draining import postgres
from bench.world import World, new_folder

PEOPLE, OTHERS, ROUNDS, WRITTEN = 100_000, 50_000, 5, 20_000
GOAL = 100.0  # milliseconds of the least disturbed round of each question
WRITE_GOAL = 4  # times as long as without the index; a GIN index costs more than one of FTS5
SLOWEST = 5  # questions shown


def measure(base: Path) -> tuple[list[list[str]], list[str]]:
    """Rows for the table and the goals that were missed."""
    rows: list[list[str]] = []
    missed: list[str] = []
    for name, database in (("SQLite", contextlib.nullcontext("")), ("PostgreSQL", postgres())):
        try:
            with database as address:
                _measure(World(new_folder(base, "search"), address), name, rows, missed)
        except psycopg.OperationalError as error:
            rows.append([name, "skipped: no server", str(error).splitlines()[0][:60], "", ""])
    return rows, missed


def _measure(world: World, name: str, rows: list[list[str]], missed: list[str]) -> None:
    written: dict[str, Any] = world.ask("write", people=WRITTEN)
    ratio = written["with"] / written["without"]
    rows.append([name, f"inserting {WRITTEN:,} people with the index", f"{ratio:.2f} ×", "", ""])
    world.ask("fill", people=PEOPLE, others=OTHERS)
    told: dict[str, Any] = world.ask("ask", rounds=ROUNDS)
    best = {question: min(times) for question, times in told.items()}
    middle, worst = statistics.median(statistics.median(times) for times in told.values()), max(map(max, told.values()))
    rows.append([name, f"all {len(told)} questions", f"{statistics.median(best.values()):.0f} ms", f"{middle:.0f} ms", f"{worst:.0f} ms"])
    for question in sorted(best, key=lambda one: -best[one])[:SLOWEST]:
        times = told[question]
        rows.append([name, question, f"{best[question]:.0f} ms", f"{statistics.median(times):.0f} ms", f"{max(times):.0f} ms"])
    missed += [f"{name}: “{one}” takes {best[one]:.0f} ms; the goal is {GOAL:g}." for one in best if best[one] > GOAL]
    if ratio > WRITE_GOAL:
        missed.append(f"{name}: people are inserted {ratio:.1f} times as slowly with the index; the goal is {WRITE_GOAL:g}.")
