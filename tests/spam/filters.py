"""SpamAssassin and rspamd as Debian ships them, on loopback and without a network: what do they hold against a mail?

Each is one process for many mails, since starting takes longer than judging: SpamAssassin reads from a pipe, rspamd answers
by HTTP.
"""

import contextlib
import json
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterable
from http.client import HTTPConnection
from pathlib import Path
from typing import Self

Points = dict[str, float]  # by rule
START_SECONDS = 60
SCRIPT = Path(__file__).with_name("spamassassin.pl")
CONFIG = """
.include "$CONFDIR/common.conf"
options {{
    .include "$CONFDIR/options.inc"
    pidfile = "$RUNDIR/rspamd.pid";
    control_socket = "$RUNDIR/rspamd.sock mode=0600";
}}
options {{
    dns {{ nameserver = ["127.0.0.1:1"]; timeout = 0.1s; retransmits = 1; }}  # nobody answers there
    url_tld = "$DBDIR/endings";  # the whole list takes ten seconds to compile, for the same verdicts
    disable_hyperscan = true;
}}
logging {{ type = "console"; level = "warning"; }}
worker "normal" {{ bind_socket = "127.0.0.1:{port}"; mime = true; count = 1; }}
"""
ENDINGS = "com\nnet\norg\n"  # under which all hosts of the letters are
ASK_THE_NETWORK = ("arc", "asn", "dkim", "dmarc", "fuzzy_check", "rbl", "rspamd_update", "spf", "surbl")
LOCAL = dict.fromkeys(ASK_THE_NETWORK, "enabled = false;") | {
    "hfilter": "helo_enabled = false; hostname_enabled = false; from_enabled = false; rcpt_enabled = false; mid_enabled = false;",
    "phishing": "phishtank_enabled = false;",
}


class SpamAssassin:
    """Use as a context manager: `spamassassin -L`, kept running."""

    def __enter__(self) -> Self:
        self._folder = tempfile.mkdtemp(prefix="candor-spamassassin-")
        environment = {"HOME": self._folder, "PATH": "/usr/bin:/bin"}
        self._process = subprocess.Popen(["perl", "-T", str(SCRIPT)], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return self

    def __exit__(self, *details: object) -> None:
        self._process.communicate(timeout=30)  # the end of its input ends it
        shutil.rmtree(self._folder, ignore_errors=True)

    def judge(self, mail: bytes) -> Points:
        """The rules that the mail meets."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(b"%d\n" % len(mail) + mail)
        self._process.stdin.flush()
        answer = self._process.stdout.readline().decode()
        assert answer, f"SpamAssassin ended with {self._process.wait(10)}"
        return {rule: float(points) for rule, _, points in (hit.partition("=") for hit in answer.strip().split(",")) if points}


class Rspamd:
    """Use as a context manager: a private rspamd with the package's rules, except for those that ask the network."""

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="candor-rspamd-"))
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port: int = free.getsockname()[1]
        self._log = self._folder / "log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                ["rspamd", "--no-fork", "--insecure", f"--config={self._write_config()}", *self._places()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self

    def __exit__(self, *details: object) -> None:
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(20)
        if self._process.poll() is None:
            self._process.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def judge(self, mail: bytes, *, envelope: Iterable[tuple[str, str]]) -> Points:
        """The rules that the mail meets; `envelope` are rspamd's own headers (From, Rcpt, IP, Helo)."""
        self._wait()
        line = HTTPConnection("127.0.0.1", self._port, timeout=30)
        with contextlib.closing(line):
            line.putrequest("POST", "/checkv2")
            for name, value in (*envelope, ("Content-Length", str(len(mail)))):
                line.putheader(name, value)
            line.endheaders(mail)
            symbols = json.load(line.getresponse())["symbols"]
        return {name: symbol["score"] for name, symbol in symbols.items()}

    def _write_config(self) -> Path:
        (self._folder / "local.d").mkdir()
        for name, settings in LOCAL.items():
            (self._folder / "local.d" / f"{name}.conf").write_text(settings)
        (self._folder / "endings").write_text(ENDINGS)
        config = self._folder / "rspamd.conf"
        config.write_text(CONFIG.format(port=self._port))
        return config

    def _places(self) -> list[str]:
        return [f"--var={name}={self._folder}" for name in ("LOCAL_CONFDIR", "DBDIR", "RUNDIR", "LOGDIR")]

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self._port), timeout=1).close()
                return
            assert self._process.poll() is None, self._log.read_text(errors="replace")[-3000:]
            assert time.monotonic() < deadline, self._log.read_text(errors="replace")[-3000:]
            time.sleep(0.1)
