"""How a page of a list goes with a hundred times the people: its time against that of the same page of a short list."""

from pathlib import Path
from typing import Any

from bench.world import World, new_folder

FEW, MANY = 1_000, 100_000
ROUNDS = 5
MOST_TIMES = 10.0  # at a hundred times the people: rows are counted and sorted, a page is drawn once
MOST_SECONDS = 1.0


def measure(base: Path, database: str = "") -> tuple[list[list[str]], list[str]]:
    """Rows of a table, and what is slower than it may be. Each page is asked for as a user whose team sees all of it."""
    worlds: dict[int, dict[str, Any]] = {}
    for count in (FEW, MANY):
        world = World(new_folder(base, f"lists-{count}"), database)
        world.ask("fill_lists", people=count)
        worlds[count] = world.ask("time_lists", rounds=ROUNDS)
    rows, missed = [], []
    for name, few in worlds[FEW].items():
        many = worlds[MANY][name]
        ratio = many / few
        rows.append([name, f"{few * 1000:.0f} ms", f"{many * 1000:.0f} ms", f"{ratio:.1f}"])
        if ratio > MOST_TIMES or many > MOST_SECONDS:
            missed.append(f"lists: {name} takes {many * 1000:.0f} ms with {MANY:,} people, {ratio:.1f} times as long as with {FEW:,}")
    return rows, missed
