"""A question by mail: answered once, in time, for the address that it went to."""

from datetime import UTC, datetime, timedelta

import pytest

from crm.consent import ledger, questions
from crm.consent.models import Consent, Question

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
EMAIL = "anna@client.test"

pytestmark = pytest.mark.django_db


def ask() -> str:
    return questions.ask(email=EMAIL.upper(), words="May we?", now=NOW)


@pytest.mark.parametrize(("agrees", "state"), [(True, "granted"), (False, "refused")])
def test_an_answer_stands_in_the_ledger_with_what_was_asked(agrees, state):
    questions.answer(ask(), agrees=agrees, now=NOW + timedelta(days=1))
    entry = ledger.in_force([EMAIL])[EMAIL]
    assert (entry.state, entry.source, entry.wording, entry.wording_version) == (state, "mail", "May we?", questions.WORDING_VERSION)
    assert entry.at == NOW + timedelta(days=1)


def test_a_link_works_once():
    token = ask()
    questions.answer(token, agrees=True, now=NOW)
    with pytest.raises(questions.AlreadyAnswered):
        questions.answer(token, agrees=False, now=NOW)
    assert Consent.objects.count() == 1


def test_a_link_works_for_a_while():
    token = ask()
    late = NOW + questions.LASTS
    assert questions.find(token, now=late) is None
    with pytest.raises(questions.AlreadyAnswered):
        questions.answer(token, agrees=True, now=late)


def test_who_was_asked_is_remembered_until_they_can_be_asked_again():
    ask()
    assert questions.forget(now=NOW + questions.ASK_AGAIN) == 0
    assert questions.waiting([EMAIL], since=NOW) == {EMAIL: NOW}
    assert questions.forget(now=NOW + questions.ASK_AGAIN + timedelta(days=1)) == 1


def test_whoever_reads_the_database_cannot_answer():
    token = ask()
    assert token not in str(Question.objects.values())


@pytest.mark.parametrize("token", ["", "x", "A" * 32])
def test_what_was_not_handed_out_answers_nothing(token):
    ask()
    assert questions.find(token, now=NOW) is None
