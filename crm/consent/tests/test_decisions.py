"""Who is tracked: the strictest of company, country, domain, team, mailbox and the ledger."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction

from crm.accounts.models import User
from crm.consent import ledger, words
from crm.consent.decisions import Decision, Reason, decide
from crm.consent.models import Consent, Rule
from crm.records.models import Organisation, Person

State, Source, Scope = Consent.State, Consent.Source, Rule.Scope
MARCH = datetime(2026, 3, 3, 12, tzinfo=UTC)
ANNA = "anna@client.test"

pytestmark = pytest.mark.django_db


def decision(user: User, email: str = ANNA) -> Decision:
    return decide([email], user=user, mailbox="alice@acme.test")[email.casefold()]


def rule(scope: str, value: str = "", **demands: Any) -> Rule:
    return Rule.objects.create(scope=scope, value=value, **demands)


def say(state: str, source: str = Source.HAND, **more: Any) -> None:
    ledger.record(email=ANNA, state=state, source=source, at=MARCH, **more)


def test_as_shipped_whoever_was_not_asked_may_be_tracked(alice):
    found = decision(alice)
    assert (found.may_track, found.reason, found.is_coarse) == (True, Reason.NOT_ASKED, False)


@pytest.mark.parametrize(("state", "reason"), [(State.REFUSED, Reason.REFUSED), (State.WITHDRAWN, Reason.WITHDREW)])
def test_a_refusal_wins_over_everything(alice, state, reason):
    say(state)
    found = decision(alice, "Anna@Client.test")
    assert (found.may_track, found.reason, found.on) == (False, reason, "2026-03-03")
    assert words.why(found.as_json(), "Anna").startswith("Anna ")
    assert "March" in words.why(found.as_json(), "Anna")


RULES = [
    (Scope.COMPANY, "", True),
    (Scope.COUNTRY, "FR", False),
    (Scope.DOMAIN, "client.test", True),
    (Scope.DOMAIN, "lient.test", False),
    (Scope.MAILBOX, "alice@acme.test", True),
    (Scope.MAILBOX, "bob@acme.test", False),
]


@pytest.mark.parametrize(("scope", "value", "applies"), RULES)
def test_a_rule_holds_for_those_it_is_for(alice, scope, value, applies):
    rule(scope, value, tracks_unknown=False)
    assert decision(alice).may_track is not applies
    if applies:
        assert decision(alice).reason == Reason.MUST_AGREE
        assert value in words.why(decision(alice).as_json(), "Anna")


def test_a_team_s_rule_holds_for_its_members(alice, charlie):
    rule(Scope.TEAM, team=alice.team, tracks_unknown=False)
    assert (decision(alice).may_track, decision(charlie).may_track) == (False, True)
    assert alice.team.name in words.why(decision(alice).as_json(), "Anna")


@pytest.mark.parametrize(("email", "own", "firm", "is_french"), [
    ("a@firme.fr", "", "", True),
    ("a@firme.test", "FR", "", True),
    ("a@firme.test", "", "FR", True),
    ("a@firme.test", "DE", "FR", False),
    ("a@firme.fr", "DE", "", True),
    ("a@firme.test", "", "", False),
])  # fmt: skip
def test_a_country_is_known_by_contact_organisation_or_domain(alice, email, own, firm, is_french):
    organisation = Organisation.objects.create(owner=alice, name="Firme", country=firm)
    Person.objects.create(owner=alice, name="A", email=email.upper(), country=own, organisation=organisation)
    rule(Scope.COUNTRY, "FR", tracks_unknown=False)
    assert decision(alice, email).may_track is not is_french


def test_with_consent_those_who_agreed_are_tracked(alice):
    rule(Scope.COMPANY, tracks_unknown=False)
    say(State.GRANTED)
    assert decision(alice).reason == Reason.AGREED


GRANTS = [
    (Rule.Accepted.ANY, Source.HAND, False, True),
    (Rule.Accepted.DOCUMENTED, Source.HAND, False, False),
    (Rule.Accepted.DOCUMENTED, Source.FORM, True, True),
    (Rule.Accepted.DOCUMENTED, Source.MAIL, False, True),
    (Rule.Accepted.OWN, Source.FORM, True, False),
    (Rule.Accepted.OWN, Source.PAGE, False, True),
]


@pytest.mark.parametrize(("accepts", "source", "has_evidence", "is_enough"), GRANTS)
def test_what_counts_as_agreed(alice, accepts, source, has_evidence, is_enough, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    rule(Scope.COMPANY, tracks_unknown=False, accepts=accepts)
    say(State.GRANTED, source, evidence=ContentFile(b"x", "form.pdf") if has_evidence else None)
    assert decision(alice).may_track is is_enough
    assert decision(alice).reason == (Reason.AGREED if is_enough else Reason.NOT_PROVEN)


def test_the_strictest_of_all_rules_wins(alice):
    rule(Scope.COMPANY, tracks_unknown=True, kept=Rule.Kept.FULL, kept_days=90, is_coarse=False, accepts=Rule.Accepted.ANY)
    rule(Scope.DOMAIN, "client.test", kept=Rule.Kept.NETWORK)
    rule(Scope.MAILBOX, "alice@acme.test", is_coarse=True, kept_days=7)
    found = decision(alice)
    assert (found.may_track, found.is_coarse, found.kept, found.kept_days) == (True, True, Rule.Kept.NETWORK, 7)


def test_a_rule_can_only_be_stricter_than_the_company(alice):
    rule(Scope.COMPANY, tracks_unknown=False)
    rule(Scope.DOMAIN, "client.test", tracks_unknown=True)
    assert not decision(alice).may_track


def test_there_is_one_rule_for_each(alice):
    for scope, value, team in ((Scope.COMPANY, "", None), (Scope.DOMAIN, "client.test", None), (Scope.TEAM, "", alice.team)):
        Rule.objects.create(scope=scope, value=value, team=team, tracks_unknown=False)
        with pytest.raises(IntegrityError), transaction.atomic():
            Rule.objects.create(scope=scope, value=value, team=team, is_coarse=True)


def test_restricted_data_is_not_used(alice):
    say(State.GRANTED)
    ledger.restrict(email=ANNA, now=MARCH)
    assert decision(alice).reason == Reason.RESTRICTED


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_words(reason):
    assert "Anna" in words.why({"reason": reason, "on": "2026-03-03", "because": "country", "which": "FR"}, "Anna")


def test_what_the_composer_says():
    assert words.before_sending(2, 2, []) == "All 2 recipients are tracked."
    assert words.before_sending(1, 2, ["Anna refused on 3 March"]) == "1 of 2 tracked: Anna refused on 3 March."
    assert words.before_sending(0, 1, ["Anna refused"]) == "Nobody is tracked: Anna refused."
