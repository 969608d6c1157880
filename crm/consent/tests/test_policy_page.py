"""The policy's page: the company's rule, stricter rules, ready-made policies, the way back, and the box to try it."""

import pytest
from django.test import Client
from django.utils import timezone

from crm.accounts.models import AuditEntry, Team, User
from crm.consent import decisions, policy
from crm.consent.models import Consent, Rule, Settings
from crm.consent.presets import PRESETS

PAGE = "/settings/privacy/policy/"
COMPANY = {
    "company-tracks_unknown": "no",
    "company-accepts": "2",
    "company-is_coarse": "yes",
    "company-kept": "1",
    "company-kept_days": "30",
}
STRICT = {"tracks_unknown": "no", "accepts": "", "is_coarse": "", "kept": "", "kept_days": ""}


def decided(email: str, user: User, mailbox: str = "") -> decisions.Decision:
    return decisions.decide([email], user=user, mailbox=mailbox)[email]


def words(client: Client) -> str:
    return client.get(PAGE).content.decode()


@pytest.mark.parametrize("name", ["alice", "mona"])
def test_the_pages_are_for_administrators_alone(name, request, ada):
    client = Client()
    client.force_login(request.getfixturevalue(name))
    for address in (
        PAGE,
        f"{PAGE}rules/new/country/",
        f"{PAGE}presets/consent/",
        "/settings/privacy/consent/",
        "/settings/privacy/record/",
        "/settings/audit/",
    ):
        assert client.get(address).status_code == 404
    assert client.post(f"{PAGE}company/", COMPANY).status_code == 404
    assert client.post(f"{PAGE}presets/consent/").status_code == 404
    assert not Rule.objects.exists()


def test_at_first_the_page_says_what_is_shipped(admin):
    page = words(admin)
    assert "Who was not asked may be tracked." in page
    assert "Network addresses are dropped after 90 days." in page
    assert "Openings and clicks are kept for 730 days." in page


def test_the_companys_rule_is_saved_holds_and_is_noted_in_plain_values(admin, ada, alice):
    assert admin.post(f"{PAGE}company/", COMPANY).status_code == 302
    decision = decided("anna@client.test", alice)
    assert (decision.may_track, decision.is_coarse, decision.kept, decision.kept_days) == (False, True, 1, 30)
    entry = AuditEntry.objects.get(action="policy_changed")
    assert entry.actor == ada
    assert entry.details["after"]["company"]["kept_days"] == 30
    assert "Only who agreed is tracked." in words(admin)


def test_saving_the_same_again_changes_and_notes_nothing(admin):
    admin.post(f"{PAGE}company/", COMPANY)
    admin.post(f"{PAGE}company/", COMPANY)
    assert AuditEntry.objects.filter(action="policy_changed").count() == 1


def test_wrong_days_are_told_and_what_was_typed_stays(admin):
    answer = admin.post(f"{PAGE}company/", {**COMPANY, "company-kept_days": "0"})
    assert answer.status_code == 422
    assert "greater than or equal to 1" in answer.content.decode()
    assert '<option value="no" selected>are not tracked' in answer.content.decode()
    assert not Rule.objects.exists()


def test_what_recipients_are_told_is_saved(admin):
    said = {
        "settings-company": "Acme Tools",
        "settings-contact": "privacy@acme.test",
        "settings-footer": "We see opens",
        "settings-hits_days": "",
    }
    admin.post(f"{PAGE}settings/", said)
    row = Settings.load()
    assert (row.company, row.contact, row.shows_footer, row.footer, row.hits_days) == (
        "Acme Tools",
        "privacy@acme.test",
        False,
        "We see opens",
        None,
    )
    assert "Openings and clicks are kept until they are deleted." in words(admin)


@pytest.mark.parametrize(
    ("scope", "which", "email"),
    [("country", "FR", "anna@client.fr"), ("domain", "Client.Test", "anna@mail.client.test"), ("mailbox", "Alice@Acme.test", "x@y.test")],
)
def test_a_stricter_rule_holds_for_its_part_alone(admin, alice, scope, which, email):
    alice.mail_accounts.create(email="alice@acme.test", smtp_host="smtp.acme.test")
    assert admin.post(f"{PAGE}rules/new/{scope}/", {**STRICT, "which": which}).status_code == 302
    assert not decided(email, alice, "alice@acme.test").may_track
    assert decided("somebody@elsewhere.test", alice, "other@acme.test").may_track


def test_a_rule_for_a_team(admin, alice, charlie):
    admin.post(f"{PAGE}rules/new/team/", {**STRICT, "which": alice.team_id})
    assert not decided("anna@client.test", alice).may_track
    assert decided("anna@client.test", charlie).may_track
    assert "Mail of the team Sales North" in words(admin)


