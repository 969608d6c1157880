"""Each kind of record, each visibility, each viewer: seen or not, in queries, on pages, and in what belongs to the record."""

from itertools import product
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone

from crm.accounts.models import Role, Team, User, Visibility
from crm.records.models import RECORDS, Activity, Deal, FieldChange, Lead, Note, Organisation, Person, StoredFile, TimelineEntry
from crm.records.pipeline import default_pipeline

SEES = {  # viewer → the visibilities with which they see a record of Alice's
    "alice": {"owner", "team", "everyone"},
    "bob": {"team", "everyone"},  # of her team
    "charlie": {"everyone"},  # of another team
    "loner": {"everyone"},  # of no team
    "mona": {"owner", "team", "everyone"},
    "ada": {"owner", "team", "everyone"},
    "auditor": {"owner", "team", "everyone"},  # by a role of the company's own
    "partner": {"everyone"},  # likewise, without the permission
    "team_partner": {"team", "everyone"},  # likewise, of her team
}
PAGES = {"person": "/people/{}/", "organisation": "/organisations/{}/", "deal": "/deals/{}/"}
CASES = sorted(product(RECORDS, Visibility.values, SEES))


@pytest.fixture
def viewers(team: Team, alice: User, bob: User, charlie: User, mona: User, ada: User) -> dict[str, User]:
    auditor = Role.objects.create(name="Auditor", permissions=["see_everything"])
    partner = Role.objects.create(name="Partner", permissions=[])

    def add(name: str, **fields: object) -> User:
        return User.objects.create_user(f"{name}@acme.test", "pw", name=name, **fields)

    return {
        **{"alice": alice, "bob": bob, "charlie": charlie, "mona": mona, "ada": ada},
        "loner": add("loner"),
        "auditor": add("auditor", custom_role=auditor),
        "partner": add("partner", custom_role=partner),
        "team_partner": add("team_partner", custom_role=partner, team=team),
    }


def record_of(kind: str, owner: User, visibility: str) -> Any:
    common = {"owner": owner, "visibility": visibility}
    if kind == "deal":
        return Deal.objects.create(**common, title="Zebra deal", stage=default_pipeline().stages.all()[0])
    if kind == "lead":
        return Lead.objects.create(**common, title="Zebra lead")
    model = Person if kind == "person" else Organisation
    return model.objects.create(**common, name="Zebra")


@pytest.mark.parametrize(("kind", "visibility", "viewer"), CASES)
def test_a_record_and_what_belongs_to_it_are_seen_by_the_same_people(kind, visibility, viewer, viewers):
    alice, user = viewers["alice"], viewers[viewer]
    record = record_of(kind, alice, visibility)
    link = {kind: record}
    Note.objects.create(**link, author=alice, text="Okapi note")
    StoredFile.objects.create(**link, uploaded_by=alice, name="okapi.pdf", file=ContentFile(b"x", "okapi.pdf"), size=1)
    FieldChange.objects.create(**link, field="name", after="Okapi", actor=alice, actor_name="Alice")
    is_seen = visibility in SEES[viewer]
    assert type(record).objects.visible_to(user).exists() is is_seen
    for model in (Note, StoredFile, FieldChange):
        assert model.objects.visible_to(user).exists() is is_seen, model


@pytest.mark.parametrize(("kind", "visibility", "viewer"), [case for case in CASES if case[0] in PAGES])
def test_the_pages_say_the_same(kind, visibility, viewer, viewers):
    record = record_of(kind, viewers["alice"], visibility)
    Note.objects.create(**{kind: record}, author=viewers["alice"], text="Okapi note")
    TimelineEntry.objects.create(**{kind: record}, kind="created", text="Okapi line")
    client = Client()
    client.force_login(viewers[viewer])
    is_seen = visibility in SEES[viewer]
    for address in (PAGES[kind].format(record.pk), f"/timeline/?{kind}={record.pk}", f"/focus/?{kind}={record.pk}"):
        answer = client.get(address)
        assert answer.status_code == (200 if is_seen else 404), address
        assert ("Okapi note" in answer.content.decode()) is (is_seen and "focus" not in address)


