"""Users and teams, as administrators manage them."""

import re

import pytest
from django.core import mail
from django.test import Client

from crm.accounts.models import Team, User

PAGES = [
    "/settings/users/",
    "/settings/users/invite/",
    "/settings/users/{pk}/",
    "/settings/teams/new/",
    "/settings/teams/{team}/",
    "/settings/teams/{team}/delete/",
]
NEW = {"email": "Nina@acme.test", "name": "Nina Novak", "role": "member", "team": ""}


@pytest.fixture
def ada_client(ada):
    client = Client()
    client.force_login(ada)
    return client


def save(client, person, **changes):
    data = {"name": person.name, "role": person.role, "team": person.team_id or "", "is_active": "on"}
    return client.post(f"/settings/users/{person.pk}/", {name: value for name, value in {**data, **changes}.items() if value is not None})


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("who", ["alice", "mona"])
def test_to_others_these_pages_do_not_exist(request, who, page, bob, team):
    client = Client()
    client.force_login(request.getfixturevalue(who))
    address = page.format(pk=bob.pk, team=team.pk)
    assert client.get(address).status_code == 404
    assert client.post(address, {**NEW, "is_active": "on"}).status_code in (404, 405)
    assert client.post(f"/settings/users/{bob.pk}/invite-again/").status_code == 404
    assert not User.objects.filter(email__iexact=NEW["email"]).exists()


@pytest.mark.parametrize("page", PAGES)
def test_an_administrator_sees_each_page(ada_client, page, bob, team):
    assert ada_client.get(page.format(pk=bob.pk, team=team.pk)).status_code == 200


def test_the_list_names_everybody_with_team_and_state(ada_client, alice, charlie):
    charlie.is_active = False
    charlie.save()
    page = ada_client.get("/settings/users/").content.decode()
    for word in ("Alice Ahrens", "Sales North", "switched off", "Administrator"):
        assert word in page


def test_an_invited_person_sets_a_password_and_is_signed_in(ada_client, team):
    answer = ada_client.post("/settings/users/invite/", {**NEW, "team": team.pk})
    nina = User.objects.get(email__iexact=NEW["email"])
    assert answer.headers["Location"] == f"/settings/users/{nina.pk}/"
    assert (nina.team, nina.has_usable_password(), nina.is_active) == (team, False, True)
    message = mail.outbox[0]
    assert message.subject == "Ada Adler invites you to Candor"
    link = re.findall(r"http://testserver(/\S+)", str(message.body))[0]
    browser = Client()
    form = browser.get(link, follow=True)
    browser.post(form.request["PATH_INFO"], {"password1": "a-fresh-secret-7", "password2": "a-fresh-secret-7"})
    assert browser.get("/privacy/").status_code == 200
    assert "expired" in Client().get(link, follow=True).content.decode()


def test_nobody_signs_in_as_somebody_invited_without_the_link(ada_client):
    ada_client.post("/settings/users/invite/", NEW)
    answer = Client().post("/account/login/", {"login": NEW["email"], "password": ""})
    assert answer.status_code == 200


def test_an_email_is_invited_once(ada_client, alice):
    answer = ada_client.post("/settings/users/invite/", {**NEW, "email": "ALICE@acme.test"})
    assert answer.status_code == 422
    assert "here already" in answer.content.decode()


def test_when_mail_is_down_the_administrator_gets_the_link(ada_client, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    page = ada_client.post("/settings/users/invite/", NEW, follow=True).content.decode()
    assert "could not be mailed" in page
    assert "http://testserver/account/password/reset/key/" in page


def test_an_invitation_is_mailed_again_until_there_is_a_password(ada_client, alice):
    ada_client.post("/settings/users/invite/", NEW)
    nina = User.objects.get(email__iexact=NEW["email"])
    ada_client.post(f"/settings/users/{nina.pk}/invite-again/")
    assert len(mail.outbox) == 2
    assert ada_client.post(f"/settings/users/{alice.pk}/invite-again/").status_code == 404
    assert "/password/reset/key/" not in ada_client.get(f"/settings/users/{alice.pk}/").content.decode()


def test_role_and_team_are_changed(ada_client, charlie, team):
    assert save(ada_client, charlie, role="manager", team=team.pk).status_code == 302
    charlie.refresh_from_db()
    assert (charlie.role, charlie.team) == ("manager", team)


def test_switching_off_ends_the_sessions(ada_client, alice, alice_client):
    save(ada_client, alice, is_active=None)
    assert alice_client.get("/privacy/").status_code == 302


@pytest.mark.parametrize("change", [{"role": "member"}, {"is_active": None}])
def test_the_last_administrator_stays(ada_client, ada, change):
    answer = save(ada_client, ada, **change)
    assert answer.status_code == 422
    assert "only administrator" in answer.content.decode()
    ada.refresh_from_db()
    assert ada.is_admin
    assert ada.is_active


def test_one_of_two_administrators_may_go(ada_client, ada, alice):
    save(ada_client, alice, role="admin")
    assert save(ada_client, ada, role="member").status_code == 302
    assert ada_client.get("/settings/users/").status_code == 404


def test_teams_are_made_renamed_and_deleted_and_their_people_stay(ada_client, alice, team):
    ada_client.post("/settings/teams/new/", {"name": "Sales West"})
    assert Team.objects.filter(name="Sales West").exists()
    ada_client.post(f"/settings/teams/{team.pk}/", {"name": "Sales East"})
    team.refresh_from_db()
    assert team.name == "Sales East"
    assert ada_client.post("/settings/teams/new/", {"name": "sales east"}).status_code == 422
    ada_client.post(f"/settings/teams/{team.pk}/delete/")
    alice.refresh_from_db()
    assert alice.team is None
    assert alice.is_active
