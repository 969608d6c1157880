"""Who may see records: the owner, the team, managers, admins — and nobody else."""

import pytest
from django.test import Client
from django.urls import reverse

from crm.accounts.models import User
from crm.records.models import Activity, Deal, Note, Organisation, Person

PAGES = ["detail", "edit", "delete"]


@pytest.fixture
def records(acme: Organisation, boris: Person, deal: Deal, call: Activity, note: Note) -> dict[str, int]:
    """The pk of one record of each kind."""
    return {"organisation": acme.pk, "person": boris.pk, "deal": deal.pk, "activity": call.pk, "note": note.pk}


def addresses(records: dict[str, int]) -> list[str]:
    kinds = ("organisation", "person", "deal", "activity")
    pages = [reverse(f"records:{kind}_{page}", args=[records[kind]]) for kind in kinds for page in PAGES]
    pieces = [f"{reverse(f'records:{name}')}?{kind}={records[kind]}" for name in ("timeline", "focus") for kind in kinds[:3]]
    return pages + pieces


def verbs(records: dict[str, int]) -> list[tuple[str, dict[str, object]]]:
    """Every address that changes something, with values that would be valid."""
    deal: dict[str, object] = {"stage": Deal.objects.get(pk=records["deal"]).stage_id}
    valid: dict[str, dict[str, object]] = {
        "deal_move": deal,
        "deal_win": {"reason": "price"},
        "deal_participants": {"person": "Boris Ivanov"},
        "deal_lose": {"reason": "price"},
        "deal_reopen": {},
        "activity_done": {"done": "1"},
        "activity_delete": {},
        "activity_edit": {"subject": "x", "kind": "call", "due_at": "2026-12-01T10:00"},
        "person_delete": {},
        "person_edit": {"name": "x"},
        "organisation_delete": {},
        "organisation_edit": {"name": "x"},
        "deal_delete": {},
        "deal_edit": {"title": "x"},
        "note_edit": {"text": "x"},
        "note_delete": {},
    }
    posts = [(reverse(f"records:{name}", args=[records[name.partition("_")[0]]]), values) for name, values in valid.items()]
    posts += [(reverse("records:note_create"), {"text": "x", kind: records[kind]}) for kind in ("person", "organisation", "deal")]
    plan = {"subject": "x", "kind": "call", "due_at": "2026-12-01T10:00"}
    posts += [(reverse("records:activity_plan"), {**plan, kind: records[kind]}) for kind in ("person", "organisation", "deal")]
    return posts


def test_the_owner_sees_every_page(alice_client: Client, records: dict[str, int]) -> None:
    for address in addresses(records):
        assert alice_client.get(address).status_code == 200, address


def test_a_team_mate_sees_every_page(bob: User, client: Client, records: dict[str, int]) -> None:
    client.force_login(bob)
    for address in addresses(records):
        assert client.get(address).status_code == 200, address


@pytest.mark.parametrize("role", ["mona", "ada"])
def test_managers_and_admins_see_every_page(role: str, request: pytest.FixtureRequest, client: Client, records: dict[str, int]) -> None:
    client.force_login(request.getfixturevalue(role))
    for address in addresses(records):
        assert client.get(address).status_code == 200, address


def test_an_outsider_finds_nothing(charlie: User, client: Client, records: dict[str, int]) -> None:
    client.force_login(charlie)
    for address in addresses(records):
        assert client.get(address).status_code == 404, address


def test_an_outsider_can_do_nothing(charlie: User, client: Client, records: dict[str, int]) -> None:
    client.force_login(charlie)
    for address, values in verbs(records):
        assert client.post(address, values).status_code == 404, address
    assert Deal.objects.get().status == Deal.Status.OPEN
    assert Note.objects.get().text == "Budget is approved."


@pytest.mark.parametrize("name", ["person_list", "organisation_list", "deal_list", "deal_board", "activity_list"])
def test_lists_hold_only_what_one_may_see(name: str, bob: User, charlie: User, records: dict[str, int]) -> None:
    words = {
        "person_list": "Boris Ivanov",
        "organisation_list": "Acme Tools",
        "deal_list": "Twenty licences",
        "deal_board": "Twenty licences",
        "activity_list": "Call about the offer",
    }
    for user, is_seen in ((bob, True), (charlie, False)):
        client = Client()
        client.force_login(user)
        page = client.get(reverse(f"records:{name}"), {"owner": "all"} if name == "activity_list" else {})
        assert page.status_code == 200
        assert (words[name] in page.content.decode()) is is_seen


def test_pages_ask_strangers_to_sign_in(client: Client, records: dict[str, int]) -> None:
    for address in [*addresses(records), reverse("records:deal_board"), reverse("search"), reverse("insights")]:
        assert client.get(address).status_code == 302, address


def test_only_its_author_changes_a_note(bob: User, client: Client, note: Note) -> None:
    client.force_login(bob)
    assert client.post(reverse("records:note_edit", args=[note.pk]), {"text": "mine now"}).status_code == 404
    assert client.post(reverse("records:note_delete", args=[note.pk])).status_code == 404
    note.refresh_from_db()
    assert note.text == "Budget is approved."
