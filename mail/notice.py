"""What a tracked copy tells its recipient: a line below the mail and a header, both with the address of the page where they can refuse."""

from dataclasses import dataclass
from html import escape

from django.conf import settings
from django.utils import translation

from tracking import notices, tokens
from tracking.models import Copy

HEADER = "Tracking-Notice"  # no List-Unsubscribe: whoever refuses to be tracked still wants our mail
LINE = "margin-top:16px;font-size:13px;line-height:1.4"
LINK = "color:#5b6b64"
ENDS = (".", ":", "!", "?", "…")
SAMPLE_PAGE = f"{tokens.PAGE_START}{'A' * 27}/"  # leads nowhere


@dataclass(frozen=True)
class Notice:
    """The page's address, and the words of the line below the mail; without words there is none."""

    url: str
    words: str


def of(copy: Copy, *, language: str) -> Notice:
    """That of one copy, in its sender's language."""
    return _notice(tokens.page_path(copy.public_id), language)


def sample(*, language: str) -> Notice:
    """One as long as any copy's."""
    return _notice(SAMPLE_PAGE, language)


def below(html: str, notice: Notice) -> str:
    """A body with the line at its end."""
    if not notice.words:
        return html
    link = f'<a href="{escape(notice.url)}" style="{LINK}">{escape(notice.words)}</a>'
    return f'{html}<div class="{notices.MARK}" style="{LINE}">{link}</div>'


def below_text(text: str, notice: Notice) -> str:
    """The same of a text part; the address stands in a line of its own, so that no program cuts it."""
    if not notice.words:
        return text
    colon = "" if notice.words.endswith(ENDS) else ":"
    return f"{text.rstrip()}\n\n{notice.words}{colon}\n{notice.url}\n"


def _notice(path: str, language: str) -> Notice:
    with translation.override(language):
        return Notice(settings.SITE_URL + path, notices.words())
