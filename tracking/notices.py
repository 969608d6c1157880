"""The line below a tracked mail that leads to its recipient's page: its words, and how it is known again in what is quoted.

Whoever has the address of a page can refuse in the recipient's name, so it stays in the recipient's own mail and nowhere else.
"""

import re
from collections.abc import Iterator

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from crm.consent.models import Settings as Company
from crm.consent.questions import ASK_START
from tracking import links, tokens
from tracking.wrapping import layers

MARK = "candor_notice"  # class of the line; mail programs keep it, some with a prefix of theirs (Outlook's x_, Gmail's m_…)
GAP = r"[\s>|]+"  # between two words: line breaks, and what marks a quotation
ADDRESS = r"[\s>|:]*[<\[(]?\s*(?P<url>https?://[^\s<>\"'\]\[{}|()]+)[>\])]?"


def words() -> str:
    """The line's words in the language that is active: the company's, else ours; "" where the company wants no line."""
    company = Company.load()
    if not company.shows_footer:
        return ""
    return " ".join(company.footer.split()) or _ours()


def is_own_page(url: str) -> bool:
    """Whether an address is the page of one of our recipients, or of a question to them, or is wrapped around one."""
    return any(map(_is_page, layers(url)))


def without_lines(text: str) -> str:
    """A text without the lines that lead to our pages, as far as their words are known; the addresses go with them."""
    for known in _known_words():
        pattern = r"(?:\r?\n)*" + GAP.join(map(re.escape, known.split())) + ADDRESS
        text = re.sub(pattern, lambda found: "" if is_own_page(found["url"]) else found[0], text)
    return text


def _ours() -> str:
    return _("The sender is told when this mail is opened. What is kept, and how to refuse")


def _known_words() -> Iterator[str]:
    """What may stand there: the company's words as they are now, and ours in every language."""
    footer = Company.load().footer
    if footer.strip():
        yield footer
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            yield _ours()


def _is_page(url: str) -> bool:
    path = "/" + "/".join(url.split("/", 3)[3:]).partition("?")[0].partition("#")[0] if "://" in url else ""
    path = path.rstrip("/") + "/"  # some programs take the last stroke for the sentence's
    if tokens.read_page(path) is not None:
        return True
    return links.is_own(url) and (bool(tokens.PAGE.fullmatch(path)) or (path.startswith(ASK_START) and path != ASK_START))
