"""The mail side of the demo: what arrived for an address, and what its reader's program does with it."""

import contextlib
import email
import time
import urllib.request
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import default
from typing import Any

from justhtml import JustHTML

from crm.demo import maildir
from scripts.demo_process import Demo

READER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Thunderbird/128.4.0"


def wait_for_mail(demo: Demo, address: str, subject: str) -> EmailMessage:
    """The newest mail of that subject that the SMTP server kept for the address. Raises AssertionError after 20 s."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        for raw in _mails(demo, address):
            message = email.message_from_bytes(raw, policy=default)
            if message["Subject"] == subject:
                assert isinstance(message, EmailMessage)
                return message
        time.sleep(0.1)
    raise AssertionError(f"no mail “{subject}” for {address}")


def html_of(message: EmailMessage) -> str:
    part = message.get_body(("html",))
    assert part is not None
    return str(part.get_content())


def pixel_of(message: EmailMessage) -> str:
    """Address of the only image that leads to the tracking host's pixel path."""
    found = [str(image.attrs.get("src")) for image in _all(message, "img") if "/i/" in str(image.attrs.get("src"))]
    assert len(found) == 1, found
    return found[0]


def links_of(message: EmailMessage) -> list[str]:
    """Where the links that were written lead; the one to the recipient's own page stands below them."""
    return [href for link in _all(message, "a") if "/p/" not in (href := str(link.attrs.get("href")))]


def text_of(message: EmailMessage) -> str:
    """The plain text that was written, without the line that leads to the recipient's own page."""
    part = message.get_body(("plain",))
    assert part is not None
    written, line, _page = str(part.get_content()).partition("The sender is told")
    assert line
    return written


def load(address: str) -> tuple[int, bytes]:
    """Fetch as a mail program without cookies does."""
    request = urllib.request.Request(address, headers={"User-Agent": READER})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.status, answer.read()


def follow(address: str) -> tuple[int, str]:
    """Status and target of a redirect, without going there."""

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *args: Any, **kwargs: Any) -> None:
            return None

    try:
        urllib.request.build_opener(Stay).open(urllib.request.Request(address, headers={"User-Agent": READER}), timeout=10)
    except urllib.error.HTTPError as answer:
        return answer.code, answer.headers["Location"]
    raise AssertionError("no redirect")


def _all(message: EmailMessage, tag: str) -> list[Any]:
    return list(JustHTML(html_of(message), sanitize=False).query(tag))


def _mails(demo: Demo, address: str) -> Iterator[bytes]:
    """What lies in a mailbox, the newest first; what its reader's program moves elsewhere meanwhile is found the next time."""
    for mail in maildir.mails(maildir.mailbox(demo.data_dir / "demo-mail", address)):
        with contextlib.suppress(FileNotFoundError):
            yield mail.path.read_bytes()
