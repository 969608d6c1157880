"""What a person sees when something failed, and what the health page says."""

import os
import time
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import OperationalError, connection
from django.test import Client

from crm.lib import heartbeat


@pytest.fixture
def calm_client(alice):
    """Shows the error page instead of raising."""
    client = Client(raise_request_exception=False)
    client.force_login(alice)
    return client


def gone(execute, sql, params, many, context):
    raise OperationalError("the database is gone")


def test_a_database_that_is_gone_gets_a_page_that_tries_again(calm_client):
    with connection.execute_wrapper(gone):
        answer = calm_client.get("/assistant/")
    page = answer.content.decode()
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "10"
    assert "Nothing that was saved is lost" in page
    assert 'http-equiv="refresh"' in page


def full(execute, sql, params, many, context):
    raise OperationalError("database or disk is full")


def test_a_full_disk_is_called_by_its_name(calm_client):
    with connection.execute_wrapper(full):
        answer = calm_client.get("/assistant/")
    assert answer.status_code == 503
    assert "disk is full" in answer.content.decode()


@pytest.mark.parametrize(("fault", "words"), [(gone, "The database does not answer"), (full, "disk is full")])
def test_the_composer_is_told_the_reason_and_that_the_text_is_kept(calm_client, fault, words):
    with connection.execute_wrapper(fault):
        answer = calm_client.post("/mail/compose/save/", {"subject": "Offer"}, headers={"Accept": "application/json"})
    assert answer.status_code == 503
    assert words in answer.json()["reason"]
    assert "kept in this browser" in answer.json()["reason"]


def test_what_was_sent_meanwhile_is_said_to_be_in_the_form(calm_client):
    with connection.execute_wrapper(gone):
        answer = calm_client.post("/settings/profile/", {"name": "A"})
    page = answer.content.decode()
    assert answer.status_code == 503
    assert "still in the form" in page
    assert "refresh" not in page


def test_another_fault_gets_a_sentence_without_any_query(calm_client, django_assert_num_queries):
    def broken(execute, sql, params, many, context):
        raise RuntimeError

    with connection.execute_wrapper(broken):
        answer = calm_client.get("/assistant/")
    assert answer.status_code == 500
    assert "Something broke on our side" in answer.content.decode()


def test_what_is_not_there_gets_a_page_in_the_users_language(alice_client, alice):
    assert "There is nothing here" in alice_client.get("/people/999999/").content.decode()
    alice.language = "ru"
    alice.save()
    assert '<html lang="ru"' in alice_client.get("/people/999999/").content.decode()


def test_a_form_of_an_older_sign_in_gets_a_sentence(alice):
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    answer = client.post("/settings/profile/", {"name": "A"})
    assert answer.status_code == 403
    assert "Nothing was changed" in answer.content.decode()


def test_the_page_carries_the_words_for_requests_that_fail(alice_client):
    page = alice_client.get("/privacy/").content.decode()
    assert 'data-unreachable="The server could not be reached. What you typed is kept."' in page


@pytest.fixture
def no_heartbeat():
    path = Path(django_settings.DATA_DIR, "worker-heartbeat")
    path.unlink(missing_ok=True)
    yield path
    path.unlink(missing_ok=True)


def test_the_health_page_says_that_no_worker_ever_ran(alice_client, no_heartbeat):
    page = alice_client.get("/settings/health/").content.decode()
    assert "Worker: never heard of" in page
    assert "celery -A crm worker -B" in page


def test_the_health_page_tells_a_silent_worker_from_one_that_lives(alice_client, no_heartbeat):
    heartbeat.beat()
    assert "Worker: alive" in alice_client.get("/settings/health/").content.decode()
    long_ago = time.time() - 600
    os.utime(no_heartbeat, (long_ago, long_ago))
    assert "Worker: silent" in alice_client.get("/settings/health/").content.decode()


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("http://127.0.0.1:8000", "this machine alone"),
        ("http://192.168.1.5", "inside of your own network"),
        ("http://track.example.com", "not https"),
        ("https://track.example.com", "Tracking address: public"),
    ],
)
def test_the_health_page_says_whether_recipients_reach_the_tracking_address(alice_client, settings, url, word):
    settings.TRACKING_URL = url
    assert word in alice_client.get("/settings/health/").content.decode()


def test_the_privacy_page_promises_nothing(alice_client):
    page = alice_client.get("/privacy/").content.decode()
    for word in ("You alone", "no legal advice", "France", "Italy", "/settings/email-sync/"):
        assert word in page
