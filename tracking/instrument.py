"""A tracked mail and its body: links rewritten, pixel placed, everything else as it was."""

import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import transaction

from crm.accounts.models import User
from crm.records.models import Person
from tracking import hosts, links, markup, tokens
from tracking.models import Copy, TrackedLink, TrackedMail

logger = logging.getLogger(__name__)
BODY_END, HTML_END = "</body", "</html"
BOM = "\ufeff"


def track(
    *, owner: User, subject: str, url: str, tracks_opens: bool, tracks_links: bool, now: datetime, sender: str = "", is_local: bool = False
) -> TrackedMail:
    """Begin to track a mail: `url` is the path back to it, `sender` the address that it goes out from.

    `is_local` says that the demo's own server takes it to a mailbox on this machine, past no filter.
    """
    return TrackedMail.objects.create(
        owner=owner,
        subject=subject[:300],
        url=url,
        tracks_opens=tracks_opens,
        tracks_links=tracks_links,
        created_at=now,
        host=hosts.host_for(sender),
        is_local=is_local,
    )


def add_copy(*, mail: TrackedMail, person: Person | None = None, email: str = "") -> Copy:
    """One instrumented body of the mail; person and address stay empty when several recipients share it."""
    return Copy.objects.create(mail=mail, person=person, email=email)


def mark_returned(*, copy: Copy, at: datetime) -> None:
    """Note that the copy could not be delivered: what loads it from now on is its sender, looking at the returned mail."""
    Copy.objects.filter(pk=copy.pk, returned_at=None).update(returned_at=at)


def mark_dispatched(*, copy: Copy, at: datetime) -> None:
    """Note when the mail server took the copy."""
    Copy.objects.filter(pk=copy.pk).update(dispatched_at=at)


def instrument(html: str, *, copy: Copy) -> str:
    """The body with this copy's pixel and links, whose rows are saved; the original after any fault of ours, which is logged."""
    try:
        with transaction.atomic():
            return _instrumented(html, copy)
    except Exception:  # a mail that cannot be tracked is still a mail
        logger.exception("A mail goes out untracked: its body could not be prepared.")
        return html


def _instrumented(html: str, copy: Copy) -> str:
    body = html.removeprefix(BOM)
    root = markup.parse(body)
    found = links.find(body, root) if copy.mail.tracks_links else []
    rows = _save_links(copy.mail, found)
    hrefs = [hosts.base_of(copy.mail) + tokens.link_path(copy.public_id, row.number, row.target) for row in rows]
    # zip stops at the last number that a token can carry
    spans = [markup.Span(link.start, link.end, markup.quoted(href)) for link, href in zip(found, hrefs, strict=False)]
    if copy.mail.tracks_opens:
        return html[: len(html) - len(body)] + _with_pixel(body, root, spans, pixel(copy))
    return html[: len(html) - len(body)] + markup.splice(body, spans)


def _save_links(mail: TrackedMail, found: list[links.Found]) -> list[TrackedLink]:
    """A row per link, in order; the mail's other copies and a second try at sending find theirs again."""
    known = list(mail.links.all())
    rows, fresh, number = [], [], max((row.number for row in known), default=-1)
    for link in found:
        row = next((row for row in known if row.target == link.target), None)
        if row:
            known.remove(row)
        elif number < tokens.MAX_NUMBER:
            number += 1
            row = TrackedLink(mail=mail, number=number, target=link.target, text=link.text[:200])
            fresh.append(row)
        else:
            break
        rows.append(row)
    # another worker may be numbering the same links for another copy: the same body gives them the same numbers
    TrackedLink.objects.bulk_create(fresh, ignore_conflicts=True)
    return rows


def pixel(copy: Copy) -> str:
    """The image of a copy: small and unhidden, since spam filters punish what is hidden."""
    src = hosts.base_of(copy.mail) + tokens.pixel_path(copy.public_id)
    return f'<img src="{src}" width="1" height="1" alt="" style="border:0;width:1px;height:1px">'


def _with_pixel(html: str, root: Any, spans: list[markup.Span], image: str) -> str:
    """The pixel as the last thing of the body, or wherever else it changes nothing but itself."""
    wanted = list(_outline(root))
    for position in _places(html, root):
        candidate = markup.splice(html, [*spans, markup.Span(position, position, image)])
        if _is_faithful(candidate, wanted, image):
            return candidate
    logger.warning("A mail goes out without a pixel: its HTML has no place for one.")
    return markup.splice(html, spans)


def _places(html: str, root: Any) -> Iterator[int]:
    """Where a pixel can stand, best first: before the body's end, at the very end, at the body's beginning."""
    low = html.lower()
    if len(low) == len(html):  # it is not for a few letters (İ), whose offsets would then be wrong
        yield from (low.rindex(end) for end in (BODY_END, HTML_END) if end in low)
    yield len(html)
    for body in markup.elements(root, frozenset({"body"})):
        yield markup.tag_span(html, body.start)[1]
    yield 0


def _is_faithful(candidate: str, wanted: list[Any], image: str) -> bool:
    """Whether a client builds the same tree as before, apart from addresses of links and one image within the body."""
    outline = list(_outline(markup.parse(candidate)))
    src = image.split('"')[1]
    pixels = [number for number, entry in enumerate(outline) if entry[0] == "img" and entry[1].get("src") == src]
    if len(pixels) != 1 or not outline[pixels[0]][2]:
        return False
    del outline[pixels[0]]
    return _joined(outline) == _joined(wanted)


def _outline(root: Any) -> Iterator[tuple[str, Any, bool, int]]:
    """Every node as name, attributes or text, whether it is inside the body, and depth; addresses of links left out."""
    stack = [(root, False, 0)]
    while stack:
        node, is_in_body, depth = stack.pop()
        if node.name.startswith(("#", "!")):
            yield node.name, getattr(node, "data", None) if node.name == "#text" else None, is_in_body, depth
        else:
            attributes = dict(node.attrs)
            if node.name in links.LINKS:
                attributes.pop("href", None)
            yield node.name, attributes, is_in_body, depth
        is_in_body = is_in_body or node.name == "body"
        stack += [(child, is_in_body, depth + 1) for child in reversed(node.children or [])]


def _joined(outline: list[Any]) -> list[Any]:
    """The outline with neighbouring texts as one, and without those that are blank."""
    joined: list[Any] = []
    for name, content, is_in_body, depth in outline:
        if name == "#text" and joined and joined[-1][0] == "#text" and joined[-1][3] == depth:
            joined[-1] = (name, joined[-1][1] + content, is_in_body, depth)
        else:
            joined.append((name, content, is_in_body, depth))
    return [entry for entry in joined if entry[0] != "#text" or entry[1].strip()]
