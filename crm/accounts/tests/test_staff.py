"""Users and teams, as administrators manage them."""

import re

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.test import Client

from crm.accounts.models import AuditEntry, Role, Team, User

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
def olga(db):
    """Manages users by a role of the company's own, and sees only what everybody does."""
    role = Role.objects.create(
        name="Office", permissions=["manage_users", "change_others", "delete", "merge", "bulk_edit", "import", "export", "share_lists"]
    )
    return User.objects.create_user("olga@acme.test", "olga-pw", name="Olga Orlova", custom_role=role)


@pytest.fixture
def olga_client(olga):
    client = Client()
    client.force_login(olga)
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


def test_the_list_is_searched_by_name_email_and_team(ada_client, alice, bob, charlie, team):
    def shown(**query):
        return {person.name for person in ada_client.get("/settings/users/", query).context["people"]}

    assert shown(q="ALICE") == {"Alice Ahrens"}
    assert shown(q="charlie@acme") == {"Charlie Clark"}
    assert shown(team=str(team.pk)) == {"Alice Ahrens", "Bob Berg"}
    assert shown(q="nobody") == set()


def test_the_list_says_who_signs_in_with_a_second_factor(ada_client, alice, bob, set_up):
    set_up(alice)
    assert [person.name for person in ada_client.get("/settings/users/").context["people"] if person.has_second_factor] == ["Alice Ahrens"]
    assert ada_client.get("/settings/users/").content.decode().count("two-factor") == 1


def test_who_is_invited_stands_apart_until_they_come(ada_client):
    ada_client.post("/settings/users/invite/", NEW)
    answer = ada_client.get("/settings/users/")
    assert [row["person"].name for row in answer.context["waiting"]] == ["Nina Novak"]
    assert "Nina Novak" not in [person.name for person in answer.context["people"]]


def test_an_invitation_that_is_taken_back_leaves_nobody_and_no_link(ada_client):
    ada_client.post("/settings/users/invite/", NEW)
    link = re.findall(r"http://testserver(/\S+)", str(mail.outbox[0].body))[0]
    nina = User.objects.get(email__iexact=NEW["email"])
    ada_client.post(f"/settings/users/{nina.pk}/revoke/")
    assert not User.objects.filter(pk=nina.pk).exists()
    assert "expired" in Client().get(link, follow=True).content.decode()


def test_only_an_invitation_can_be_taken_back(ada_client, alice):
    assert ada_client.post(f"/settings/users/{alice.pk}/revoke/").status_code == 404


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


def test_a_custom_role_is_given_in_the_same_select(ada_client, alice):
    role = Role.objects.create(name="Partner", permissions=["export"])
    assert save(ada_client, alice, role=f"custom-{role.pk}").status_code == 302
    alice.refresh_from_db()
    assert (alice.role, alice.custom_role) == ("member", role)
    save(ada_client, alice, role="manager")
    alice.refresh_from_db()
    assert (alice.role, alice.custom_role) == ("manager", None)


def test_who_manages_users_sees_the_pages_without_being_an_administrator(olga_client, bob, team):
    for page in PAGES:
        assert olga_client.get(page.format(pk=bob.pk, team=team.pk)).status_code == 200, page
    assert save(olga_client, bob, name="Bob Brook").status_code == 302


@pytest.mark.parametrize("role", ["admin", "manager"])
def test_nobody_gives_what_they_do_not_have(olga_client, olga, bob, role):
    assert save(olga_client, bob, role=role).status_code == 422
    assert olga_client.post("/settings/users/invite/", {**NEW, "role": role}).status_code == 422
    assert save(olga_client, olga, role=role).status_code == 422
    bob.refresh_from_db()
    assert bob.role == "member"


@pytest.mark.parametrize("who", ["ada", "mona"])
def test_who_may_do_more_is_not_changed_and_their_invitation_is_shown_to_nobody_less(olga_client, who, request):
    person = request.getfixturevalue(who)
    person.set_unusable_password()
    person.save()
    assert "/password/reset/key/" not in olga_client.get(f"/settings/users/{person.pk}/").content.decode()
    assert save(olga_client, person, is_active=None).status_code == 422
    for verb in ("invite-again", "revoke", "second-factor/reset"):
        assert olga_client.post(f"/settings/users/{person.pk}/{verb}/").status_code == 404
    person.refresh_from_db()
    assert person.is_active


