"""A client that knows exactly which of its hits were answered."""

import contextlib
import socket
import threading
import time


class Client:
    """Threads that load a pixel again and again, each time under another User-Agent, over connections that are kept."""

    def __init__(self, port: int, path: str, wanted: int, threads: int = 8) -> None:
        self.address, self.path, self.wanted = ("127.0.0.1", port), path, wanted
        self.acknowledged: set[str] = set()
        self.threads = [threading.Thread(target=self._work, args=(number,), daemon=True) for number in range(threads)]

    def start(self) -> None:
        for thread in self.threads:
            thread.start()

    def wait_until(self, acknowledged: int, seconds: float = 60) -> None:
        """Wait for so many answers. Raises TimeoutError."""
        end = time.monotonic() + seconds
        while len(self.acknowledged) < acknowledged:
            if time.monotonic() > end:
                raise TimeoutError(f"Only {len(self.acknowledged)} of {acknowledged} hits were answered.")
            time.sleep(0.005)

    def _work(self, number: int) -> None:
        hit = 0
        while len(self.acknowledged) < self.wanted:
            with contextlib.suppress(OSError), socket.create_connection(self.address, timeout=5) as connection:
                while len(self.acknowledged) < self.wanted:
                    hit += 1
                    name = f"Thunderbird/bench-{number}-{hit}"  # a mail program's, so that each counts
                    ask(connection, self.path, name)
                    self.acknowledged.add(name)
            time.sleep(0.02)


def ask(connection: socket.socket, path: str, user_agent: str) -> None:
    """Load an image. Raises OSError unless it arrives whole."""
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: {user_agent}\r\n\r\n".encode())
    received = b""
    while not (received.startswith(b"HTTP/1.1 200") and received.endswith(b"\x00;") and b"\r\n\r\nGIF89a" in received):
        piece = connection.recv(4096)
        if not piece:
            raise OSError("The connection ended before the answer did.")
        received += piece
