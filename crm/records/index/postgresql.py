"""The index in PostgreSQL: a table of tsvectors for each kind, the table of words of names, and triggers that keep both in step.

A vector holds each word as it is, those of the name once more as "n:word", the name's first as "f:word", and "s:" with who may see the
row: so GIN answers all of it, where weights would have to be looked up in the rows. Triggers run once a statement, not once a row.
"""
# ruff: noqa: S608 -- put together from the names in `kinds` alone

from collections.abc import Iterator

from crm.records.index.folding import (
    LATIN,
    LETTERS,
    LONGEST,
    LONGEST_NUMBER,
    LONGEST_WORD,
    MARKS,
    PUNCTUATION,
    SHORTEST_NUMBER,
    SPELT,
    TRUNK,
)
from crm.records.index.kinds import KINDS, WORDS, Kind

JOINED = "string_agg({}, {})"
FUNCTIONS = (
    "records_folded(text)",
    "records_latin(text)",
    "records_numbers(text)",
    "records_words(text, text, text)",
    "records_vector(text, text, text)",
)
PURE = "LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE"  # of one expression, which costs a tenth of a function in SQL


def functions(*, collation: str) -> Iterator[str]:
    """What `folding` does, in SQL; `collation` is one that knows the capitals of all scripts, where there is one."""
    blanks = f"repeat(' ', {len(PUNCTUATION) - 1})"
    plain = f"translate(lower(value), {_codes(PUNCTUATION[1:])}, {blanks})"  # a text of PostgreSQL's has no zero byte
    letters = f"lower(translate(normalize(value, NFKD), {_codes(MARKS)}, '') {collation})"
    full = f"regexp_replace({_replaced(letters, LETTERS)} {collation}, '[^[:alnum:]]+', ' ', 'g')"
    yield _function("records_folded(value text)", f"btrim(CASE WHEN octet_length(value) = length(value) THEN {plain} ELSE {full} END)")
    has_cyrillic = f"octet_length(value) <> length(value) AND value ~ {_codes('[а-яіґє]')}"
    yield _function("records_latin(value text)", f"CASE WHEN {has_cyrillic} THEN {_replaced('value', LATIN)} ELSE '' END")
    yield f"""
        CREATE OR REPLACE FUNCTION records_numbers(phones text) RETURNS text {PURE} AS $$
        DECLARE phone text; digits text; found text := '';
        BEGIN
            FOREACH phone IN ARRAY string_to_array(phones, E'\\n') LOOP
                digits := right(regexp_replace(replace(phone, '{TRUNK}', ''), '[^0-9]+', '', 'g'), {LONGEST_NUMBER});
                FOR start IN 1 .. length(digits) - {SHORTEST_NUMBER - 1} LOOP
                    found := found || ' ' || substr(digits, start);
                END LOOP;
            END LOOP;
            RETURN found;
        END $$"""
    words = f"records_latin(records_folded(name)) || ' ' || records_folded(left(value, {LONGEST})) || records_numbers(phones)"
    yield _function("records_words(name text, value text, phones text)", words)
    name = "CASE WHEN name = '' THEN '' ELSE ' f:' || split_part(name, ' ', 1) || ' n:' || replace(name, ' ', ' n:') END"
    text = f"name || ' ' || words || ' s:' || scope || {name}"
    cut = f"regexp_replace({text}, '(\\S{{{LONGEST_WORD}}})\\S+', '\\1', 'g')"  # a lexeme holds 2 KB
    text = f"CASE WHEN length(name) + length(words) > 2000 THEN {cut} ELSE {text} END"
    vector = f"array_to_tsvector(array_remove(string_to_array({text}, ' '), ''))"
    yield _function("records_vector(name text, words text, scope text)", vector, "tsvector")


def _function(head: str, expression: str, gives: str = "text") -> str:
    return f"CREATE OR REPLACE FUNCTION {head} RETURNS {gives} {PURE} AS $$ BEGIN RETURN {expression}; END $$"


def _spelt_of(source: str) -> str:
    """FROM with every `word` of a table's column of words that can be misspelt; to be gone on with AND."""
    fits = f"length(found.word) BETWEEN {SPELT.start} AND {SPELT.stop - 1} AND found.word !~ '^[0-9]+$'"
    return f"FROM {source}, unnest(string_to_array(spelt, ' ')) AS found(word) WHERE {fits}"


