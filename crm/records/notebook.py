"""Notes: written, changed, pinned; and the colleagues whom they mention."""

import re
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

import lxml.html
import nh3
from django.db import transaction
from django.utils import translation
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from inscriptis import Inscriptis
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.model.config import ParserConfig

from crm.accounts.models import User
from crm.records import readers
from crm.records.models import Note, Record
from crm.records.removal import as_link
from notifications import feed, switches

LONGEST = 20_000  # characters of a note
LONGEST_HTML = 200_000
TAGS = {
    *("p", "div", "br", "b", "strong", "i", "em", "u", "s", "strike", "code", "pre"),
    *("a", "ul", "ol", "li", "blockquote", "span", "h1", "h2", "h3"),
}
ATTRIBUTES = {"a": {"href"}, "span": {"data-mention"}}
SCHEMES = {"http", "https", "mailto", "tel"}
TAG = re.compile(r"<[^<>]*>")
FORMATTING = re.compile(r"<(?:a|b|code|em|i|s|strike|strong|u)[\s/>]", re.IGNORECASE)
HARMLESS = 100_000  # elements: unclosed formatting is opened anew in each block that follows
PLAIN = ParserConfig(css=CSS_PROFILES["strict"].copy())
SPACES = re.compile(r"\n{3,}")


class CannotNote(Exception):
    """The note is empty or too long; says so to its author."""


@dataclass(frozen=True)
class Written:
    """A note as it is kept: its words, and its HTML made safe; "" of a plain one. `mentions` are pks that its marks name."""

    text: str
    html: str
    mentions: frozenset[int] = frozenset()


def read(*, text: str, html: str = "") -> Written:
    """What was written, as it is kept; where there is HTML, the plain text is its. Raises CannotNote."""
    written = _read_html(html) if html.strip() else Written(text.strip(), "")
    if not written.text:
        raise CannotNote(_("Write something first."))
    if len(written.text) > LONGEST or len(html) > LONGEST_HTML:
        raise CannotNote(_too_long(len(written.text)))
    return written


def _too_long(length: int) -> str:
    if length <= LONGEST:
        return _("This note holds more formatting than can be kept. Paste it as plain text, or attach it as a file.")
    words = {"limit": number_format(LONGEST, force_grouping=True), "length": number_format(length, force_grouping=True)}
    return _("A note holds at most {limit} characters, and this one has {length}. Shorten it, or attach it as a file.").format(**words)


def _read_html(html: str) -> Written:
    if len(html) > LONGEST_HTML or len(FORMATTING.findall(html)) * html.count("<") > HARMLESS:
        html = f"<p>{escape(TAG.sub(' ', html))}</p>"
    clean = nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel="noopener noreferrer nofollow")
    tree = lxml.html.fragment_fromstring(clean.replace("\xa0", " "), create_parent="div")
    lines = Inscriptis(tree, PLAIN).get_text().splitlines()
    text = SPACES.sub("\n\n", "\n".join(line.rstrip() for line in lines))
    return Written(text.strip(), clean if text.strip() else "", frozenset(_marked(tree)))


def _marked(tree: Any) -> set[int]:
    """Whom the marks name, as long as a whole name still stands there."""
    marks = tree.xpath("//span[@data-mention]")
    pks = {mark.get("data-mention") for mark in marks if mark.text_content().strip().startswith("@")}
    return {int(pk) for pk in pks if pk.isascii() and pk.isdigit() and len(pk) < 16}


@transaction.atomic
def write(*, record: Record, author: User, now: datetime, text: str = "", html: str = "") -> Note:
    """Note something about a record, and tell those whom the note mentions. Raises CannotNote."""
    written = read(text=text, html=html)
    note = Note.objects.create(author=author, text=written.text, html=written.html, created_at=now, **as_link(record))
    _mention(note, written, now=now)
    return note


@transaction.atomic
def rewrite(*, note: Note, now: datetime, text: str = "", html: str = "") -> Note:
    """Change a note; the day it was first written stays, and the page says that it was edited. Raises CannotNote."""
    written = read(text=text, html=html)
    if (note.text, note.html) != (written.text, written.html):
        note.text, note.html, note.edited_at = written.text, written.html, now
        note.save(update_fields=["text", "html", "edited_at"])
        _mention(note, written, now=now)
    return note


@transaction.atomic
def pin(*, note: Note, is_pinned: bool, now: datetime) -> None:
    """Put a note above everything else on its record's page, or back into its place."""
    note.pinned_at = now if is_pinned else None
    note.save(update_fields=["pinned_at"])


def _mention(note: Note, written: Written, *, now: datetime) -> None:
    """Keep whom the note mentions; who was not mentioned before is told."""
    told = set(note.mentions.values_list("pk", flat=True))
    mentioned = _mentioned(note, written)
    note.mentions.set(mentioned)
    for user in mentioned:
        if user.pk not in told and user != note.author and switches.is_on(user, "mention"):
            _tell(note, user, now)


def _mentioned(note: Note, written: Written) -> list[User]:
    """Colleagues who are marked, or whose names stand behind an “@”, and who may see the record."""
    record = note.record
    if record is None or "@" not in written.text:
        return []
    users = User.objects.filter(is_active=True).select_related("team", "custom_role").order_by("pk")
    named = [user for user in users if _is_named(user, written)]
    marked = {str(user) for user in named if user.pk in written.mentions}
    wanted = [user for user in named if user.pk in written.mentions or str(user) not in marked]
    return [user for user in wanted if readers.may_see(user, record)]


def _is_named(user: User, written: Written) -> bool:
    return re.search(rf"@{re.escape(str(user))}(?!\w)", written.text, re.IGNORECASE) is not None


def _tell(note: Note, user: User, now: datetime) -> None:
    record = note.record
    if record is None:
        return
    with translation.override(user.language):
        feed.notify(
            user=user,
            kind="mention",
            title=_("{name} mentioned you in a note: {record}").format(name=note.author, record=record),
            detail=" ".join(note.text.split()),
            url=f"{record.get_absolute_url()}?kind=notes#note-{note.pk}",
            group_key=f"mention:{note.pk}",
            now=now,
        )
