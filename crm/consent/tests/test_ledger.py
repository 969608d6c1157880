"""The ledger: what holds for an address, whoever says something later, and that nothing in it changes."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from crm.consent import ledger
from crm.consent.models import AppendOnly, Consent
from crm.consent.signals import no_more
from crm.records.models import Person

State, Source = Consent.State, Consent.Source
MARCH = datetime(2026, 3, 3, 12, tzinfo=UTC)
EMAIL = "anna@client.test"

pytestmark = pytest.mark.django_db


def say(state: str, source: str = Source.HAND, *, at: datetime = MARCH, email: str = EMAIL) -> Consent:
    return ledger.record(email=email, state=state, source=source, at=at)


def holds(email: str = EMAIL) -> str:
    entry = ledger.in_force([email]).get(email.casefold())
    return entry.state if entry else ""


def test_nobody_was_asked_at_first():
    assert holds() == ""


def test_the_latest_said_holds_whatever_was_entered_last():
    say(State.REFUSED, at=MARCH)
    say(State.GRANTED, Source.IMPORT, at=MARCH - timedelta(days=400))
    assert holds() == State.REFUSED


def test_an_address_is_the_same_in_any_spelling():
    say(State.GRANTED, email="Anna@Client.test")
    assert holds("ANNA@client.TEST") == State.GRANTED


def test_back_to_not_asked():
    say(State.GRANTED)
    say(State.UNKNOWN, at=MARCH + timedelta(days=1))
    assert holds() == ""


@pytest.mark.parametrize("state", [State.GRANTED, State.UNKNOWN])
def test_what_recipients_refused_only_they_can_grant(state):
    say(State.WITHDRAWN, Source.PAGE)
    with pytest.raises(ledger.CannotRecord, match="only they"):
        say(state, at=MARCH + timedelta(days=1))
    say(State.GRANTED, Source.MAIL, at=MARCH + timedelta(days=2))
    assert holds() == State.GRANTED


def test_an_older_grant_that_turns_up_later_overrules_no_refusal_of_the_recipient():
    Consent.objects.create(email=EMAIL, state=State.REFUSED, source=Source.PAGE, at=MARCH)
    Consent.objects.create(email=EMAIL, state=State.GRANTED, source=Source.IMPORT, at=MARCH + timedelta(days=1))
    assert holds() == State.REFUSED


def test_a_refusal_that_somebody_entered_can_be_followed_by_a_grant():
    say(State.REFUSED)
    say(State.GRANTED, at=MARCH + timedelta(days=1))
    assert holds() == State.GRANTED


def test_an_entry_cannot_be_changed_or_taken_out():
    entry = say(State.GRANTED)
    for change in (entry.save, entry.delete, Consent.objects.all().delete, lambda: Consent.objects.update(state=State.REFUSED)):
        with pytest.raises(AppendOnly):
            change()
    assert holds() == State.GRANTED


@pytest.mark.parametrize(("email", "at"), [("nobody", MARCH), (EMAIL, timezone.now() + timedelta(days=1))])
def test_what_cannot_be_is_refused_with_a_sentence(email, at):
    with pytest.raises(ledger.CannotRecord) as refusal:
        say(State.GRANTED, email=email, at=at)
    assert refusal.value.sentence


def test_an_entry_finds_its_contact_and_survives_them(alice):
    boris = Person.objects.create(owner=alice, name="Boris", email="Boris@client.test")
    entry = say(State.GRANTED, email=boris.email.upper())
    assert entry.person == boris
    boris.delete()
    assert holds(boris.email) == State.GRANTED


@pytest.mark.parametrize(("state", "told"), [(State.REFUSED, [EMAIL]), (State.WITHDRAWN, [EMAIL]), (State.GRANTED, [])])
def test_a_refusal_is_told_at_once(state, told):
    heard: list[str] = []

    def hear(email: str, **_more: object) -> None:
        heard.append(email)

    no_more.connect(hear)
    say(state)
    no_more.disconnect(hear)
    assert heard == told


def test_a_restriction_holds_until_it_is_lifted():
    ledger.restrict(email=EMAIL, now=MARCH)
    assert ledger.restricted(["Anna@client.test", "b@x.test"]) == {EMAIL}
    assert ledger.lift(email=EMAIL, now=MARCH)
    assert not ledger.lift(email=EMAIL, now=MARCH)
    assert ledger.restricted([EMAIL]) == set()
