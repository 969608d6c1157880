"""The index in SQLite: an FTS5 table of words for each kind, the table of words of names, and the triggers that keep both in step.

The triggers call the functions of `folding`, which every connection of Django's knows: a program that writes to these tables past
Django is refused by SQLite ("no such function") rather than left out of the index.
"""
# ruff: noqa: S608 -- put together from the names in `kinds` alone

from collections.abc import Iterator
from itertools import groupby

from crm.records.index.kinds import KINDS, WORDS, Child, Kind

JOINED = "group_concat({}, {})"
TABLES = (
    f"CREATE TABLE IF NOT EXISTS {WORDS} (id integer PRIMARY KEY, kind text NOT NULL, word text NOT NULL, UNIQUE (word, kind))",
    f"CREATE VIRTUAL TABLE IF NOT EXISTS {WORDS}_grams "
    f"USING fts5(word, content='{WORDS}', content_rowid='id', columnsize=0, detail=full, tokenize='trigram')",
)
GRAMS = {
    f"{WORDS}_insert": f"AFTER INSERT ON {WORDS} BEGIN INSERT INTO {WORDS}_grams(rowid, word) VALUES (new.id, new.word); END",
    f"{WORDS}_delete": f"AFTER DELETE ON {WORDS} BEGIN "
    f"INSERT INTO {WORDS}_grams({WORDS}_grams, rowid, word) VALUES ('delete', old.id, old.word); END",
}


def tables() -> Iterator[str]:
    """Statements that make the tables which are missing. Tokens are what `folding` left between blanks, hence `ascii`."""
    yield from TABLES
    options = "columnsize=0, detail=column, prefix='1 2 3', tokenize='ascii'"
    for kind in KINDS:
        yield f"CREATE VIRTUAL TABLE IF NOT EXISTS {kind.index} USING fts5(first, name, words, scope, {options})"


def triggers() -> dict[str, str]:
    """Name → what comes behind CREATE TRIGGER and the name."""
    made = dict(GRAMS)
    for kind in KINDS:
        made |= {f"{kind.index}_{name}": body for name, body in _of_kind(kind)}
    return made


def fill_all() -> Iterator[str]:
    """Index every row anew."""
    yield f"DELETE FROM {WORDS}"
    for kind in KINDS:
        yield f"DELETE FROM {kind.index}"
        yield _filled(kind, "true")
        if kind.spelt:
            source = f"{kind.table} AS r, json_each(candor_spelt({_spelt(kind, 'r')})) AS j"
            yield f"INSERT OR IGNORE INTO {WORDS}(kind, word) SELECT '{kind.name}', j.value FROM {source}"


def remove() -> Iterator[str]:
    """Take everything away."""
    yield from (f"DROP TRIGGER IF EXISTS {name}" for name in triggers())
    yield from (f"DROP TABLE IF EXISTS {table}" for table in (*(kind.index for kind in KINDS), f"{WORDS}_grams", WORDS))


def _of_kind(kind: Kind) -> Iterator[tuple[str, str]]:
    learn, forget, row = _learnt(kind), _forgotten(kind), "r.id = new.id"
    yield "insert", f"AFTER INSERT ON {kind.table} BEGIN {_filled(kind, row)}; {learn} END"
    change = f"DELETE FROM {kind.index} WHERE rowid = old.id; {_filled(kind, row)}; {learn} {forget}"
    yield "update", f"AFTER UPDATE OF {', '.join(kind.columns)} ON {kind.table} WHEN {_changed(kind.columns)} BEGIN {change} END"
    yield "delete", f"AFTER DELETE ON {kind.table} BEGIN DELETE FROM {kind.index} WHERE rowid = old.id; {forget} END"
    for link in kind.links:
        refill = _refilled(kind, f"r.{link.key} = new.id")
        when = f"AFTER UPDATE OF {link.column} ON {link.table} WHEN {_changed((link.column,))}"
        yield f"of_{link.table}", f"{when} BEGIN {refill} END"
    for (table, key), children in groupby(kind.children, lambda child: (child.table, child.key)):
        yield from ((f"{table}_{event}", body) for event, body in _of_child(kind, table, key, next(children)))


def _of_child(kind: Kind, table: str, key: str, child: Child) -> Iterator[tuple[str, str]]:
    new, old = (_refilled(kind, f"r.id = {row}.{key}") for row in ("new", "old"))
    yield "insert", f"AFTER INSERT ON {table} WHEN new.{key} IS NOT NULL AND new.{child.column} <> '' BEGIN {new} END"
    yield "update", f"AFTER UPDATE OF {child.column}, {key} ON {table} BEGIN {old} {new} END"
    yield "delete", f"AFTER DELETE ON {table} WHEN old.{key} IS NOT NULL AND old.{child.column} <> '' BEGIN {old} END"


def _filled(kind: Kind, where: str) -> str:
    name, text, phones = f"candor_folded({kind.name_sql()})", kind.text_sql(JOINED), kind.phones_sql(JOINED)
    return (
        f"INSERT INTO {kind.index}(rowid, first, name, words, scope) "
        f"SELECT r.id, substr({name}, 1, instr({name} || ' ', ' ') - 1), {name}, "
        f"candor_words({kind.name_sql()}, {text}, {phones}), {kind.scope} FROM {kind.source_sql()} WHERE {where}"
    )


def _refilled(kind: Kind, where: str) -> str:
    return f"DELETE FROM {kind.index} WHERE rowid IN (SELECT r.id FROM {kind.table} AS r WHERE {where}); {_filled(kind, where)};"


def _changed(columns: tuple[str, ...]) -> str:
    """Django writes every column at each save."""
    return " OR ".join(f"old.{column} IS NOT new.{column}" for column in columns)


def _spelt(kind: Kind, row: str) -> str:
    return " || ' ' || ".join(f"{row}.{column}" for column in kind.spelt)


def _learnt(kind: Kind) -> str:
    if not kind.spelt:
        return ""
    words = f"SELECT '{kind.name}', value FROM json_each(candor_spelt({_spelt(kind, 'new')})) WHERE true"
    return f"INSERT INTO {WORDS}(kind, word) {words} ON CONFLICT DO NOTHING;"


def _forgotten(kind: Kind) -> str:
    """Words that no row of the kind has any more: a name that was erased shall not stay in here."""
    if not kind.spelt:
        return ""
    gone = f"SELECT value FROM json_each(candor_spelt({_spelt(kind, 'old')}))"
    used = f"""SELECT 1 FROM {kind.index} WHERE {kind.index} MATCH '{{name words}} : "' || {WORDS}.word || '"'"""
    return f"DELETE FROM {WORDS} WHERE kind = '{kind.name}' AND word IN ({gone}) AND NOT EXISTS ({used});"
