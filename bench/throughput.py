"""Hits a second of pixel and redirect with recording, against the yardstick on the same server; rounds alternate."""

import re
import statistics
import subprocess
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from bench.processes import LOAD_CORE, SERVERS, Process, serve
from bench.world import PORT, World

ROUNDS, SECONDS, CONNECTIONS = 3, 2, 64
APPLICATIONS = {"WSGI": ("crm.wsgi:application", "bench.baseline:wsgi"), "ASGI": ("crm.asgi:application", "bench.baseline:asgi")}
GOALS = {"WSGI": 4.0, "ASGI": 3.0}


@dataclass
class Load:
    """Rounds of one address: answers a second, and microseconds of the server's processor time an answer."""

    rates: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)
    answers: int = 0

    @property
    def rate(self) -> float:
        return statistics.median(self.rates)

    @property
    def cost(self) -> float:
        return statistics.median(self.costs)


@dataclass
class Server:
    """A server twice: with the product and with the yardstick."""

    name: str
    ours: Process
    yardstick: Process
    port: int
    data: Path

    @property
    def interface(self) -> str:
        return self.name[-4:]

    def spooled(self) -> int:
        """Records on disk."""
        return sum(path.read_bytes().count(b'\n[1,"') for path in (self.data / "spool").glob("*.hits"))


def measure(world: World, pixel: str, link: str) -> tuple[list[list[str]], list[str]]:
    """Rows for the table and the goals that were missed."""
    servers = [_start(world, name, PORT + 1 + 2 * number) for number, name in enumerate(SERVERS)]
    try:
        loads: dict[tuple[str, str], Load] = defaultdict(Load)
        for _ in range(ROUNDS):
            for server in servers:
                _round(loads[server.name, "yardstick"], server.yardstick, server.port + 1, "/i/x.gif")
                _round(loads[server.name, "pixel"], server.ours, server.port, pixel)
                _round(loads[server.name, "redirect"], server.ours, server.port, link)
        return _rows(servers, loads)
    finally:
        for server in servers:
            server.ours.stop()
            server.yardstick.stop()


def _start(world: World, name: str, port: int) -> Server:
    ours, yardstick = APPLICATIONS[name[-4:]]
    data = world.folder / name.replace(", ", "-")
    data.mkdir()
    env = world.env | {"DATA_DIR": str(data)}
    return Server(name, serve(name, ours, port, env), serve(name, yardstick, port + 1, env), port, data)


def _round(load: Load, process: Process, port: int, path: str) -> None:
    before = process.cpu()
    command = ["taskset", "-c", LOAD_CORE, "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", f"http://127.0.0.1:{port}{path}"]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in told:
        raise RuntimeError(f"{path} was answered wrongly:\n{told}")
    answers = int(_number(r"(\d+) requests in", told)) or 1  # a machine this loaded measures nothing, but goes on
    load.rates.append(_number(r"Requests/sec:\s+([\d.]+)", told))
    load.costs.append((process.cpu() - before) / answers * 1e6)
    load.answers += answers


def _number(pattern: str, text: str) -> float:
    match = re.search(pattern, text)
    if not match:
        raise RuntimeError(f"wrk said something else:\n{text}")
    return float(match[1])


def _rows(servers: list[Server], loads: dict[tuple[str, str], Load]) -> tuple[list[list[str]], list[str]]:
    rows, missed = [], []
    for server in servers:
        base, goal = loads[server.name, "yardstick"], GOALS[server.interface]
        rows.append([server.name, "constant GIF, default middleware", f"{base.rate:,.0f}/s", f"{base.cost:.0f} µs", "1", ""])
        for kind in ("pixel", "redirect"):
            load = loads[server.name, kind]
            ratio, by_cost = load.rate / base.rate, base.cost / load.cost
            rows.append([server.name, f"{kind}, recorded", f"{load.rate:,.0f}/s", f"{load.cost:.0f} µs", f"{ratio:.1f}", f"{by_cost:.1f}"])
            if max(ratio, by_cost) < goal:
                missed.append(f"{server.name}: the {kind} reaches {ratio:.1f} times the yardstick; the goal is {goal:g}.")
        sent, kept = sum(loads[server.name, kind].answers for kind in ("pixel", "redirect")), server.spooled()
        if kept < sent:
            missed.append(f"{server.name}: {sent:,} hits were answered and {kept:,} are on disk.")
    return rows, missed
