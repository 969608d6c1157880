"""What is made once for a whole run of the tests, by whichever of its processes needs it first."""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
FOLDER = "CANDOR_TESTS_FOLDER"  # in the environment of every process of the run
DATABASE = "candor.sqlite3"
TEMPLATE = "candor_tests_template"


def begin() -> bool:
    """Make the folder of this run, unless the process that began it has; answers whether it is this one."""
    if FOLDER in os.environ:
        return False
    os.environ[FOLDER] = tempfile.mkdtemp(prefix="candor-tests-run-")
    return True


def end() -> None:
    """Remove the folder; for the process that began the run."""
    shutil.rmtree(os.environ.pop(FOLDER), ignore_errors=True)


def made_once(name: str, make: Callable[[Path], None]) -> Path:
    """The folder of that name, filled by `make` when it is asked for the first time."""
    base = Path(os.environ[FOLDER])
    with (base / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (base / name).exists():
            unfinished = base / f"{name}.unfinished"
            unfinished.mkdir()
            make(unfinished)
            unfinished.rename(base / name)
    return base / name


def prepare() -> None:
    """Make both databases of the present version ahead of the tests; that of PostgreSQL where DATABASE_URL names a server."""
    made_once("migrated", _migrate)
    if os.environ.get("DATABASE_URL"):
        migrated_template()


def put_migrated_database(folder: Path, name: str = DATABASE) -> None:
    """Begin a DATA_DIR with an empty database of the present version, on SQLite: to migrate it takes many seconds."""
    shutil.copy(made_once("migrated", _migrate) / DATABASE, folder / name)


def migrated_template() -> str:
    """The name of a PostgreSQL database of the present version, beside that of DATABASE_URL, to make others after."""
    made_once("template", _make_template)
    return TEMPLATE


@contextmanager
def own_database(server: str, name: str) -> Iterator[str]:
    """A new PostgreSQL database of the present version beside that of `server`, empty, gone afterwards; yields its address."""
    import psycopg  # only where PostgreSQL is tested
    from psycopg import sql

    own, template = sql.Identifier(name), sql.Identifier(migrated_template())
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(own, template))
        try:
            yield urlsplit(server)._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(own))


def _make_template(folder: Path) -> None:
    import psycopg  # only where PostgreSQL is tested

    server = os.environ["DATABASE_URL"]
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {TEMPLATE}")
        connection.execute(f"CREATE DATABASE {TEMPLATE}")
    _migrate(folder, DATABASE_URL=urlsplit(server)._replace(path=f"/{TEMPLATE}").geturl())


def _migrate(folder: Path, **more: str) -> None:
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(folder), "DEBUG": "1", "DJANGO_SETTINGS_MODULE": "crm.settings", **more}
    command = [sys.executable, "-W", "ignore", "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
