from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache

from crm.consent.models import Settings
from crm.privacy.tests.delivered import Delivered, deliver
from crm.records.models import Organisation, Person
from mail.models import Message
from mail.tests.conftest import account, draft, queued, server
from tracking.tests.conftest import spool

__all__ = ["account", "draft", "queued", "server", "spool"]
BODY = '<p>See <a href="https://x.test/prices?a=1&amp;b=2">prices</a> and <a href="https://x.test/terms">terms</a></p>'


@pytest.fixture(autouse=True)
def fresh(db: None, spool: Path) -> None:
    """No presses counted by another test, hits in a folder of their own."""
    cache.clear()


@pytest.fixture
def company(db: None) -> Settings:
    return Settings.objects.create(company="Acme GmbH", contact="privacy@acme.test")


@pytest.fixture
def boris(alice, company) -> Person:
    firm = Organisation.objects.create(owner=alice, name="Client Ltd", domain="client.test")
    return Person.objects.create(owner=alice, name="Boris Ivanov", email="boris@client.test", phone="+1 555 0100", organisation=firm)


@pytest.fixture
def delivered(server, queued, boris) -> Callable[..., list[Delivered]]:
    """Sends a tracked mail of Alice's to Boris, and to whom the test names besides."""

    def send(**fields: Any) -> list[Delivered]:
        message: Message = queued(**{"track": True, "body_html": BODY, **fields})
        return deliver(server, message)

    return send


@pytest.fixture
def copy(delivered) -> Delivered:
    """Boris's, of a mail to him alone."""
    found: list[Delivered] = delivered()
    return found[0]
