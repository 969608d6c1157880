"""What the databases need to find words in mail: made by a migration, and looked after whenever migrations have run.

SQLite: one FTS5 table for each table that is searched. They keep no text of their own ("external content"); triggers
keep them in step. Whoever alters a table in SQLite copies it, and loses its triggers by that without a word: hence
`install` after every migration, which fills a table anew where a trigger was missing.

PostgreSQL: indexes on an expression, nothing else; the function splits words at all punctuation, since the parser of
full text search would keep `boris@acme.test` as one, and takes no more of a text than a tsvector can hold.
"""
# ruff: noqa: S608 -- put together from the names below alone

import unicodedata
from collections.abc import Iterator

from django.db.backends.base.base import BaseDatabaseWrapper

SEARCHED = {  # table: the columns with words
    "mail_message": ("subject", "from_name", "from_email", "body_text"),
    "mail_recipient": ("name", "email"),
    "mail_attachment": ("name",),
}
LONGEST = 150_000  # characters of a text; a tsvector takes 1 MB, whatever the script
PUNCTUATION = "".join(chr(code) for code in range(1, 0xC0) if not chr(code).isalnum()) + "‐‑‒–—―‘’‚“”„†•…‹›⁄№™"
MARKS = "".join(chr(code) for code in range(0x300, 0x370) if unicodedata.combining(chr(code)))


def fts(table: str) -> str:
    """The name of a table's words in SQLite."""
    return f"{table}_words"


def words_of(*columns: str) -> str:
    """The expression that PostgreSQL has an index on."""
    joined = " || ' '::text || ".join(f"{column}::text" for column in columns)
    return f"mail_words({joined})"


INDEXES = {  # name: table and columns, one for each place that can be asked for
    "mail_message_words": ("mail_message", SEARCHED["mail_message"]),
    "mail_message_subject_words": ("mail_message", ("subject",)),
    "mail_message_from_words": ("mail_message", ("from_name", "from_email")),
    "mail_recipient_words": ("mail_recipient", SEARCHED["mail_recipient"]),
    "mail_attachment_words": ("mail_attachment", SEARCHED["mail_attachment"]),
}


def install(connection: BaseDatabaseWrapper) -> None:
    """Make what is missing, and index the rows that are there."""
    if connection.vendor == "sqlite":
        _install_sqlite(connection)
    elif connection.vendor == "postgresql":
        _install_postgresql(connection)


def remove(connection: BaseDatabaseWrapper) -> None:
    """Take everything away again."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for table in SEARCHED:
                for name in _triggers(table):
                    cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
                cursor.execute(f"DROP TABLE IF EXISTS {fts(table)}")
        elif connection.vendor == "postgresql":
            for name in INDEXES:
                cursor.execute(f"DROP INDEX IF EXISTS {name}")
            cursor.execute("DROP FUNCTION IF EXISTS mail_query(text, boolean)")
            cursor.execute("DROP FUNCTION IF EXISTS mail_words(text)")


def _install_sqlite(connection: BaseDatabaseWrapper) -> None:
    tables = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type IN ('trigger', 'table')")
        there = {name for (name,) in cursor.fetchall()}
        for table in SEARCHED.keys() & tables:
            wanted = _triggers(table)
            if {fts(table), *wanted} <= there:
                continue
            for statement in (_fts_table(table), *wanted.values(), f"INSERT INTO {fts(table)}({fts(table)}) VALUES ('rebuild')"):
                cursor.execute(statement)


def _fts_table(table: str) -> str:
    columns = ", ".join(SEARCHED[table])
    options = f"content='{table}', content_rowid='id', columnsize=0, prefix='2 3', tokenize='unicode61 remove_diacritics 2'"
    return f"CREATE VIRTUAL TABLE IF NOT EXISTS {fts(table)} USING fts5({columns}, {options})"


def _triggers(table: str) -> dict[str, str]:
    """Name → statement of the triggers that follow a table's rows; changes of other columns cost nothing."""
    columns = SEARCHED[table]
    new = f"INSERT INTO {fts(table)}(rowid, {', '.join(columns)}) VALUES (new.id, {', '.join(f'new.{one}' for one in columns)});"
    old = (
        f"INSERT INTO {fts(table)}({fts(table)}, rowid, {', '.join(columns)}) "
        f"VALUES ('delete', old.id, {', '.join(f'old.{one}' for one in columns)});"
    )
    events = {"insert": ("INSERT", new), "delete": ("DELETE", old), "update": (f"UPDATE OF {', '.join(columns)}", old + new)}
    return {
        f"{fts(table)}_{name}": f"CREATE TRIGGER IF NOT EXISTS {fts(table)}_{name} AFTER {event} ON {table} BEGIN {do} END"
        for name, (event, do) in events.items()
    }


def _install_postgresql(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        for statement in _functions():
            cursor.execute(statement)
        for name, (table, columns) in INDEXES.items():
            cursor.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {table} USING gin ({words_of(*columns)})")


def _functions() -> Iterator[str]:
    """Costly by declaration, so that the planner uses the index rather than splitting every row into words.

    Neither calls the other nor anything without its schema: a restored dump builds the indexes with an empty search path.
    """
    marks, signs = _codes(MARKS), _codes(PUNCTUATION)
    folded = f"pg_catalog.normalize(pg_catalog.left(value, {LONGEST}), 'NFKD')"
    folded = f"pg_catalog.translate({folded}, {signs} || {marks}, pg_catalog.repeat(' ', {len(PUNCTUATION)}))"
    yield f"""
        CREATE OR REPLACE FUNCTION mail_words(value text) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 20000 AS $$
        BEGIN
            RETURN pg_catalog.to_tsvector('pg_catalog.simple', {folded});
        END $$"""
    yield f"""
        CREATE OR REPLACE FUNCTION mail_query(value text, is_prefix boolean) RETURNS tsquery LANGUAGE plpgsql IMMUTABLE STRICT AS $$
        DECLARE asked tsquery := pg_catalog.phraseto_tsquery('pg_catalog.simple', {folded});
        BEGIN
            IF is_prefix AND pg_catalog.numnode(asked) > 0 THEN
                RETURN (asked::text || ':*')::tsquery;
            END IF;
            RETURN asked;
        END $$"""


def _codes(characters: str) -> str:
    """A string literal in escapes alone, readable by PostgreSQL whatever the client's encoding."""
    return "E'" + "".join(f"\\u{ord(one):04x}" for one in characters) + "'"
