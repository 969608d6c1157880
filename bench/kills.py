"""Hits lost, and hits counted twice, when web and worker are killed by SIGKILL under load."""

import time
from typing import Any

from bench.client import Client
from bench.processes import WORKER, Process, serve
from bench.world import PORT, World

HITS = 12_000
PATIENCE = 60  # seconds for the last hits to be recorded: the sweep comes every ten


def measure(world: World, pixel: str) -> tuple[list[list[str]], list[str]]:
    """Rows for the table and the goals that were missed."""
    web, worker = _web(world), Process(WORKER, world.env)
    client = Client(PORT, pixel, HITS)
    try:
        client.start()
        for number in range(1, 5):
            client.wait_until(number * HITS // 5)
            if number % 2:
                web.kill()
                web = _web(world)
            else:
                worker.kill()
                worker = Process(WORKER, world.env)
        client.wait_until(HITS)
        web.kill()
        return _rows(client.acknowledged, _wait_for_all(world))
    finally:
        web.kill()
        worker.kill()


def _web(world: World) -> Process:
    return serve("granian, WSGI", "crm.wsgi:application", PORT, world.env)


def _wait_for_all(world: World) -> dict[str, Any]:
    end = time.monotonic() + PATIENCE
    while True:
        told: dict[str, Any] = world.ask("recorded")
        if not told["waiting"] or time.monotonic() > end:
            return told
        time.sleep(1)


def _rows(acknowledged: set[str], told: dict[str, Any]) -> tuple[list[list[str]], list[str]]:
    agents: dict[str, int] = told["agents"]
    lost = len(acknowledged - agents.keys())
    twice = sum(count - 1 for count in agents.values())
    events = sum(agents.values())
    rows = [
        ["hits acknowledged", f"{len(acknowledged):,}"],
        ["recorded (some were kept and died unanswered)", f"{events:,}"],
        ["acknowledged and lost", str(lost)],
        ["recorded twice", str(twice)],
        ["counter of the mail, card of the feed", f"{told['opens']:,}, {told['cards']:,}"],
    ]
    exact = {events, told["opens"], told["cards"]}
    missed = [f"{lost} hits were lost, {twice} recorded twice."] if lost or twice else []
    return rows, missed + ([f"Events, counter and card differ: {sorted(exact)}."] if len(exact) > 1 else [])
