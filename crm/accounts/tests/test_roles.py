"""Roles of the company's own, and its settings."""

from html import unescape

import pytest
from django.test import Client

from crm.accounts.models import AuditEntry, Role, User, company
from crm.accounts.permissions import EXPLAINED, GRANTED, Permission
from crm.accounts.tests.conftest import sign_in

COMPANY = {"currency": "chf", "first_weekday": "6", "needs_lost_reason": "on"}


@pytest.fixture
def partner(db):
    return Role.objects.create(name="Partner", permissions=["export", "manage_users"])


@pytest.fixture
def pavel(partner):
    return User.objects.create_user("pavel@partner.test", "pavel-pw", name="Pavel", custom_role=partner)


@pytest.fixture
def pavel_client(pavel):
    client = Client()
    client.force_login(pavel)
    return client


@pytest.mark.parametrize("page", ["", "new/", "{role}/", "{role}/delete/"])
@pytest.mark.parametrize("who", ["alice", "mona"])
def test_to_others_roles_do_not_exist(client, who, page, partner, request):
    client.force_login(request.getfixturevalue(who))
    address = f"/settings/roles/{page.format(role=partner.pk)}"
    assert client.get(address).status_code == 404
    assert client.post(address, {"name": "x"}).status_code in (404, 405)


def test_every_permission_is_explained():
    assert set(EXPLAINED) == set(Permission)


def test_the_list_shows_what_each_role_allows_with_a_box_for_no_shipped_one(ada_client, partner):
    answer = ada_client.get("/settings/roles/")
    page = unescape(answer.content.decode())
    for label in (*Permission.labels, "Partner", "Administrator"):
        assert str(label) in page
    assert "checkbox" not in page
    allowed = {row["name"] for row in answer.context["rows"] for cell in row["cells"] if cell["is_on"] and cell["role"] == "Partner"}
    assert allowed == {Permission.EXPORT.label, Permission.MANAGE_USERS.label}


def test_a_shipped_role_is_copied(ada_client):
    form = ada_client.get("/settings/roles/new/?copy=manager").context["form"]
    assert {box["value"] for box in form.boxes() if box["is_checked"]} == set(GRANTED["manager"])


def test_a_role_is_made_changed_and_counts_at_once(ada_client, alice, alice_client):
    ada_client.post("/settings/roles/new/", {"name": "Reviser", "permissions": ["read_audit"]})
    role = Role.objects.get(name="Reviser")
    alice.custom_role = role
    alice.save()
    assert alice_client.get("/settings/audit/").status_code == 200
    ada_client.post(f"/settings/roles/{role.pk}/", {"name": "Reviser", "permissions": ["export"]})
    assert alice_client.get("/settings/audit/").status_code == 404
    entry = AuditEntry.objects.get(action="role_changed")
    assert entry.details == {"allowed": ["export"], "forbidden": ["read_audit"]}


@pytest.mark.parametrize("name", ["PARTNER", "manager", ""])
def test_a_name_is_given_once(ada_client, partner, name):
    assert ada_client.post("/settings/roles/new/", {"name": name, "permissions": []}).status_code == 422


def test_nobody_makes_a_role_that_allows_more_than_their_own(pavel_client, partner):
    assert pavel_client.post("/settings/roles/new/", {"name": "King", "permissions": ["read_audit"]}).status_code == 422
    assert pavel_client.post(f"/settings/roles/{partner.pk}/", {"name": "Partner", "permissions": ["export", "merge"]}).status_code == 422
    partner.refresh_from_db()
    assert partner.permissions == ["export", "manage_users"]
    assert pavel_client.post("/settings/roles/new/", {"name": "Exporter", "permissions": ["export"]}).status_code == 302


def test_a_role_that_allows_more_than_ones_own_is_not_there_to_be_changed(pavel_client):
    high = Role.objects.create(name="High", permissions=["read_audit"])
    for page in ("", "delete/"):
        assert pavel_client.get(f"/settings/roles/{high.pk}/{page}").status_code == 404
        assert pavel_client.post(f"/settings/roles/{high.pk}/{page}", {"name": "Low"}).status_code == 404


def test_a_role_in_use_goes_when_its_people_get_another_one(ada_client, partner, pavel):
    assert ada_client.post(f"/settings/roles/{partner.pk}/delete/").status_code == 422
    assert ada_client.post(f"/settings/roles/{partner.pk}/delete/", {"instead": f"custom-{partner.pk}"}).status_code == 422
    assert ada_client.post(f"/settings/roles/{partner.pk}/delete/", {"instead": "manager"}).status_code == 302
    pavel.refresh_from_db()
    assert (pavel.role, pavel.custom_role) == ("manager", None)
    assert not Role.objects.exists()


def test_a_role_that_nobody_has_is_deleted_without_a_question(ada_client, partner):
    assert ada_client.post(f"/settings/roles/{partner.pk}/delete/").status_code == 302
    assert AuditEntry.objects.filter(action="role_deleted", about="Partner").exists()


@pytest.mark.parametrize("who", ["alice", "mona", "pavel"])
def test_the_companys_settings_exist_for_those_who_may_change_them(client, who, request):
    client.force_login(request.getfixturevalue(who))
    assert client.get("/settings/company/").status_code == 404
    assert client.post("/settings/company/", COMPANY).status_code == 404
    assert "/settings/company/" not in client.get("/settings/profile/").content.decode()


def test_the_companys_settings_are_changed_and_noted(ada_client):
    assert ada_client.post("/settings/company/", COMPANY).status_code == 302
    now = company()
    assert (now.currency, now.first_weekday, now.needs_won_reason, now.needs_lost_reason) == ("CHF", 6, False, True)
    assert AuditEntry.objects.get(action="company_changed").details == {
        "currency": ["EUR", "CHF"],
        "first_weekday": [0, 6],
        "needs_won_reason": [True, False],
    }
    assert ada_client.post("/settings/company/", {**COMPANY, "currency": "E1"}).status_code == 422


def test_asking_for_a_second_factor_signs_out_whoever_has_none_but_who_asks(ada_client, alice_client, bob, set_up, fresh_limits):
    set_up(bob)
    bob_client = Client()
    bob_client.force_login(bob)
    ada_client.post("/settings/company/", {**COMPANY, "needs_second_factor": "on"})
    assert alice_client.get("/privacy/").headers["Location"].startswith("/account/login/")
    assert bob_client.get("/privacy/").status_code == 200
    assert ada_client.get("/privacy/").headers["Location"] == "/account/second-factor/on/"
    sign_in(alice_client)
    assert alice_client.get("/privacy/").headers["Location"] == "/account/second-factor/on/"
