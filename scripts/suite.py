"""Runs everything that `make test` promises, step by step, and tells at the end what was skipped and why.

Exit status 0 when every step held. With `CI` set, a service that is absent fails the tests that need it.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
POSTGRES = os.environ.get("TEST_POSTGRES_URL", "postgres://candor:candor@127.0.0.1:5432/candor")
WITHOUT_DATABASE = [  # processes, settings, protocols, addresses and pure rules: once is enough
    "crm/demo/tests/test_mailserver.py",
    "crm/demo/tests/test_moments.py",
    "crm/demo/tests/test_no_address_stays.py",
    "crm/demo/tests/test_restart.py",
    "crm/demo/tests/test_startup.py",
    "crm/tests/test_checks.py",
    "crm/tests/test_nobody_else.py",
    "crm/tests/test_translation.py",
    "crm/exchange/tests/test_corpora.py",
    "crm/lib/tests",
    "crm/records/tests/test_money.py",
    "mail/tests/test_automatic.py",
    "mail/tests/test_body.py",
    "mail/tests/test_destinations.py",
    "mail/tests/test_diagnosis.py",
    "mail/tests/test_discovery.py",
    "mail/tests/test_hostile_variants.py",
    "mail/tests/test_parsing.py",
    "mail/tests/test_parsing_bounds.py",
    "mail/tests/test_received_bodies.py",
    "mail/tests/test_reports_of_many_servers.py",
    "mail/tests/test_sent_folder_at_gmail.py",
    "mail/tests/test_styling.py",
    "mail/tests/test_trackers.py",
    "tracking/tests/verdicts",
    "tests/test_mail_roundtrip.py",
    "tests/test_sent_roundtrip.py",
    "tracking/tests/test_awkward_mails.py",
    "tracking/tests/test_forged_links.py",
    "tracking/tests/test_tokens.py",
]
SCALED = "tests/test_scaled_mode.py"  # means PostgreSQL and Redis: on SQLite only where there is no PostgreSQL
ONCE = {"PYTHONDONTWRITEBYTECODE": ""}  # compile each file once, not in each of the hundred processes that tests start
COUNT = re.compile(r"(\d+) (passed|failed|skipped|errors?)")


@dataclass
class Step:
    """One command and the environment it adds; `is_suite` when pytest's counts are to be summed."""

    name: str
    command: list[str]
    env: dict[str, str] = field(default_factory=dict)
    is_suite: bool = False


def checks() -> list[Step]:
    """What machines can see without running the product."""
    manage = [str(BIN / "python"), "manage.py"]
    templates = [str(path) for path in sorted((ROOT / "templates").rglob("*.html"))]
    return [
        Step("formatter", [str(BIN / "ruff"), "format", "--check", "--quiet", "."]),
        Step("linter", [str(BIN / "ruff"), "check", "--quiet", "."]),
        Step("template formatter", [str(BIN / "djade"), "--target-version", "5.2", "--check", *templates]),
        Step("types", [str(BIN / "mypy"), "."]),
        Step("imports run one way", [str(BIN / "lint-imports")]),
        Step("missing migrations", [*manage, "makemigrations", "--check", "--dry-run"]),
        Step("deployment check", [*manage, "check", "--deploy", "--fail-level", "WARNING"], deployed()),
    ]


def deployed() -> dict[str, str]:
    """The environment of an installation on https, for Django's deployment check."""
    sys.path.insert(0, str(ROOT))
    from crm.keys import generate

    return {"SITE_URL": "https://crm.example.com", **generate()}


def suites() -> list[Step]:
    """The tests: everything on SQLite, then on PostgreSQL all but the browser's, the spam filters' and those that ask none."""
    pytest = [str(BIN / "pytest"), "-rs", "--durations=15", "-n", "4", "--dist", "loadgroup"]
    on_sqlite = Step("tests on SQLite", pytest, {"DATABASE_URL": ""}, is_suite=True)
    if has_postgres(POSTGRES):
        on_sqlite.command = [*pytest, f"--ignore={SCALED}"]
        selected = ["-m", "not browser and not spamfilters", *(f"--ignore={path}" for path in WITHOUT_DATABASE)]
        return [on_sqlite, Step("tests on PostgreSQL", [*pytest, *selected], {"DATABASE_URL": POSTGRES}, is_suite=True)]
    if os.environ.get("CI"):
        return [on_sqlite, Step("tests on PostgreSQL", [sys.executable, "-c", f"raise SystemExit('no PostgreSQL at {POSTGRES}')"])]
    print("skipped: tests on PostgreSQL (no server answers; set TEST_POSTGRES_URL=postgres://user:password@host/name)")
    return [on_sqlite]


def has_postgres(url: str) -> bool:
    """Whether a server answers under that address."""
    import psycopg

    try:
        psycopg.connect(url, connect_timeout=3).close()
    except psycopg.OperationalError:
        return False
    return True


def run(step: Step, counts: dict[str, int]) -> bool:
    """Run one step, show its output when it fails (or when it is a suite), add its counts."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="candor-suite-") as folder:
        env = {**os.environ, "DATA_DIR": folder, **ONCE, **step.env}
        done = subprocess.run(step.command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode or step.is_suite:
        print(done.stdout)
    if step.is_suite:
        for number, word in COUNT.findall(done.stdout.strip().rsplit("\n", 1)[-1]):
            key = "failed" if word.startswith("error") else word
            counts[key] = counts.get(key, 0) + int(number)
    print(f"{'ok  ' if done.returncode == 0 else 'FAIL'} {step.name} ({time.monotonic() - started:.0f} s)", flush=True)
    return done.returncode == 0


@contextmanager
def prepared() -> Iterator[None]:
    """Databases for all suites are made while the checks run; a suite that needs one earlier waits for it."""
    with tempfile.TemporaryDirectory(prefix="candor-suites-", ignore_cleanup_errors=True) as folder:
        os.environ["CANDOR_TESTS_FOLDER"] = folder
        environment = {**os.environ, **ONCE, "DATABASE_URL": POSTGRES if has_postgres(POSTGRES) else ""}
        preparing = subprocess.Popen([sys.executable, "-c", "from tests import shared; shared.prepare()"], cwd=ROOT, env=environment)
        try:
            yield
        finally:
            preparing.wait()


def main() -> int:
    """Run all steps; the last line sums the tests' counts."""
    counts: dict[str, int] = {}
    with prepared():
        failed = [step.name for step in checks() if not run(step, counts)]
        failed += [step.name for step in suites() if not run(step, counts)]
    if failed:
        print("failed: " + ", ".join(failed))
    failures = counts.get("failed", 0) + sum(1 for name in failed if not name.startswith("tests"))
    print(f"{counts.get('passed', 0)} passed, {failures} failed, {counts.get('skipped', 0)} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