@pytest.mark.parametrize(("visibility", "viewer"), sorted(product(Visibility.values, SEES)))
def test_an_activity_is_the_owners_and_the_teams_unless_it_is_about_something_hidden(visibility, viewer, viewers):
    record = record_of("deal", viewers["alice"], visibility)
    Activity.objects.create(owner=viewers["alice"], subject="Okapi", deal=record, due_at=timezone.now())
    sees_everything = viewer in ("mona", "ada", "auditor")
    is_of_team = viewer in ("bob", "team_partner") and visibility != "owner"
    is_seen = viewer == "alice" or sees_everything or is_of_team
    assert Activity.objects.visible_to(viewers[viewer]).exists() is is_seen


def test_what_belongs_to_a_hidden_record_as_well_is_seen_by_whoever_sees_one_of_them(viewers):
    person, deal = record_of("person", viewers["alice"], "everyone"), record_of("deal", viewers["alice"], "owner")
    note = Note.objects.create(person=person, deal=deal, author=viewers["alice"], text="Okapi")
    activity = Activity.objects.create(owner=viewers["alice"], subject="Okapi", person=person, deal=deal, due_at=timezone.now())
    assert note in Note.objects.visible_to(viewers["charlie"])
    assert activity not in Activity.objects.visible_to(viewers["bob"])
    client = Client()
    client.force_login(viewers["charlie"])
    assert "Okapi" not in client.get(f"/timeline/?person={person.pk}").content.decode(), (
        "the timeline holds back what names the hidden deal"
    )


@pytest.mark.parametrize("kind", RECORDS)
def test_without_the_permission_to_change_others_one_changes_only_ones_own(kind, viewers):
    record = record_of(kind, viewers["alice"], "everyone")
    changeable = type(record).objects.changeable_by
    assert changeable(viewers["charlie"]).exists()
    assert not changeable(viewers["partner"]).exists()
    type(record).objects.update(owner=viewers["partner"])
    assert changeable(viewers["partner"]).exists()


@pytest.mark.parametrize("kind", PAGES)
def test_the_pages_to_change_are_not_there_for_who_may_not_change_others(kind, viewers, client):
    record = record_of(kind, viewers["alice"], "everyone")
    client.force_login(viewers["partner"])
    for verb in ("edit", "delete"):
        assert client.get(f"{PAGES[kind].format(record.pk)}{verb}/").status_code == 404
        assert client.post(f"{PAGES[kind].format(record.pk)}{verb}/", {"name": "x", "title": "x"}).status_code == 404
    assert type(record).objects.filter(pk=record.pk).exists()


@pytest.mark.parametrize(
    ("permissions", "buttons"), [([], []), (["change_others"], ["edit"]), (["change_others", "delete"], ["edit", "delete"])]
)
def test_the_buttons_are_those_that_the_role_allows(permissions, buttons, viewers, client):
    record = record_of("person", viewers["alice"], "everyone")
    user = viewers["partner"]
    Role.objects.filter(pk=user.custom_role_id).update(permissions=permissions)
    client.force_login(user)
    page = client.get(f"/people/{record.pk}/").content.decode()
    for verb, css in (("edit", 'btn-outline"'), ("delete", 'icon-danger"')):
        address = f"/people/{record.pk}/{verb}/"
        assert (f'{css} href="{address}"' in page) is (verb in buttons)
        assert client.get(address).status_code == (200 if verb in buttons else 404)


@pytest.mark.parametrize("verb", ["move", "win", "lose", "reopen"])
def test_a_deal_is_not_moved_or_closed_by_who_may_not_change_others(verb, viewers, client):
    deal = record_of("deal", viewers["alice"], "everyone")
    client.force_login(viewers["partner"])
    assert client.post(f"/deals/{deal.pk}/{verb}/", {"stage": deal.stage_id, "reason": "x"}).status_code == 404
    deal.refresh_from_db()
    assert deal.is_open
