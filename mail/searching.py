"""Finding one's own mail by the words in it, through the indexes of `mail.search_tables`."""
# ruff: noqa: S608, S611 -- statements are put together from names of our own; what was typed is always a parameter

import re
import unicodedata
from collections.abc import Iterator

from django.db import connection
from django.db.models import BooleanField, F, Func, Q
from django.db.models.expressions import RawSQL
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from crm.accounts.models import User
from mail.asking import FLAGS, Asked, Term
from mail.models import Message
from mail.models.message import MessageQuerySet
from mail.search_tables import SEARCHED, SHORT, VECTORS, fts, words_of

AROUND = 24  # characters before the first found word in an excerpt
EXCERPT = 200
OWNER = {"mail_message": "id", "mail_recipient": "message_id", "mail_attachment": "message_id"}  # where the message's number stands
WHERE: dict[str, dict[str, tuple[str, ...]]] = {  # place of a term: tables and columns
    "": SEARCHED,
    "from": {"mail_message": ("from_name", "from_email")},
    "subject": {"mail_message": ("subject",)},
    "to": {"mail_recipient": SEARCHED["mail_recipient"]},
    "file": {"mail_attachment": SEARCHED["mail_attachment"]},
}


class Among(Func):
    """Whether a number is among those that a query gives."""

    arg_joiner = " IN "
    template = "(%(expressions)s) IS TRUE"
    output_field = BooleanField()


def find(user: User, asked: Asked) -> MessageQuerySet:
    """The user's messages that fit; those in the trash only when it was asked for them.

    Both databases shall go down the newest mail and look each one up among the found numbers. So it asks for the number plus nothing, else
    SQLite would fetch and sort every row with the word; and whether being among them is true, else PostgreSQL would join.
    """
    found = Message.objects.visible_to(user)
    if asked.is_nothing:
        return found.none()
    if asked.folders:
        found = found.filter(folder__in=asked.folders)
    elif not asked.is_everywhere:
        found = found.exclude(folder=Message.Folder.TRASH)
    for flag in asked.flags:
        found = found.filter(**FLAGS[flag])
    for term in asked.terms:
        found = found.filter(Among(F("pk") + 0, _messages_with(term)))
    return found.filter(_between(asked))


def _between(asked: Asked) -> Q:
    limits = Q()
    if asked.after:
        limits &= Q(at__gte=asked.after)
    if asked.before:
        limits &= Q(at__lt=asked.before)
    return limits


def _messages_with(term: Term) -> RawSQL:
    """The numbers of all messages with a term, whosesoever; each table is asked through its own index."""
    statement = _sqlite if connection.vendor == "sqlite" else _postgresql
    parts = [statement(table, columns, term) for table, columns in WHERE[term.place].items()]
    return RawSQL(" UNION ALL ".join(sql for sql, _params in parts), [one for _sql, params in parts for one in params])


def _sqlite(table: str, columns: tuple[str, ...], term: Term) -> tuple[str, list[str | bool]]:
    """In quotes a text is a phrase to FTS5, whatever stands in it; its columns go in front, a star behind finds beginnings."""
    quoted = '"' + term.text.replace('"', " ") + '"'
    wanted = f"{{{' '.join(columns)}}} : {quoted}{'' if term.is_phrase else ' *'}"
    matching = f"SELECT rowid FROM {fts(table)} WHERE {fts(table)} MATCH %s"
    return (matching if OWNER[table] == "id" else f"SELECT {OWNER[table]} FROM {table} WHERE id IN ({matching})"), [wanted]


def _postgresql(table: str, columns: tuple[str, ...], term: Term) -> tuple[str, list[str | bool]]:
    asked: list[str | bool] = [term.text, not term.is_phrase]
    if table in SHORT:
        return f"SELECT message_id FROM {table} WHERE {words_of(*columns)} @@ mail_query(%s, %s)", asked
    vector = next(name for name, own in VECTORS.items() if own == columns)
    return f"SELECT message_id FROM mail_message_words WHERE {vector} @@ mail_query(%s, %s)", asked


# What was found, marked


def pattern(asked: Asked, *places: str) -> re.Pattern[str] | None:
    """Finds the terms that may stand in these places, in a text as `folded` makes it; None when there are none."""
    pieces = [_piece(term) for term in asked.terms if term.place in ("", *places)]
    return re.compile("|".join(f"(?:{piece})" for piece in pieces)) if pieces else None


def _piece(term: Term) -> str:
    words = [re.escape(word) for word in re.findall(r"[^\W_]+", folded(term.text))]
    return r"(?<![^\W_])" + r"[\W_]+".join(words) + (r"(?![^\W_])" if term.is_phrase else r"[^\W_]*")


def folded(text: str) -> str:
    """Without capitals and accents, as the indexes see it, and of the same length, so that places stay places."""
    return "".join(_folded_letter(one) for one in text)


def _folded_letter(letter: str) -> str:
    return letter.lower()[:1] if letter.isascii() else unicodedata.normalize("NFKD", letter)[:1].lower()[:1] or letter


def marked(text: str, found: re.Pattern[str] | None) -> SafeString:
    """The text, escaped, with what was found in <mark>."""
    return format_html_join("", "{}", ((piece,) for piece in _marked(text, found)))


def _marked(text: str, found: re.Pattern[str] | None) -> Iterator[str]:
    last = 0
    for match in found.finditer(folded(text)) if found else ():
        yield text[last : match.start()]
        yield format_html("<mark>{}</mark>", text[match.start() : match.end()])
        last = match.end()
    yield text[last:]


def excerpt(text: str, found: re.Pattern[str] | None) -> str:
    """The piece of a body around the first thing found; "" when nothing was found there."""
    line = " ".join(text.split())
    match = found.search(folded(line)) if found else None
    if match is None:
        return ""
    start = max(0, line.rfind(" ", 0, max(0, match.start() - AROUND)) + 1) if match.start() > AROUND else 0
    return ("… " if start else "") + line[start : start + EXCERPT]
