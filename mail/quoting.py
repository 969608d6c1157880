"""A message as it is quoted: safe whatever was received, and without pixels and links of ours, which would count one's own reading."""

from base64 import b64encode
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import lxml.html

from mail import body
from mail.models import Attachment, Message
from mail.reading import plain_as_html
from tracking.cleaning import strip_own, strip_own_text

LARGEST_PICTURE = 700_000  # bytes; a larger one is a file of its own
LARGEST_SUM = 3_000_000


def quotable(message: Message) -> tuple[str, list[Attachment]]:
    """The words, with the pictures that stand in them, and those pictures that are too large for that."""
    html = body.clean(strip_own(message.body_html)) or plain_as_html(strip_own_text(message.body_text))
    if "cid:" not in html:
        return html, []
    root = lxml.html.fragment_fromstring(html, create_parent="div")
    left_over = list(_put_in(root, {one.content_id: one for one in message.attachments.all() if one.content_id}))
    written = "".join(lxml.html.tostring(child, encoding="unicode") for child in root)
    return (root.text or "") + written, left_over


def _put_in(root: Any, pictures: dict[str, Attachment]) -> Iterator[Attachment]:
    """Fill in the pictures by their content ids; answers those that were left out."""
    total = 0
    for image in list(root.iter("img")):
        source = image.get("src") or ""
        if not source.lower().startswith("cid:"):
            continue
        picture = pictures.get(unquote(source[4:]))
        url = _data_url(picture, room=LARGEST_SUM - total) if picture else ""
        if url:
            image.set("src", url)
            total += len(url)
        else:
            image.drop_tree()
            yield from [picture] if picture else []


def _data_url(picture: Attachment, *, room: int) -> str:
    """The picture as an address that holds it; "" for one that is too large, of no kind that mails show, or missing."""
    start = f"data:{picture.content_type};base64,"
    if picture.size > min(LARGEST_PICTURE, room) or not body.INLINE_IMAGE.fullmatch(start):
        return ""
    try:
        with picture.file.open("rb") as file:
            return start + b64encode(file.read()).decode()
    except FileNotFoundError:
        return ""
