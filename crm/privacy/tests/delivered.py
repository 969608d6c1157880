"""A mail that really went out, and what its recipient's mail program and browser do with it."""

import email
import re
from dataclasses import dataclass
from email.policy import default
from typing import Any

from django.core import mail as outbox
from django.test import Client
from django.utils import timezone

from crm.accounts.models import User
from crm.privacy import asking
from mail import sending
from mail.models import Message
from mail.tests.fake_smtp import FakeServer
from tracking import draining, tokens
from tracking.models import Copy, Event

TRACK = "http://track.test"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


@dataclass
class Delivered:
    """One copy as its recipient got it."""

    message: Message
    html: str
    copy: Copy

    @property
    def page(self) -> str:
        return tokens.page_path(self.copy.public_id)

    @property
    def addresses(self) -> list[str]:
        """Of its pixel and its tracked links, without the host."""
        return [one.replace("&amp;", "&") for one in re.findall(rf'"{TRACK}(/[il]/[^"]+)"', self.html)]

    def read(self) -> int:
        """Load the pixel and follow each link; answers how many hits that made."""
        before = Event.objects.count()
        for address in self.addresses:
            response = Client().get(address, headers={"Host": "track.test", "User-Agent": FIREFOX})
            assert response.status_code == (200 if address.startswith("/i/") else 302)
        draining.drain(now=timezone.now())
        return Event.objects.count() - before


def deliver(server: FakeServer, message: Message) -> list[Delivered]:
    """Send what is queued, and take apart what the server took: a copy for each envelope."""
    known = len(server.taken)
    sending.send_due(clock=timezone.now)
    return [_taken(message, one.recipients, one.data) for one in server.taken[known:]]


def _taken(message: Message, recipients: list[str], data: bytes) -> Delivered:
    body = email.message_from_bytes(data, policy=default).get_body(("html",))
    assert body
    address = recipients[0].partition("<")[2].partition(">")[0] or recipients[0]
    copy = Copy.objects.filter(deliveries__message=message, deliveries__recipients__email=address).get()
    return Delivered(message, str(body.get_content()), copy)


def mailed() -> list[Any]:
    """Candor's own mails, after the worker has looked."""
    asking.send_due(clock=timezone.now)
    return outbox.outbox


def link_in(letter: Any) -> str:
    """The path of the only link in one of them."""
    (found,) = re.findall(r"http://testserver(/p/\S+)", letter.body)
    return str(found)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client
