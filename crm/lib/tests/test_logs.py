"""No log line holds a tracking token."""

import logging
import sys

import pytest

from crm.lib.logs import Line, MaskTokens


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('"GET /i/AbCdEfGhIjKlMnOpQrStUv.gif HTTP/1.1" 200 43', '"GET /i/… HTTP/1.1" 200 43'),
        ('"GET /l/AbCdEfGhIjKlMnOp?u=https%3A%2F%2Fa.test HTTP/1.1" 302', '"GET /l/… HTTP/1.1" 302'),
        ("http://127.0.0.1:8000/i/AbCdEfGhIjKlMnOpQrStUv.gif", "http://127.0.0.1:8000/i/…"),
        ("Not Found: /mail/pictures/WzE3NiwxLG51bGws:gtPxcrHwS_aM8/", "Not Found: /mail/pictures/…"),
        ("Not Found: /p/AbCdEfGhIjKlMnOpQrStUvWxYz0/", "Not Found: /p/…"),
        ("Not Found: /p/ask/AbCdEfGhIjKlMnOpQrStUvWxYz012345/", "Not Found: /p/ask/…"),
        ('"GET /p/AbCdEfGhIjKlMnOpQrStUvWxYzA/?said=sent HTTP/1.1" 200', '"GET /p/… HTTP/1.1" 200'),
        ("Not Found: /p/ask/AbCdEfGhIjKlMnOp/", "Not Found: /p/ask/…"),
        ("Gone: /p/data/AbCdEfGhIjKlMnOp:1vABCd:x-y_z/zip/", "Gone: /p/data/…"),
        ("Not Found: /calendar/AbCdEfGhIjKlMnOpQrStUvWxYz.ics", "Not Found: /calendar/…"),
        ('"GET /activities/calendar/?mode=month HTTP/1.1" 200', '"GET /activities/calendar/?mode=month HTTP/1.1" 200'),
        ('"GET /mail/inbox/ HTTP/1.1" 200', '"GET /mail/inbox/ HTTP/1.1" 200'),
    ],
)
def test_tokens_are_masked_and_the_rest_is_kept(line: str, expected: str) -> None:
    record = logging.LogRecord("any", logging.INFO, "f", 1, "%s", (line,), None)
    assert MaskTokens().filter(record)
    assert record.getMessage() == expected


def test_what_an_error_quotes_is_masked_and_where_it_happened_stays() -> None:
    words = "No row for anna@client.test from 203.0.113.7 and 2001:db8::17, asked for /p/AbCdEfGhIjKlMnOpQrStUvWxYz0/"
    words += "\nDETAIL:  Key (subject)=(Proposal) already exists."
    try:
        raise ValueError(words)
    except ValueError:
        record = logging.LogRecord("any", logging.ERROR, "f", 1, "Failed: %s", ("no\nDETAIL:  Key (subject)=(Proposal)",), sys.exc_info())
    text = Line("%(message)s").format(record)
    for secret in ("anna@client.test", "203.0.113.7", "db8::17", "AbCdEfGh", "Proposal"):
        assert secret not in text
    assert "ValueError: No row for" in text
    assert 'test_logs.py", line' in text
