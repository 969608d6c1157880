"""Making the index, and looking after it: before migrations its triggers go, after them they come back and every row is read anew.

Whoever alters a table in SQLite copies it and loses its triggers by that, and cannot rename it at all while triggers of other tables
name it. The text of all statements is kept as the index's version: another version of Candor that indexes more makes it anew.
"""
# ruff: noqa: S608 -- put together from names of our own

from hashlib import sha256
from typing import Any

from django.db import DatabaseError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from crm.records.index import folding, postgresql, sqlite
from crm.records.index.kinds import KINDS

VERSION = "records_search_version"
ICU = 'COLLATE "und-x-icu"'


def connected(*, connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """A new connection: SQLite's triggers need our functions."""
    if connection.vendor == "sqlite":
        folding.register(connection.connection)


def step_aside(*, using: str, plan: list[tuple[Any, bool]], **kwargs: Any) -> None:
    """Before migrations of records."""
    connection = connections[using]
    if connection.vendor == "sqlite" and any(migration.app_label == "records" for migration, _is_backwards in plan):
        with connection.cursor() as cursor:
            for name in sqlite.triggers():
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")


def look_after(*, using: str, **kwargs: Any) -> None:
    """After migrations."""
    install(connections[using])


def install(connection: BaseDatabaseWrapper) -> None:
    """Make what is missing; where anything was, index all rows. Nothing is done while tables lack columns, in the midst of migrations."""
    if connection.vendor not in ("sqlite", "postgresql") or not _has_all_columns(connection):
        return
    version = _version(connection)
    if _is_whole(connection, version):
        return
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        (_make_sqlite if connection.vendor == "sqlite" else _make_postgresql)(connection, cursor)
        cursor.execute(f"CREATE TABLE IF NOT EXISTS {VERSION} (made text NOT NULL)")
        cursor.execute(f"DELETE FROM {VERSION}")
        cursor.execute(f"INSERT INTO {VERSION} VALUES (%s)", [version])


def remove(connection: BaseDatabaseWrapper) -> None:
    """Take everything away again."""
    statements = sqlite.remove() if connection.vendor == "sqlite" else postgresql.remove()
    with connection.cursor() as cursor:
        for statement in (*statements, f"DROP TABLE IF EXISTS {VERSION}"):
            cursor.execute(statement)


def _has_all_columns(connection: BaseDatabaseWrapper) -> bool:
    tables = set(connection.introspection.table_names())
    needed = {kind.table: set(kind.columns) for kind in KINDS}
    for kind in KINDS:
        for child in kind.children:
            needed.setdefault(child.table, set()).update((child.column, child.key))
    if not needed.keys() <= tables:
        return False
    with connection.cursor() as cursor:
        return all(
            columns <= {column.name for column in connection.introspection.get_table_description(cursor, table)}
            for table, columns in needed.items()
        )


def _version(connection: BaseDatabaseWrapper) -> str:
    if connection.vendor == "sqlite":
        statements: list[str] = [*sqlite.tables(), *sqlite.triggers().values()]
    else:
        statements = [*postgresql.functions(collation=""), *postgresql.tables(), *postgresql.keepers()]
    rules = f"{folding.LETTERS}{folding.LATIN}{folding.SPELT}{folding.LONGEST}{folding.SHORTEST_NUMBER}"
    return sha256("\n".join([*statements, rules]).encode()).hexdigest()


def _is_whole(connection: BaseDatabaseWrapper, version: str) -> bool:
    tables = set(connection.introspection.table_names())
    if VERSION not in tables or not {kind.index for kind in KINDS} <= tables:
        return False
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT made FROM {VERSION}")
        if cursor.fetchone() != (version,):
            return False
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            return set(sqlite.triggers()) <= {name for (name,) in cursor.fetchall()}
    return True


def _make_sqlite(connection: BaseDatabaseWrapper, cursor: Any) -> None:
    for statement in (*sqlite.remove(), *sqlite.tables()):
        cursor.execute(statement)
    for name, body in sqlite.triggers().items():
        cursor.execute(f"CREATE TRIGGER {name} {body}")
    for statement in sqlite.fill_all():
        cursor.execute(statement)


def _make_postgresql(connection: BaseDatabaseWrapper, cursor: Any) -> None:
    cursor.execute("SELECT 1 FROM pg_collation WHERE collname = 'und-x-icu'")
    collation = ICU if cursor.fetchone() else ""
    for statement in (*postgresql.remove(), *postgresql.functions(collation=collation), *postgresql.tables(), *postgresql.keepers()):
        cursor.execute(statement)
    for statement in postgresql.fill_all():
        cursor.execute(statement)
    try:
        with transaction.atomic(using=connection.alias):
            for statement in postgresql.grams():
                cursor.execute(statement)
    except DatabaseError:
        return  # not allowed here, or not installed: see `postgresql.grams`
