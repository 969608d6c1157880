"""`python -m bench` measures the hit path in one run, prints tables and tells which goals were missed (exit status 1)."""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import draining, kills, latency, lists, searching, throughput
from bench.world import World, new_folder

THROUGHPUT = (
    f"Hits a second, recorded on disk before the answer (medians of {throughput.ROUNDS} rounds of {throughput.SECONDS} s, "
    f"{throughput.CONNECTIONS} connections)",
    ["server", "answers", "rate", "processor", "× yardstick", "by processor time"],
)
KILLS = ("kill -9 of web and worker, twice each, under load", ["what", "hits"])
DRAINING = (
    f"Recording {draining.EVENTS:,} waiting hits upon {draining.MAILS} mails, each once, "
    f"against a raw insert\nof the very same ready-made rows into the same table in one transaction (SQLite: one executemany; "
    f"PostgreSQL: one COPY); best of {draining.ROUNDS}",
    ["database", "what", "recorded", "raw", "share", "by processor time"],
)
LATENCY = (f"From the hit to the bell, {latency.HITS} hits, embedded default", ["what", "median", "90 %", "worst"])
SEARCHING = (
    f"The search box among {searching.PEOPLE:,} people and {searching.OTHERS:,} deals, notes and activities each",
    ["database", "user: what was typed", "best", "median", "worst"],
)

LISTS = (
    f"A page of the list of people, seen by a whole team (SQLite; medians of {lists.ROUNDS} rounds)",
    ["page", f"{lists.FEW:,} people", f"{lists.MANY:,} people", "times"],
)


def main() -> int:
    """Run every part, or those named on the command line."""
    for tool in ("wrk", "taskset"):
        if not shutil.which(tool):
            sys.exit(f"`make bench` needs {tool}: on Debian, `apt install wrk util-linux`.")
    began, missed = time.monotonic(), []
    with tempfile.TemporaryDirectory(prefix="candor-bench-") as folder:
        base = Path(folder)
        world = World(new_folder(base, "world"))
        paths: dict[str, Any] = world.ask("prepare", mails=1)
        pixel, link, live, cookie = paths["pixels"][0], paths["links"][0], paths["live"], paths["cookie"]
        print(f"One core for the server, one for wrk, of {os.cpu_count()}; load average before {os.getloadavg()[0]:.1f}.")
        print("A loaded machine slows both sides of a ratio; the processor time of an answer is free of that.")
        parts: dict[str, tuple[tuple[str, list[str]], Callable[[], tuple[list[list[str]], list[str]]]]] = {
            "throughput": (THROUGHPUT, lambda: throughput.measure(world, pixel, link)),
            "kills": (KILLS, lambda: kills.measure(world, pixel)),
            "draining": (DRAINING, lambda: draining.measure(base)),
            "latency": (LATENCY, lambda: latency.measure(world, pixel, live, cookie)),
            "lists": (LISTS, lambda: lists.measure(base)),
            "searching": (SEARCHING, lambda: searching.measure(base)),
        }
        for name in sys.argv[1:] or parts:
            (title, head), run = parts[name]
            rows, faults = run()
            show(title, head, rows)
            missed += faults
    print(f"\n{time.monotonic() - began:.0f} s in all.")
    for fault in missed:
        print(f"MISSED  {fault}")
    return 1 if missed else 0


def show(title: str, head: list[str], rows: list[list[str]]) -> None:
    """Print a table."""
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    print(f"\n{title}")
    for row in [head, ["─" * width for width in widths], *rows]:
        print("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip())
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
