"""Addresses of the pictures inside of a mail's frame, which sends no cookie: each is signed, and good for this reader and some hours.

One leads to a part of the mail itself, or to a picture on the web that is then fetched by us. No tracker ever gets an address.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core import signing
from django.core.cache import cache
from django.urls import reverse

from crm.lib import outward
from mail import kept_pictures, redrawing, trackers
from mail.models import Attachment, Message
from mail.redrawing import Drawn

SALT = "mail.pictures"
STEP = timedelta(hours=6)  # an address stays the same for so long, so that browsers keep the picture
MOST_A_MINUTE = 240  # pictures that one reader has fetched
MOST_SLOW = 6  # of them that took all of their time: a server that never ends must not keep ours from answering others
SECONDS = 8.0
ACCEPT = "image/webp,image/png,image/jpeg,image/gif;q=0.9"


class NotShown(Exception):
    """There is no such picture, it is none, or its address is not ours."""


class TooMany(Exception):
    """The reader has had more pictures fetched than any mail has."""


@dataclass(frozen=True)
class Address:
    """What a signed address stands for: a part of a message, or a picture on the web that the message shows."""

    message: int
    owner: int
    part: int | None
    src: str


def of_part(message: Message, part: Attachment, *, now: datetime) -> str:
    """The address of a picture that came with the mail."""
    return _signed(Address(message.pk, message.owner_id, part.pk, ""), now)


def of_web(message: Message, src: str, *, now: datetime) -> str:
    """The address under which we fetch a picture for the reader."""
    return _signed(Address(message.pk, message.owner_id, None, src), now)


def read(token: str, *, now: datetime) -> Address:
    """What an address stands for. Raises NotShown when it was not signed by us or is too old."""
    try:
        message, owner, part, src, until = signing.Signer(salt=SALT).unsign_object(token)
    except (signing.BadSignature, ValueError, TypeError):
        raise NotShown from None
    if now.timestamp() > until:
        raise NotShown
    return Address(message, owner, part, src)


def draw(address: Address, *, now: datetime) -> Drawn:
    """The picture, drawn anew. Raises NotShown, and TooMany."""
    if not Message.objects.filter(pk=address.message, owner=address.owner, owner__is_active=True).exists():
        raise NotShown
    if address.part:
        return _redrawn(_part(address, address.part))
    if kept := kept_pictures.find(address.owner, address.src, now=now):
        return kept
    drawn = _redrawn(_fetched(address, now))
    kept_pictures.keep(address.owner, address.src, drawn)
    return drawn


def _redrawn(content: bytes) -> Drawn:
    try:
        return redrawing.redraw(content)
    except redrawing.Unusable:
        raise NotShown from None


def _part(address: Address, pk: int) -> bytes:
    part = Attachment.objects.filter(pk=pk, message=address.message).first()
    if part is None or part.size > 4 * redrawing.MAX_BYTES:
        raise NotShown
    try:
        with part.file.open("rb") as file:
            content: bytes = file.read(4 * redrawing.MAX_BYTES + 1)
    except OSError:
        raise NotShown from None
    return content


def _fetched(address: Address, now: datetime) -> bytes:
    if trackers.opening(address.src):
        raise NotShown
    if _counted("pictures", address.owner, now) > MOST_A_MINUTE or _counted("slow", address.owner, now, more=0) > MOST_SLOW:
        raise TooMany
    try:
        return outward.fetch(address.src, accept=ACCEPT, most_bytes=redrawing.MAX_BYTES, seconds=SECONDS).content
    except outward.CannotFetch as error:
        if isinstance(error, outward.TooSlow):
            _counted("slow", address.owner, now)
        raise NotShown from None


def _counted(what: str, owner: int, now: datetime, *, more: int = 1) -> int:
    """How often that happened to this reader within the minute, this time included."""
    key = f"{what}:{owner}:{int(now.timestamp()) // 60}"
    cache.add(key, 0, timeout=120)
    try:
        return cache.incr(key, more)
    except ValueError:  # dropped meanwhile
        return more


def _signed(address: Address, now: datetime) -> str:
    until = int((now.timestamp() // STEP.total_seconds() + 2) * STEP.total_seconds())
    value: Any = [address.message, address.owner, address.part, address.src, until]
    return reverse("mail:picture", args=[signing.Signer(salt=SALT).sign_object(value)])
