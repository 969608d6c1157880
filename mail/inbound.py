"""What a newly received mail means for what was sent before it: it answers, it says that somebody is away, or it came back."""

import logging
from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from mail import answers, bounces
from mail.models import Message

logger = logging.getLogger(__name__)


def received(message: Message, raw: bytes, *, now: datetime) -> None:
    """Take in everything that follows from a mail that came, or from one's own that another mail program sent.

    Called once for each new message, after it is saved in its thread; a second time changes nothing. Never raises: a mail
    that cannot be understood is still a mail, and the next ones are waiting.
    """
    if answers.is_own(message):
        _safely(message, lambda: answers.take_in_earlier(message, now=now))
    elif not _safely(message, lambda: bounces.read_received(message, raw, now=now)):
        _safely(message, lambda: answers.take_in(message, now=now))


def _safely(message: Message, take_in: Callable[[], object]) -> object:
    try:
        with transaction.atomic():
            return take_in()
    except Exception:
        logger.exception("What follows from message %s could not be taken in.", message.pk)
        return None
