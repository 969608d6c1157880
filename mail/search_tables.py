"""What the databases need to find words in mail: made by a migration, and looked after whenever migrations have run.

SQLite: one FTS5 table for each table that is searched. They keep no text of their own ("external content"); triggers
keep them in step. Whoever alters a table in SQLite copies it, and loses its triggers by that without a word: hence
`install` after every migration, which fills a table anew where a trigger was missing.

PostgreSQL: the words of messages stand in a table of their own, filled by a trigger. An index on an expression would not do: a phrase
is looked up in the row, where it would be split into words anew each time, and every mark as read would index the text again.
Names of recipients and files are short, so that an index on an expression is enough. The function splits at all punctuation, since the
parser of full text search would keep `boris@acme.test` as one, and takes no more of a text than a tsvector can hold.
"""
# ruff: noqa: S608 -- put together from the names below alone

import string
import unicodedata
from collections.abc import Iterator

from django.db.backends.base.base import BaseDatabaseWrapper

SEARCHED = {  # table: the columns with words
    "mail_message": ("subject", "from_name", "from_email", "body_text"),
    "mail_recipient": ("name", "email"),
    "mail_attachment": ("name",),
}
LONGEST = 150_000  # characters of a text; a tsvector takes 1 MB, whatever the script
PUNCTUATION = string.punctuation
MORE_PUNCTUATION = "".join(chr(code) for code in range(0xA0, 0xC0) if not chr(code).isalnum()) + "‐‑‒–—―‘’‚“”„†•…‹›⁄"
MARKS = "".join(chr(code) for code in range(0x300, 0x370) if unicodedata.combining(chr(code)))


def fts(table: str) -> str:
    """The name of a table's words in SQLite."""
    return f"{table}_words"


def words_of(*columns: str) -> str:
    """The expression that PostgreSQL has an index on."""
    joined = " || ' '::text || ".join(f"{column}::text" for column in columns)
    return f"mail_words({joined})"


VECTORS = {  # columns of PostgreSQL's table of words, one for each place that can be asked for
    "words": SEARCHED["mail_message"],
    "subject_words": ("subject",),
    "from_words": ("from_name", "from_email"),
}
SHORT = ("mail_recipient", "mail_attachment")  # tables with an index on an expression


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
            for table in SHORT:
                cursor.execute(f"DROP INDEX IF EXISTS {fts(table)}")
            for name in ("mail_words_kept", "mail_words_cleared"):
                cursor.execute(f"DROP TRIGGER IF EXISTS {name} ON mail_message")
                cursor.execute(f"DROP FUNCTION IF EXISTS {name}()")
            cursor.execute("DROP TABLE IF EXISTS mail_message_words")
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
        for statement in (*_functions(), *_words_table(), *_words_triggers()):
            cursor.execute(statement)
        for table in SHORT:
            cursor.execute(f"CREATE INDEX IF NOT EXISTS {fts(table)} ON {table} USING gin ({words_of(*SEARCHED[table])})")


def _functions() -> Iterator[str]:
    """Costly by declaration, so that the planner uses the index rather than splitting every row into words.

    Neither calls the other nor anything without its schema: a restored dump builds the indexes with an empty search path.
    """
    body = f"pg_catalog.left(value, {LONGEST})"
    plain = f"pg_catalog.translate({body}, {_codes(PUNCTUATION)}, pg_catalog.repeat(' ', {len(PUNCTUATION)}))"
    signs = PUNCTUATION + MORE_PUNCTUATION
    letters = f"pg_catalog.normalize({body}, 'NFKD')"
    full = f"pg_catalog.translate({letters}, {_codes(signs)} || {_codes(MARKS)}, pg_catalog.repeat(' ', {len(signs)}))"
    folded = f"CASE WHEN pg_catalog.octet_length(value) = pg_catalog.length(value) THEN {plain} ELSE {full} END"
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


def _words_table() -> Iterator[str]:
    """Without a foreign key: the table is none of Django's, which empties its own by one TRUNCATE in tests."""
    columns = ", ".join(f"{name} tsvector NOT NULL" for name in VECTORS)
    yield f"CREATE TABLE IF NOT EXISTS mail_message_words (message_id bigint PRIMARY KEY, {columns})"
    values = ", ".join(words_of(*columns) for columns in VECTORS.values())
    yield f"INSERT INTO mail_message_words SELECT id, {values} FROM mail_message ON CONFLICT DO NOTHING"
    for name in VECTORS:
        yield f"CREATE INDEX IF NOT EXISTS mail_message_{name}_gin ON mail_message_words USING gin ({name})"


def _words_triggers() -> Iterator[str]:
    """The columns are compared within the function: named in the trigger, they could never be altered any more."""
    columns = SEARCHED["mail_message"]
    values = ", ".join(words_of(*(f"new.{one}" for one in columns)) for columns in VECTORS.values())
    new, old = (", ".join(f"{row}.{one}" for one in columns) for row in ("new", "old"))
    changes = ", ".join(f"{name} = excluded.{name}" for name in VECTORS)
    yield f"""
        CREATE OR REPLACE FUNCTION mail_words_kept() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' THEN
                DELETE FROM mail_message_words WHERE message_id = old.id;
            ELSIF TG_OP = 'INSERT' OR ({new}) IS DISTINCT FROM ({old}) THEN
                INSERT INTO mail_message_words VALUES (new.id, {values}) ON CONFLICT (message_id) DO UPDATE SET {changes};
            END IF;
            RETURN NULL;
        END $$"""
    yield """
        CREATE OR REPLACE FUNCTION mail_words_cleared() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            TRUNCATE mail_message_words;
            RETURN NULL;
        END $$"""
    for name, event in (("mail_words_kept", "INSERT OR UPDATE OR DELETE"), ("mail_words_cleared", "TRUNCATE")):
        each = "STATEMENT" if event == "TRUNCATE" else "ROW"
        yield f"CREATE OR REPLACE TRIGGER {name} AFTER {event} ON mail_message FOR EACH {each} EXECUTE FUNCTION {name}()"


def _codes(characters: str) -> str:
    """A string literal in escapes alone, readable by PostgreSQL whatever the client's encoding."""
    return "E'" + "".join(f"\\u{ord(one):04x}" for one in characters) + "'"
