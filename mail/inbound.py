"""What a newly received mail means for what was sent before it."""

from datetime import datetime

from mail.models import Message


def received(message: Message, raw: bytes, *, now: datetime) -> None:
    """Take in everything that follows from a mail that came."""
