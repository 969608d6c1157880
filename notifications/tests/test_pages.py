"""A page hears of what happens while it is put together."""

import re
from typing import Any

from django.db import connection
from django.test import Client
from django.urls import reverse

from crm.accounts.models import User
from notifications.models import LiveEvent

PAGE = {"Accept": "text/html,application/xhtml+xml"}


def begins_at(client: Client, path: str = "/mail/sent/") -> int:
    found = re.search(r'data-live-from="(\d+)', client.get(path, headers=PAGE).content.decode())
    assert found
    return int(found[1])


def test_what_happens_after_the_lists_were_read_is_told_to_the_page(alice: User, alice_client: Client):
    known = LiveEvent.objects.create(user=alice, name="mail", payload={})

    def something_happens(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if "mail_message" in sql and not LiveEvent.objects.filter(name="card").exists():
            LiveEvent.objects.create(user=alice, name="card", payload={})
        return result

    with connection.execute_wrapper(something_happens):
        assert begins_at(alice_client) == known.pk
    happened = LiveEvent.objects.get(name="card")
    assert begins_at(alice_client) == happened.pk


def test_fragments_files_and_strangers_cost_no_query_for_it(alice_client: Client, client: Client):
    for asks, headers in ((alice_client, {**PAGE, "HX-Request": "true"}), (alice_client, {"Accept": "application/json"}), (client, PAGE)):
        asked: list[str] = []

        def listen(execute: Any, sql: str, params: Any, many: bool, context: Any, asked: list[str] = asked) -> Any:
            asked.append(sql)
            return execute(sql, params, many, context)

        with connection.execute_wrapper(listen):
            assert asks.get(reverse("notifications:cards"), headers=headers).status_code in (200, 302)
        assert not [sql for sql in asked if "notifications_liveevent" in sql]
