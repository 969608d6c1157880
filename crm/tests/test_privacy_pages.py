"""The page of plain words, the record to print, the sentence beside the options, the way there."""

import pytest
from django.test import Client

from crm.accounts.models import User
from crm.consent.models import Rule, Settings
from mail.models import Account


@pytest.fixture
def admin(ada: User) -> Client:
    client = Client()
    client.force_login(ada)
    return client


def test_the_privacy_page_tells_the_policy_in_force_with_its_own_numbers(alice_client):
    Settings.objects.create(hits_days=31)
    Rule.objects.create(scope="company", tracks_unknown=False, accepts=1, is_coarse=False, kept=1, kept_days=12)
    Rule.objects.create(scope="country", value="FR", is_coarse=True)
    page = alice_client.get("/privacy/").content.decode()
    for words in (
        "kept for 31 days",
        "Only who agreed is tracked",
        "dropped after 12 days",
        "Recipients in France",
        "2026-042",
        "decision 284",
    ):
        assert words in page


def test_only_administrators_are_led_to_the_tools(alice_client, admin):
    tools = (
        "/settings/privacy/policy/",
        "/settings/privacy/consent/",
        "/settings/privacy/requests/",
        "/settings/audit/",
        "/settings/privacy/record/",
    )
    theirs, hers = admin.get("/privacy/").content.decode(), alice_client.get("/privacy/").content.decode()
    assert all(f'href="{tool}"' in theirs for tool in tools)
    assert not any(tool in hers for tool in tools)
    assert "data directory is" not in hers


def test_the_record_is_filled_from_settings_and_policy_and_leaves_the_rest_to_be_written(admin):
    empty = admin.get("/settings/privacy/record/").content.decode()
    assert "Name and address of the company" in empty
    Settings.objects.create(company="Acme Tools Ltd", contact="privacy@acme.test", hits_days=90)
    Rule.objects.create(scope="company", tracks_unknown=False, accepts=3, is_coarse=True, kept=0)
    page = admin.get("/settings/privacy/record/").content.decode()
    for words in (
        "Acme Tools Ltd",
        "privacy@acme.test",
        "kept for 90 days",
        "For tracking: consent, as the ledger has it",
        "Nothing is kept of network addresses",
    ):
        assert words in page


def test_beside_the_options_stands_the_companys_policy_in_a_sentence(alice_client, alice):
    Account.objects.create(owner=alice, email="alice@acme.test", smtp_host="smtp.acme.test")
    assert "recipients who were not asked may be tracked" in alice_client.get("/settings/email-sync/").content.decode()
    Rule.objects.create(scope="company", tracks_unknown=False, accepts=1, is_coarse=False, kept=1)
    Rule.objects.create(scope="domain", value="client.test", is_coarse=True)
    page = alice_client.get("/settings/email-sync/").content.decode()
    assert "only recipients who agreed are tracked" in page
    assert "the policy is stricter" in page