def test_nobody_puts_themselves_into_a_team_whose_records_they_do_not_see(olga_client, olga, team, alice):
    assert save(olga_client, olga, team=team.pk).status_code == 422
    members = {"name": team.name, "visibility": "team", "members": [alice.pk, olga.pk]}
    assert olga_client.post(f"/settings/teams/{team.pk}/", members).status_code == 422
    olga.refresh_from_db()
    assert olga.team is None


def test_nobody_brings_others_into_their_team_to_see_their_records(olga_client, olga, team, alice, charlie):
    olga.team = team
    olga.save()
    assert save(olga_client, charlie, team=team.pk).status_code == 422
    members = {"name": team.name, "visibility": "team", "members": [alice.pk, olga.pk, charlie.pk]}
    assert olga_client.post(f"/settings/teams/{team.pk}/", members).status_code == 422
    charlie.refresh_from_db()
    assert charlie.team.name == "South"
    assert save(olga_client, alice, name="Alice Abel").status_code == 302, "who is in it already is changed as before"
    assert olga_client.post("/settings/users/invite/", {**NEW, "team": team.pk}).status_code == 302, "who is new has no records"


def test_a_lost_second_factor_is_taken_away_noted_and_told(ada_client, alice, set_up):
    set_up(alice)
    ada_client.post(f"/settings/users/{alice.pk}/second-factor/reset/")
    assert not Authenticator.objects.exists()
    assert [(message.to, message.subject) for message in mail.outbox] == [([alice.email], "Your second factor for Candor was taken away")]
    assert AuditEntry.objects.filter(action="second_factor_reset", about=alice.email).exists()
    ada_client.post(f"/settings/users/{alice.pk}/second-factor/reset/")
    assert len(mail.outbox) == 1, "there was none any more"


def test_what_is_done_with_users_is_in_the_log_with_before_and_after(ada_client, alice, team):
    ada_client.post("/settings/users/invite/", NEW)
    save(ada_client, alice, role="manager", team="")
    save(ada_client, alice, role="manager", team="", is_active=None)
    save(ada_client, alice, role="manager", team="")
    save(ada_client, alice, role="manager", team="")
    logged = list(AuditEntry.objects.order_by("pk").values_list("action", "details"))
    assert logged == [
        ("user_invited", {"role": "Member", "team": ""}),
        ("user_changed", {"role": ["Member", "Manager"], "team": ["Sales North", ""]}),
        ("user_switched_off", {}),
        ("user_switched_on", {}),
    ]


def test_a_team_says_who_sees_what_its_people_add_and_who_is_of_it(ada_client, alice, bob, charlie, team):
    data = {"name": "Sales East", "visibility": "owner", "members": [alice.pk, charlie.pk]}
    assert ada_client.post(f"/settings/teams/{team.pk}/", data).status_code == 302
    team.refresh_from_db()
    assert (team.name, team.default_visibility) == ("Sales East", "owner")
    assert set(team.members.values_list("name", flat=True)) == {"Alice Ahrens", "Charlie Clark"}
    alice.refresh_from_db()
    assert alice.default_visibility == "owner"
    bob.refresh_from_db()
    assert bob.team is None
    entry = AuditEntry.objects.get(action="team_changed")
    assert (entry.details["joined"], entry.details["left"]) == (["Charlie Clark"], ["Bob Berg"])


def test_teams_are_made_and_deleted_and_their_people_stay(ada_client, alice, team):
    ada_client.post("/settings/teams/new/", {"name": "Sales West", "visibility": "team"})
    assert Team.objects.filter(name="Sales West").exists()
    assert ada_client.post("/settings/teams/new/", {"name": "sales NORTH", "visibility": "team"}).status_code == 422
    ada_client.post(f"/settings/teams/{team.pk}/delete/")
    alice.refresh_from_db()
    assert alice.team is None
    assert alice.is_active
