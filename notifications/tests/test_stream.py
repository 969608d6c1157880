"""Who may go on reading a stream, and what its messages look like."""

import json

import pytest
from django.conf import settings
from django.test import Client

from notifications.cursor import Cursor
from notifications.hub import Event
from notifications.stream import Tab, farewell, message


@pytest.fixture
def browser(alice):
    client = Client()
    client.force_login(alice)
    return client


@pytest.fixture
def tab(alice, browser):
    return Tab(alice.pk, browser.cookies[settings.SESSION_COOKIE_NAME].value, None, lambda item: None)


def test_a_stream_goes_on_while_the_session_stands(tab):
    assert tab.is_signed_in()


def test_signing_out_ends_the_stream(tab, browser):
    browser.post("/account/logout/")
    assert not tab.is_signed_in()


def test_switching_the_account_off_ends_the_stream(tab, alice):
    alice.is_active = False
    alice.save()
    assert not tab.is_signed_in()


def test_a_new_password_ends_the_streams_of_other_browsers(tab, alice):
    alice.set_password("another")
    alice.save()
    assert not tab.is_signed_in()


def test_a_stream_of_another_user_does_not_go_on_with_this_session(tab, bob):
    tab.subscription.user_id = bob.pk
    assert not tab.is_signed_in()


def test_a_message_stays_on_one_line_whatever_it_says():
    event = Event(7, "note", {"text": "a\nb\r\n\ndata: c\u2028"}, Cursor(7, frozenset({5})))
    head, data, *rest = message(event).decode().split("\n")
    assert head == "id: 7.5"
    assert json.loads(data.removeprefix("data: "))["payload"]["text"] == "a\nb\r\n\ndata: c\u2028"
    assert rest == ["", ""]


def test_a_stream_that_was_pushed_out_comes_back_late():
    assert farewell(is_surplus=True) == b"retry: 60000\n\n"
    assert b"retry" not in farewell(is_surplus=False)
