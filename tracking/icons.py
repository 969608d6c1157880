"""What the eye (a reply arrow once answered) and the link of a tracked mail look like, and what they say to whoever cannot see them."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tracking import wording
from tracking.reading import Activity


class State(StrEnum):
    """How far a mail got, by one of its icons; the value is the class in tracking.css."""

    NOTHING = ""
    LOADED = "is-loaded"  # by what may have been software alone
    SEEN = "is-seen"  # by a person, or by a proxy acting for one


@dataclass(frozen=True, slots=True)
class Icon:
    """One icon: `count` is of what counts, `words` are its text."""

    state: State
    count: int
    words: str
    is_checking: bool = False
    sign: str = ""  # name of the picture in Lucide

    @property
    def css(self) -> str:
        """Its classes besides the common one."""
        return " ".join(name for name in (self.state, "is-checking" if self.is_checking else "") if name)


def eye(activity: Activity) -> Icon:
    """Whether the mail was opened, and that it was answered. Whoever follows a link or answers has read the mail."""
    mail = activity.mail
    if activity.answers:
        return Icon(State.SEEN, len(activity.answers), wording.replied(activity.answers[0]), sign="reply")
    undecided = mail.loaded_count if mail.counts_undecided else 0  # type: ignore[attr-defined]
    if mail.first_opened_at or undecided:
        return Icon(State.SEEN, mail.open_count + undecided, opened_words(mail.open_count, undecided), sign="eye")
    if mail.last_open_on:
        return Icon(State.SEEN, 0, wording.opened_on(mail.last_open_on), sign="eye")
    if mail.first_clicked_at:
        return Icon(State.SEEN, 0, _("Read: a link was followed"), sign="eye")
    if mail.first_loaded_at:
        return Icon(State.LOADED, 0, _("Loaded by mail software, may not have been read"), sign="eye")
    words = _("Not tracked, as was decided at sending") if activity.is_untracked else _("Not opened, or images blocked")
    return Icon(State.NOTHING, 0, words, sign="eye")


def chain(activity: Activity) -> Icon:
    """Whether links were followed; a fresh click is being looked at for some seconds."""
    mail, is_checking = activity.mail, activity.is_checking
    undecided = mail.requested_count if mail.counts_undecided else 0  # type: ignore[attr-defined]
    if mail.first_clicked_at or undecided:
        state, words = State.SEEN, followed_words(mail.click_count, undecided)
    elif mail.first_requested_at:
        state, words = State.LOADED, _("A link was requested, perhaps by software alone")
    else:
        plain = activity.is_untracked or activity.has_plain_links
        state, words = State.NOTHING, _("Links are not tracked, as was decided at sending") if plain else _("No link followed yet")
    if is_checking:
        checking = _("finding out whether a person followed it")
        words = f"{words}; {checking}" if state else _("A link was requested; finding out whether a person followed it")
    return Icon(state, mail.click_count + undecided, words, is_checking, sign="link")


def opened_words(times: int, undecided: int) -> str:
    """“Opened 3 times”, and how many of them may have been software when the user wants those counted."""
    line = ngettext("Opened once", "Opened %(counter)s times", times + undecided) % {"counter": times + undecided}
    return f"{line} ({_of_them_undecided(undecided)})" if undecided else line


def followed_words(times: int, undecided: int) -> str:
    """“Links followed 3 times”, likewise."""
    line = ngettext("One link followed", "Links followed %(counter)s times", times + undecided) % {"counter": times + undecided}
    return f"{line} ({_of_them_undecided(undecided)})" if undecided else line


def _of_them_undecided(number: int) -> str:
    return ngettext("one of them undecided", "%(number)d of them undecided", number) % {"number": number}
