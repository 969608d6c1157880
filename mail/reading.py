"""A message's body as it is shown: a document of its own that can run nothing, load nothing and tell nobody."""

import re

import nh3
from django.utils.html import escape, urlize

from mail import body
from mail.models import Message
from tracking.cleaning import strip_own, strip_own_text

# Sent with the document itself, so that it holds wherever the document is opened. `allow-same-origin` lets the page around the
# frame measure its height; that is safe as long as nothing in the frame can run, hence no `allow-scripts` and `default-src 'none'`.
POLICY = (
    "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox; default-src 'none'; script-src 'none'; "
    "img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "SAMEORIGIN",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-store",
}


def readable_html(message: Message) -> str:
    """The body, safe to show: sanitised again whatever the database holds, without live images of others or of ours."""
    written = body.clean(strip_own(message.body_html)) if message.body_html else plain_as_html(strip_own_text(message.body_text))
    return without_remote_images(written)


def without_remote_images(html: str) -> str:
    """Images stay only when the mail carries them itself; the links open in a new tab and say nothing of where they were."""
    return nh3.clean(
        html,
        tags=SHOWN_TAGS,
        attributes=SHOWN_ATTRIBUTES,
        allowed_classes=body.CLASSES,
        attribute_filter=_drop_remote,
        url_schemes=body.SCHEMES - {"cid"},
        link_rel="noopener noreferrer",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )


def plain_as_html(text: str) -> str:
    """Plain text with its line breaks; addresses become links."""
    paragraphs = re.split(r"\n{2,}", text.replace("\r\n", "\n").strip())
    return "".join(f"<p>{urlize(escape(part)).replace(chr(10), '<br>')}</p>" for part in paragraphs if part)


def _drop_remote(tag: str, name: str, value: str) -> str | None:
    return value if (tag, name) != ("img", "src") or value.lower().startswith("data:") else None


SHOWN_TAGS = body.TEXT_TAGS | body.MARK_TAGS | body.LIST_TAGS | body.TABLE_TAGS
SHOWN_ATTRIBUTES = {**body.ATTRIBUTES, "a": {"href", "title", "target"}}
