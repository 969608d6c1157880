"""From a hit to the bell: the embedded default's processes, a live stream as a browser opens it, hits one by one."""

import socket
import statistics
import time

from bench.client import ask
from bench.processes import WORKER, Process, serve
from bench.world import PORT, World

HITS = 20
GOAL = 1.0  # seconds, median
MISSING = 10.0


def measure(world: World, pixel: str, live: str, cookie: str) -> tuple[list[list[str]], list[str]]:
    """Rows for the table and the goals that were missed."""
    web, worker = serve("granian, ASGI", "crm.asgi:application", PORT, world.env), Process(WORKER, world.env)
    try:
        with _stream(live, cookie) as stream:
            waits = [_wait(stream, pixel, number) for number in range(HITS + 1)][1:]  # the first wakes everything up
    finally:
        web.stop()
        worker.kill()
    median, worst = statistics.median(waits), max(waits)
    row = [
        "hit to live event of the bell",
        f"{median * 1000:.0f} ms",
        f"{sorted(waits)[int(HITS * 0.9)] * 1000:.0f} ms",
        f"{worst * 1000:.0f} ms",
    ]
    return [row], [] if median < GOAL else [f"The bell rings after {median:.1f} s in the median; the goal is {GOAL:g} s."]


def _stream(live: str, cookie: str) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", PORT), timeout=MISSING)
    request = f"GET {live} HTTP/1.1\r\nHost: localhost:{PORT}\r\nCookie: {cookie}\r\nAccept: text/event-stream\r\n\r\n"
    connection.sendall(request.encode())
    if b" 200 " not in connection.recv(4096).split(b"\r\n", 1)[0]:
        raise RuntimeError("The live stream did not open.")
    return connection


def _wait(stream: socket.socket, pixel: str, number: int) -> float:
    time.sleep(0.6 + number * 0.037 % 0.5)  # neither in step with a poll nor with a wake-up
    with socket.create_connection(("127.0.0.1", PORT), timeout=5) as connection:
        began = time.perf_counter()
        ask(connection, pixel, f"Thunderbird/bench-latency-{number}")
    seen = b""
    while b'"card"' not in seen:
        seen += stream.recv(65536)
    return time.perf_counter() - began