def tables() -> Iterator[str]:
    """Without foreign keys: the tables are none of Django's, which empties its own by one TRUNCATE in tests.

    The words have no unique index: two imports that bring the same new name would wait for one another.
    """
    yield f"CREATE TABLE IF NOT EXISTS {WORDS} (kind text NOT NULL, word text NOT NULL)"
    yield f"CREATE INDEX IF NOT EXISTS {WORDS}_by_word ON {WORDS} (word text_pattern_ops, kind)"
    for kind in KINDS:
        yield f"CREATE TABLE IF NOT EXISTS {kind.index} (id bigint PRIMARY KEY, spelt text NOT NULL, vector tsvector NOT NULL)"
        yield f"CREATE INDEX IF NOT EXISTS {kind.index}_gin ON {kind.index} USING gin (vector) WITH (gin_pending_list_limit = 2048)"


def grams() -> tuple[str, str]:
    """Only the database's owner may do the first; without it words are found by their middle all the same, only more slowly."""
    return (
        "CREATE EXTENSION IF NOT EXISTS pg_trgm",
        f"CREATE INDEX IF NOT EXISTS {WORDS}_grams ON {WORDS} USING gin (word gin_trgm_ops)",
    )


def keepers() -> Iterator[str]:
    """Functions and triggers."""
    for kind in KINDS:
        yield from _fill_and_drop(kind)
        yield from _own(kind)
        for table, ids in _followed(kind):
            yield from _following(kind, table, ids)


def fill_all() -> Iterator[str]:
    """Index every row anew."""
    yield f"DELETE FROM {WORDS}"
    for kind in KINDS:
        yield f"DELETE FROM {kind.index}"
        yield f"SELECT {kind.index}_fill(ARRAY(SELECT id FROM {kind.table}))"
    yield from (f"ANALYZE {table}" for table in (WORDS, *(kind.index for kind in KINDS)))


def remove() -> Iterator[str]:
    """Take everything away, with the triggers."""
    for kind in KINDS:
        yield from (f"DROP FUNCTION IF EXISTS {kind.index}_{table} CASCADE" for table in ("own", *dict(_followed(kind))))
        yield from (f"DROP FUNCTION IF EXISTS {kind.index}_{verb}(bigint[])" for verb in ("fill", "drop"))
        yield f"DROP TABLE IF EXISTS {kind.index}"
    yield f"DROP TABLE IF EXISTS {WORDS}"
    yield from (f"DROP FUNCTION IF EXISTS {function}" for function in reversed(FUNCTIONS))


def _fill_and_drop(kind: Kind) -> Iterator[str]:
    """The order of ids is that of the locks, whoever writes."""
    spelt = " || ' ' || ".join(f"r.{column}" for column in kind.spelt) or "''"
    texts = f"records_words({kind.name_sql()}, {kind.text_sql(JOINED)}, {kind.phones_sql(JOINED)})"
    old = f"SELECT array_agg(DISTINCT found.word) {_spelt_of(kind.index)} AND id = ANY(ids)"
    used = f"SELECT 1 FROM {kind.index} WHERE vector @@ ('''' || word || '''')::tsquery"
    forget = f"DELETE FROM {WORDS} WHERE kind = '{kind.name}' AND word = ANY(gone) AND NOT EXISTS ({used})"
    yield f"""
        CREATE OR REPLACE FUNCTION {kind.index}_fill(ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
        DECLARE gone text[];
        BEGIN
            IF coalesce(array_length(ids, 1), 0) = 0 THEN
                RETURN;
            END IF;
            gone := ({old});
            INSERT INTO {kind.index} (id, spelt, vector)
                SELECT r.id, records_folded({spelt}), records_vector(records_folded({kind.name_sql()}), {texts}, {kind.scope})
                FROM {kind.source_sql()} WHERE r.id = ANY(ids) ORDER BY r.id
                ON CONFLICT (id) DO UPDATE SET spelt = excluded.spelt, vector = excluded.vector;
            INSERT INTO {WORDS} (kind, word)
                SELECT DISTINCT '{kind.name}', found.word {_spelt_of(kind.index)} AND id = ANY(ids)
                AND NOT EXISTS (SELECT 1 FROM {WORDS} AS known WHERE known.word = found.word AND known.kind = '{kind.name}');
            IF gone IS NOT NULL THEN
                {forget};
            END IF;
        END $$"""
    yield f"""
        CREATE OR REPLACE FUNCTION {kind.index}_drop(ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
        DECLARE gone text[];
        BEGIN
            gone := ({old});
            DELETE FROM {kind.index} WHERE id = ANY(ids);
            {forget};
        END $$"""