@pytest.mark.parametrize(
    ("scope", "which", "sentence"),
    [
        ("domain", "nonsense", "“nonsense” is no email domain"),
        ("domain", "a b.com", "is no email domain"),
        ("domain", "anna@client.test", "the part behind the @: “client.test”"),
        ("mailbox", "boss@elsewhere.test", "is no address that anybody here sends from"),
        ("country", "XX", "Select a valid choice"),
        ("domain", "", "This field is required"),
    ],
)
def test_what_cannot_be_a_rule_is_told_in_a_sentence_and_stays_typed(admin, scope, which, sentence):
    answer = admin.post(f"{PAGE}rules/new/{scope}/", {**STRICT, "which": which, "kept_days": "7"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in page
    assert 'value="7"' in page
    assert not Rule.objects.exists()


def test_a_second_rule_for_the_same_is_refused(admin):
    Rule.objects.create(scope="domain", value="client.test", is_coarse=True)
    answer = admin.post(f"{PAGE}rules/new/domain/", {**STRICT, "which": "@CLIENT.test"})
    assert "There is a rule for this already" in answer.content.decode()
    assert Rule.objects.get().is_coarse


def test_a_rule_that_demands_nothing_is_refused(admin):
    answer = admin.post(f"{PAGE}rules/new/country/", {**STRICT, "tracks_unknown": "", "which": "FR"})
    assert "This rule would demand nothing" in answer.content.decode()


def test_a_rule_is_changed_moved_and_removed(admin):
    rule = Rule.objects.create(scope="domain", value="client.test", is_coarse=True)
    assert 'value="client.test"' in admin.get(f"{PAGE}rules/{rule.pk}/").content.decode()
    admin.post(f"{PAGE}rules/{rule.pk}/", {**STRICT, "which": "other.test", "kept": "0"})
    moved = Rule.objects.get()
    assert (moved.value, moved.tracks_unknown, moved.is_coarse, moved.kept) == ("other.test", False, None, 0)
    admin.post(f"{PAGE}rules/{moved.pk}/remove/")
    assert not Rule.objects.exists()
    admin.post(f"{PAGE}take-back/", {"change": policy.last_change().pk})  # type: ignore[union-attr]
    assert Rule.objects.get().value == "other.test"


def test_a_rule_of_an_unknown_kind_is_no_page(admin):
    assert admin.get(f"{PAGE}rules/new/company/").status_code == 404
    assert admin.get(f"{PAGE}rules/new/planet/").status_code == 404


def test_a_ready_made_policy_says_first_what_it_changes_and_changes_nothing_by_being_looked_at(admin):
    page = admin.get(f"{PAGE}presets/france-italy/").content.decode()
    for sentence in ("Recipients in France: only who agreed is tracked.", "Recipients in Italy: the recipient&#x27;s own answer counts"):
        assert sentence in page
    assert not Rule.objects.exists()


def test_france_and_italy_only_with_consent(admin, alice):
    admin.post(f"{PAGE}presets/france-italy/")
    assert not decided("anna@client.fr", alice).may_track
    assert not decided("anna@client.it", alice).may_track
    assert decided("anna@client.de", alice).may_track


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.key)
def test_every_ready_made_policy_is_noted_and_taken_back(admin, preset):
    Rule.objects.create(scope="company", tracks_unknown=True, accepts=3, is_coarse=False, kept=2, kept_days=7)
    Rule.objects.create(scope="country", value="FR", accepts=3)
    before = policy.now_in_force()
    admin.post(f"{PAGE}presets/{preset.key}/")
    assert policy.now_in_force() != before
    assert "in force already" in admin.get(f"{PAGE}presets/{preset.key}/").content.decode()
    admin.post(f"{PAGE}take-back/", {"change": policy.last_change().pk})  # type: ignore[union-attr]
    assert policy.now_in_force() == before
    assert AuditEntry.objects.filter(action="policy_changed").count() == 2


def test_a_preset_weakens_no_stricter_demand(admin, alice):
    Rule.objects.create(scope="company", tracks_unknown=True, accepts=3, is_coarse=True, kept=0)
    for key in ("consent", "day", "no-addresses"):
        admin.post(f"{PAGE}presets/{key}/")
    company = Rule.objects.get()
    assert (company.tracks_unknown, company.accepts, company.is_coarse, company.kept) == (False, 3, True, 0)


def test_a_change_that_was_changed_again_is_not_taken_back(admin):
    admin.post(f"{PAGE}presets/consent/")
    old = policy.last_change()
    admin.post(f"{PAGE}presets/day/")
    answer = admin.post(f"{PAGE}take-back/", {"change": old.pk}, follow=True)  # type: ignore[union-attr]
    assert "nothing was taken back" in answer.content.decode()
    assert Rule.objects.get().is_coarse
    assert admin.post(f"{PAGE}take-back/", {"change": "x"}).status_code == 302


def test_what_no_longer_is_as_the_change_left_it_is_not_taken_back(admin, alice):
    admin.post(f"{PAGE}rules/new/team/", {**STRICT, "which": alice.team_id})
    Rule.objects.update(is_coarse=True)
    admin.post(f"{PAGE}take-back/", {"change": policy.last_change().pk})  # type: ignore[union-attr]
    assert Rule.objects.get().is_coarse


def test_a_rule_of_a_team_that_is_gone_is_not_brought_back(admin):
    team = Team.objects.create(name="West")
    rule = Rule.objects.create(scope="team", team=team, is_coarse=True)
    admin.post(f"{PAGE}rules/{rule.pk}/remove/")
    team.delete()
    admin.post(f"{PAGE}take-back/", {"change": policy.last_change().pk})  # type: ignore[union-attr]
    assert not Rule.objects.exists()
    assert "Mail of the team that is gone" in words(admin)


def test_the_box_says_who_is_tracked_and_why(admin, alice, anna):
    asked = {"try-email": "anna@client.test", "try-user": alice.pk, "try-mailbox": ""}
    assert "was not asked, and the company" in admin.get(PAGE, asked).content.decode()
    Consent.objects.create(email="anna@client.test", state="refused", source="page", at=timezone.now())
    page = admin.get(PAGE, asked).content.decode()
    assert "Is not tracked" in page
    assert "anna@client.test refused on" in page


def test_the_box_answers_nonsense_in_its_place(admin, alice):
    page = admin.get(PAGE, {"try-email": "nobody", "try-user": "999999", "try-mailbox": "x"}).content.decode()
    assert "Enter a valid email address." in page
    assert "Is tracked" not in page
