"""Reading what was typed into the search box: words, "quoted phrases", and operators such as from:anna has:attachment."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.utils.translation import gettext as _

from crm.accounts.models import User
from mail.models import Message

MAX_TERMS = 12
PIECE = re.compile(r'(?:(?P<name>[a-z]+):)?(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))', re.IGNORECASE)
DATES = (re.compile(r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})"), re.compile(r"(?P<d>\d{1,2})[.](?P<m>\d{1,2})[.](?P<y>\d{4})"))
PLACES = {"from": "from", "to": "to", "cc": "to", "bcc": "to", "subject": "subject", "filename": "file"}
FOLDERS = {str(folder): folder for folder in Message.Folder} | {"draft": Message.Folder.DRAFTS, "bin": Message.Folder.TRASH}
FLAGS = {  # what `is:` and `has:` may name; filters of lists are known besides
    "is:unread": {"is_read": False},
    "is:read": {"is_read": True},
    "is:starred": {"thread__is_starred": True},
}
ALIASES = {"has:attachments": "attachment", "has:file": "attachment", "has:deal": "deal", "has:attachment": "attachment"}


@dataclass(frozen=True)
class Term:
    """Something to be found: `place` is from, to, subject, file, or "" for anywhere. A word may be the beginning of a longer one."""

    text: str
    place: str = ""
    is_phrase: bool = False

    @property
    def has_words(self) -> bool:
        return any(one.isalnum() for one in self.text)


@dataclass
class Asked:
    """What was typed, taken apart. `mistakes` are sentences for the person about what could not be read."""

    terms: list[Term] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)  # keys of FLAGS
    filters: list[str] = field(default_factory=list)  # names of the lists' filters
    folders: list[str] = field(default_factory=list)
    is_everywhere: bool = False  # also in the trash
    after: datetime | None = None
    before: datetime | None = None
    mistakes: list[str] = field(default_factory=list)

    @property
    def is_nothing(self) -> bool:
        return not (self.terms or self.flags or self.filters or self.folders or self.is_everywhere or self.after or self.before)


def read(text: str, *, user: User, filters: tuple[str, ...]) -> Asked:
    """Take apart what was typed; nothing in it can be a mistake that keeps the rest from being found."""
    asked = Asked()
    for piece in PIECE.finditer(text.replace("\0", " ")):
        name, phrase, word = (piece.group("name") or "").lower(), piece.group("phrase"), piece.group("word")
        value = phrase if phrase is not None else word or ""
        if not _read_operator(asked, name, value, user=user, filters=filters):
            plain = Term(value, PLACES.get(name, ""), is_phrase=phrase is not None)
            _add(asked, plain if name in PLACES or not name else Term(f"{name}:{value}", is_phrase=phrase is not None))
    return asked


def _add(asked: Asked, term: Term) -> None:
    if term.has_words and len(asked.terms) < MAX_TERMS:
        asked.terms.append(term)


def _read_operator(asked: Asked, name: str, value: str, *, user: User, filters: tuple[str, ...]) -> bool:
    """Whether this was an operator other than a place to look in."""
    if name == "in":
        return _read_folder(asked, value.lower())
    if name in ("before", "after"):
        _read_date(asked, name, value, user)
        return True
    flag = f"{name}:{value.lower()}"
    if flag in FLAGS:
        asked.flags.append(flag)
    elif name in ("is", "has") and ALIASES.get(flag, value.lower()) in filters:
        asked.filters.append(ALIASES.get(flag, value.lower()))
    else:
        return False
    return True


def _read_folder(asked: Asked, name: str) -> bool:
    if name in ("anywhere", "all"):
        asked.is_everywhere = True
    elif name in FOLDERS:
        asked.folders.append(FOLDERS[name])
    else:
        asked.mistakes.append(_("There is no folder “%(name)s”.") % {"name": name})
    return True


def _read_date(asked: Asked, name: str, value: str, user: User) -> None:
    found = _day(value)
    if found is None:
        asked.mistakes.append(_("“%(text)s” is not a date. Write it like 2026-11-26.") % {"text": value})
        return
    day = found + timedelta(days=1) if name == "after" else found  # after a day means: from the next one on
    setattr(asked, name, datetime.combine(day, time.min, tzinfo=user.zone))


def _day(text: str) -> date | None:
    for pattern in DATES:
        if found := pattern.fullmatch(text):
            try:
                day = date(int(found["y"]), int(found["m"]), int(found["d"]))
            except ValueError:
                return None
            return day if 1900 < day.year < 9000 else None
    return None
