"""When a mail was written and when it came, as its header fields say."""

from datetime import UTC, datetime
from email.utils import parsedate_tz

from django.utils.dateparse import parse_datetime

from mail.parsing import charsets
from mail.parsing.heads import Head

FIRST, LAST = datetime(1971, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)  # there was no mail before
LONGEST = 200  # characters


def dated_at(head: Head) -> datetime | None:
    """What the Date field says, in UTC; None for what makes no sense."""
    return _moment(charsets.decode(head.first("date")))


def received_at(head: Head) -> datetime | None:
    """When the last server took it: the end of the topmost Received field (RFC 5321 4.4)."""
    return _moment(charsets.decode(head.first("received")).rpartition(";")[2])


def _moment(text: str) -> datetime | None:
    try:
        found = _read(" ".join(text[:LONGEST].split()))
    except (ValueError, TypeError, OverflowError, IndexError):  # the library raises all of them on digits in odd places
        return None
    return found if found and FIRST <= found < LAST else None


def _read(text: str) -> datetime | None:
    parts = parsedate_tz(text)
    if parts is None:
        plain = parse_datetime(text)
        return plain.replace(tzinfo=plain.tzinfo or UTC).astimezone(UTC) if plain else None
    moment = datetime(*parts[:5], min(parts[5], 59), tzinfo=UTC)  # a leap second is none here
    offset = parts[9] or 0
    return datetime.fromtimestamp(moment.timestamp() - offset, UTC) if abs(offset) < 24 * 3600 else moment
