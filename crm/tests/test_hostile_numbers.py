"""Numbers that no row has, wherever a query may name a row: answered, never failed over."""

import pytest
from django.test import Client

from crm.lib.primary_keys import primary_key

NAMES = ("draft", "person", "organisation", "deal", "reply", "stage", "card", "before", "besides", "page")
PAGES = (
    "/mail/compose/",
    "/mail/panel/",
    "/mail/compose/people/",
    "/mail/sent/",
    "/deals/new/",
    "/assistant/latest/",
    "/timeline/",
    "/activities/calendar/",
    "/activities/new/",
)


@pytest.mark.parametrize("text", ["", "-1", "1.0", "\u0663", "x", "9" * 19, "9" * 30, "9" * 5000])
def test_what_is_no_row_is_zero(text: str):
    assert primary_key(text) == 0


def test_a_row_is_its_number():
    assert (primary_key("7"), primary_key(str(2**63 - 1))) == (7, 2**63 - 1)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("number", ["9" * 19, "9" * 30, "9" * 5000])
def test_a_page_survives_them(alice_client: Client, page: str, number: str):
    for name in NAMES:
        assert alice_client.get(page, {name: number}).status_code in (200, 404)
