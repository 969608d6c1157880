"""Guessing is held off, told to the owner, written down, and tells nobody which accounts exist."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from crm.accounts import audit, lockout, tasks
from crm.accounts.models import AuditEntry
from crm.accounts.tests.conftest import sign_in

pytestmark = pytest.mark.usefixtures("fresh_limits")


@pytest.fixture
def told(monkeypatch):
    """What the worker was asked to tell."""
    asked: list[tuple[str, str]] = []
    monkeypatch.setattr(tasks.tell_of_lockout, "apply_async", lambda args, **options: asked.append(args))
    return asked


def guess(client, times, **options):
    return [sign_in(client, password=f"guess-{number}", **options) for number in range(times)][-1].content.decode()


def test_an_account_is_held_off_after_five_attempts_from_wherever_they_come(alice, told):
    for number in range(5):
        guess(Client(REMOTE_ADDR=f"203.0.113.{number}"), 1)
    answer = sign_in(Client(REMOTE_ADDR="203.0.113.99"))
    assert "Wait five minutes" in answer.content.decode()
    assert told == [("alice@acme.test", "203.0.113.99")]


def test_an_address_that_tries_many_accounts_is_held_off_as_well(client, alice, told):
    for number in range(10):
        guess(client, 1, email=f"person-{number}@acme.test")
    assert "Wait five minutes" in sign_in(client).content.decode()
    assert told == [], "no account of its own reached the limit"
    assert sign_in(Client(REMOTE_ADDR="203.0.113.9")).status_code == 302


def test_the_limit_says_the_same_of_accounts_that_do_not_exist(client, alice, told):
    known = [guess(Client(REMOTE_ADDR="203.0.113.1"), 1) for _ in range(6)]
    unknown = [guess(Client(REMOTE_ADDR="203.0.113.2"), 1, email="nobody@acme.test") for _ in range(6)]

    def words(page: str) -> str:
        return page.partition('role="alert">')[2].partition("<")[0]

    assert [words(page) for page in known] == [words(page) for page in unknown]
    assert len(told) == 2, "the worker is woken for both, so that neither answer is the quicker one"


def test_the_owner_hears_of_it_once_an_hour(alice):
    assert lockout.note("Alice@acme.test", address="203.0.113.9")
    assert not lockout.note("alice@acme.test", address="203.0.113.9")
    assert not lockout.note("nobody@acme.test")
    assert [(message.to, message.subject) for message in mail.outbox] == [
        (["alice@acme.test"], "Somebody tried to sign in to your Candor account")
    ]
    assert "203.0.113.9" in str(mail.outbox[0].body)
    entry = AuditEntry.objects.get(action="locked_out")
    assert (entry.about, entry.actor_name, entry.details) == ("alice@acme.test", "stranger", {"address": "203.0.113.9"})


def test_what_is_typed_as_an_email_is_never_written_down_unless_it_is_one_of_ours(client, alice, told):
    guess(client, 1, email="my-secret-password")
    guess(client, 5, email="correct@horse.battery")
    guess(Client(REMOTE_ADDR="203.0.113.1"), 1, email="alice@acme.test")
    assert set(AuditEntry.objects.filter(action="sign_in_failed").values_list("about", flat=True)) == {"", "alice@acme.test"}
    assert not {"guess", "secret", "horse"} & set(re.findall(r"\w+", str(list(AuditEntry.objects.values()))))
    assert told == []


def test_a_new_password_by_mail_lets_in_at_once(client, alice, told):
    guess(client, 6)
    other = Client(REMOTE_ADDR="203.0.113.5")
    other.post("/account/password/reset/", {"email": alice.email})
    link = re.findall(r"http://testserver(/\S+)", str(mail.outbox[-1].body))[0]
    form = other.get(link, follow=True)
    other.post(form.request["PATH_INFO"], {"password1": "a-fresh-secret-7", "password2": "a-fresh-secret-7"})
    assert sign_in(Client(REMOTE_ADDR="203.0.113.6"), password="a-fresh-secret-7").status_code == 302
    assert AuditEntry.objects.filter(action="password_reset", actor=alice).exists()


def test_a_broker_that_is_down_stops_no_answer(client, alice, monkeypatch):
    def fail(*args, **options):
        raise OSError

    monkeypatch.setattr(tasks.tell_of_lockout, "apply_async", fail)
    assert "Wait five minutes" in guess(client, 6)


def test_where_a_sign_in_came_from_is_forgotten_after_ninety_days(client, alice):
    sign_in(client)
    now = timezone.now()
    assert audit.forget_addresses(now=now + timedelta(days=89)) == 0
    assert audit.forget_addresses(now=now + timedelta(days=91)) == 1
    assert AuditEntry.objects.get(action="signed_in").details == {}


def test_sign_ins_are_written_down_with_address_and_browser(client, alice):
    sign_in(client)
    entry = AuditEntry.objects.get(action="signed_in")
    assert (entry.actor, entry.details) == (alice, {"address": "127.0.0.1", "browser": "Unknown browser"})
