"""No log line holds a tracking token."""

import logging

import pytest

from crm.lib.logs import MaskTokens


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('"GET /i/AbCdEfGhIjKlMnOpQrStUv.gif HTTP/1.1" 200 43', '"GET /i/… HTTP/1.1" 200 43'),
        ('"GET /l/AbCdEfGhIjKlMnOp?u=https%3A%2F%2Fa.test HTTP/1.1" 302', '"GET /l/… HTTP/1.1" 302'),
        ("http://127.0.0.1:8000/i/AbCdEfGhIjKlMnOpQrStUv.gif", "http://127.0.0.1:8000/i/…"),
        ("Not Found: /mail/pictures/WzE3NiwxLG51bGws:gtPxcrHwS_aM8/", "Not Found: /mail/pictures/…"),
        ('"GET /mail/inbox/ HTTP/1.1" 200', '"GET /mail/inbox/ HTTP/1.1" 200'),
    ],
)
def test_tokens_are_masked_and_the_rest_is_kept(line: str, expected: str) -> None:
    record = logging.LogRecord("any", logging.INFO, "f", 1, "%s", (line,), None)
    assert MaskTokens().filter(record)
    assert record.getMessage() == expected