def _own(kind: Kind) -> Iterator[str]:
    """The triggers on the table itself."""
    new, old = (", ".join(f"{row}.{column}" for column in kind.columns) for row in ("fresh", "stale"))
    yield f"""
        CREATE OR REPLACE FUNCTION {kind.index}_own() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'INSERT' THEN
                PERFORM {kind.index}_fill(ARRAY(SELECT id FROM fresh));
            ELSIF TG_OP = 'UPDATE' THEN
                PERFORM {kind.index}_fill(ARRAY(
                    SELECT fresh.id FROM fresh JOIN stale USING (id) WHERE ({new}) IS DISTINCT FROM ({old})));
            ELSIF TG_OP = 'DELETE' THEN
                PERFORM {kind.index}_drop(ARRAY(SELECT id FROM stale));
            ELSE
                TRUNCATE {kind.index};
                DELETE FROM {WORDS} WHERE kind = '{kind.name}';
            END IF;
            RETURN NULL;
        END $$"""
    yield from _triggers(kind.table, f"{kind.index}_own", ("insert", "update", "delete", "truncate"))


def _followed(kind: Kind) -> Iterator[tuple[str, str]]:
    """Other tables, and which rows of the kind a change in them touches, `touched` being the rows before and after it."""
    for link in kind.links:
        changed = f"SELECT fresh.id FROM fresh JOIN stale USING (id) WHERE fresh.{link.column} IS DISTINCT FROM stale.{link.column}"
        yield link.table, f"SELECT r.id FROM {kind.table} AS r WHERE r.{link.key} IN ({changed})"
    for table, key in dict.fromkeys((child.table, child.key) for child in kind.children):
        yield table, f"SELECT {key} FROM {{touched}} WHERE {key} IS NOT NULL"


def _following(kind: Kind, table: str, ids: str) -> Iterator[str]:
    name = f"{kind.index}_{table}"
    if "{touched}" not in ids:
        events: tuple[str, ...] = ("update",)
        body = f"PERFORM {kind.index}_fill(ARRAY({ids}));"
    else:
        events = ("insert", "update", "delete")
        fresh, stale = ids.format(touched="fresh"), ids.format(touched="stale")
        body = f"""
            IF TG_OP = 'INSERT' THEN
                PERFORM {kind.index}_fill(ARRAY({fresh}));
            ELSIF TG_OP = 'DELETE' THEN
                PERFORM {kind.index}_fill(ARRAY({stale}));
            ELSE
                PERFORM {kind.index}_fill(ARRAY({fresh} UNION {stale}));
            END IF;"""
    yield f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN NULL; END $$"
    yield from _triggers(table, name, events)


ROWS = {"insert": "NEW TABLE AS fresh", "update": "NEW TABLE AS fresh OLD TABLE AS stale", "delete": "OLD TABLE AS stale"}


def _triggers(table: str, function: str, events: tuple[str, ...]) -> Iterator[str]:
    for event in events:
        rows = f"REFERENCING {ROWS[event]} " if event in ROWS else ""
        when = f"AFTER {event} ON {table} {rows}FOR EACH STATEMENT"
        yield f"CREATE OR REPLACE TRIGGER {function}_{event} {when} EXECUTE FUNCTION {function}()"


def _replaced(expression: str, letters: dict[str, str]) -> str:
    """Single letters at once, those that become several or none one after another."""
    single = {one: new for one, new in letters.items() if len(new) == 1}
    several = {one: new for one, new in letters.items() if len(new) != 1}
    made = f"translate({expression}, {_codes(''.join(single))}, {_codes(''.join(single.values()))})"
    for one, new in several.items():
        made = f"replace({made}, {_codes(one)}, '{new}')"
    return made


def _codes(characters: str) -> str:
    """A string literal in escapes alone, readable by PostgreSQL whatever the client's encoding."""
    return "E'" + "".join(f"\\u{ord(one):04x}" for one in characters) + "'"
