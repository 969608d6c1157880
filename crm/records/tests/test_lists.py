"""Lists: columns, order, saved lists, export."""

import csv
import io
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from crm.accounts.models import AuditEntry, Role, User
from crm.records.fields import book, writing
from crm.records.fields.values import Money, Point
from crm.records.lists import columns, looking
from crm.records.models import (
    Activity,
    CustomChoice,
    CustomField,
    Deal,
    Lead,
    ListChoice,
    Organisation,
    Person,
    SavedList,
    Stage,
    Tag,
)
from crm.records.tests.queries import count_queries


def people(owner: User, *names: str, **values: Any) -> list[Person]:
    return [Person.objects.create(owner=owner, name=name, **values) for name in names]


def names(client: Client, address: str = "/people/", **query: Any) -> list[str]:
    return [str(record) for record in client.get(address, query).context["page"]]


def heads(client: Client, **query: Any) -> list[str]:
    return [column.key for column in client.get("/people/", query).context["look"].columns]


def custom(of: str, kind: str, name: str = "Extra") -> book.Field:
    return book.from_custom(CustomField.objects.create(of=of, kind=kind, name=name))


def give(record: Any, actor: User, **values: Any) -> None:
    writing.change(record=record, values={key.replace("_", "-"): value for key, value in values.items()}, actor=actor, now=timezone.now())


def rows(client: Client, kind: str = "person", **query: Any) -> list[list[str]]:
    answer = client.get(f"/lists/{kind}/export/", query)
    content = b"".join(answer).decode()  # type: ignore[call-overload]
    assert content.startswith("\ufeff")
    return list(csv.reader(io.StringIO(content.removeprefix("\ufeff"))))


def without(user: User, *permissions: str) -> Client:
    """Somebody whose role allows nothing but seeing."""
    user.custom_role = Role.objects.create(name="Reader", permissions=list(permissions))
    user.save()
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize("kind", ["person", "organisation", "deal", "lead"])
def test_every_column_can_be_shown_sorted_by_and_exported(kind: str, alice: User, boris: Person, deal: Deal) -> None:
    if kind != "lead":
        for number, of_kind in enumerate(CustomField.Kind.values):
            custom(kind, of_kind, f"Extra {number}")
    Lead.objects.create(owner=alice, title="Maybe", person=boris)
    known = [column.key for column in columns.known(kind).values() if not column.is_filter]
    for key in known:
        for sort in (key, f"-{key}"):
            seen = looking.look({"columns": ",".join(known), "sort": sort}, kind=kind, user=alice, now=timezone.now())
            assert str(seen.sort) == sort
            [record] = seen.page("1").object_list
            assert len(record.cells) == len(seen.columns) - 1


def test_the_columns_chosen_are_remembered_for_the_kind_and_the_user(boris: Person, alice_client: Client, bob: User) -> None:
    answer = alice_client.post("/lists/person/columns/", {"column": ["city", "emails", "nonsense"], "next": "/people/?q=boris"})
    assert answer["Location"] == "/people/?q=boris"
    assert heads(alice_client) == ["name", "city", "emails"]
    alice_client.post("/lists/person/columns/", {"column": ["city"], "shipped": "1"})
    assert heads(alice_client) == list(columns.SHIPPED["person"])
    assert not ListChoice.objects.filter(user=bob).exists()


def test_the_name_is_always_the_first_column_and_unknown_ones_are_passed_over(boris: Person, alice_client: Client) -> None:
    assert heads(alice_client, columns="city,archived,custom-99,city") == ["name", "city"]


def test_a_page_takes_the_same_few_queries_whatever_is_in_it(alice: User, acme: Organisation, boris: Person, alice_client: Client) -> None:
    fields = [custom("person", kind, kind) for kind in ("text", "number", "date")]
    address = "/people/?columns=name,emails,tags,owner,next_activity,deal_count," + ",".join(field.key for field in fields)
    give(boris, alice, tags=[Tag.objects.create(name="VIP")], emails=[Point("a@b.example"), Point("c@d.example")], **{fields[0].key: "x"})
    few = count_queries(alice_client, address)
    for person in people(alice, *(f"Person {number}" for number in range(30)), organisation=acme):
        give(person, alice, tags=list(Tag.objects.all()), **{fields[0].key: "y", fields[1].key: Decimal(3)})
    assert count_queries(alice_client, address) == few <= 25


def test_a_list_is_counted_once(alice: User, alice_client: Client, django_assert_max_num_queries: Any) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    people(alice, *(f"Person {number}" for number in range(60)))
    with CaptureQueriesContext(connection) as queries:
        alice_client.get("/people/", {"page": "2"})
    counting = [one["sql"] for one in queries if "COUNT(*)" in one["sql"] and 'FROM "records_person"' in one["sql"].split("WHERE")[0]]
    assert len([sql for sql in counting if sql.startswith("SELECT COUNT(*)")]) == 1


def test_nothing_comes_last_in_both_directions(alice: User, alice_client: Client) -> None:
    field = custom("person", "number")
    one, two, three = people(alice, "One", "Two", "Three")
    give(one, alice, **{field.key: Decimal(10)})
    give(three, alice, **{field.key: Decimal(9)})
    assert names(alice_client, sort=field.key) == ["Three", "One", "Two"]
    assert names(alice_client, sort=f"-{field.key}") == ["One", "Three", "Two"]
    Person.objects.filter(pk=two.pk).update(city="Oslo")
    assert names(alice_client, sort="city")[0] == names(alice_client, sort="-city")[0] == "Two"


def test_a_list_of_choices_is_sorted_by_the_order_of_its_choices(alice: User, alice_client: Client) -> None:
    field = custom("person", "choice")
    choices = [
        CustomChoice.objects.create(field=CustomField.objects.get(), name=name, position=at)
        for at, name in enumerate(("Zero", "High", "Low"))
    ]
    for person, choice in zip(people(alice, "One", "Two", "Three"), reversed(choices), strict=True):
        give(person, alice, **{field.key: choice})
    assert names(alice_client, sort=field.key) == ["Three", "Two", "One"]


def test_deals_are_sorted_by_the_days_in_their_stage(alice: User, stages: list[Stage], alice_client: Client) -> None:
    now = timezone.now()
    for title, days in (("Old", 30), ("New", 1), ("Middle", 9)):
        Deal.objects.create(owner=alice, title=title, stage=stages[0], stage_changed_at=now - timedelta(days=days))
    assert names(alice_client, "/deals/list/", sort="-days_in_stage") == ["Old", "Middle", "New"]


def test_computed_columns_count_what_the_user_sees(alice: User, charlie: User, boris: Person, deal: Deal, alice_client: Client) -> None:
    Deal.objects.create(owner=charlie, title="Theirs", person=boris, stage=deal.stage)
    due = timezone.now() + timedelta(days=2)
    Activity.objects.create(owner=alice, subject="Call", person=boris, due_at=due)
    Activity.objects.create(owner=charlie, subject="Hidden", person=boris, due_at=timezone.now())
    [row] = alice_client.get("/people/", {"columns": "deal_count,next_activity"}).context["page"]
    assert (row.deal_count, row.next_activity) == (1, due)
    deal.probability = 40
    deal.save()
    [row] = alice_client.get("/deals/list/", {"columns": "weighted_value,pipeline,days_in_stage"}).context["page"]
    assert [cell.words for cell in row.cells] == ["€5,000", "Sales", "1"] or row.cells[0].words == "€5,000"


# Saved lists

FILTER = '{"all":[{"field":"name","is":"begins","value":"B"}]}'


def save(client: Client, name: str = "With B", **values: str) -> SavedList:
    client.post("/lists/person/save/", {"name": name, "filter": FILTER, "columns": "name,city", "sort": "-name", **values})
    return SavedList.objects.latest("pk")


def test_a_list_is_saved_with_its_filter_columns_and_order(alice: User, alice_client: Client) -> None:
    people(alice, "Bert", "Bob", "Adam")
    saved = save(alice_client)
    answer = alice_client.get("/people/", {"list": saved.pk})
    assert [str(record) for record in answer.context["page"]] == ["Bob", "Bert"]
    look = answer.context["look"]
    assert (look.keys, str(look.sort), look.is_changed) == (["name", "city"], "-name", False)


def test_a_change_of_an_open_list_shows_and_can_be_saved_into_it(alice: User, alice_client: Client) -> None:
    people(alice, "Bert", "Adam")
    saved = save(alice_client)
    assert names(alice_client, list=saved.pk, filter='{"all":[]}') == ["Bert", "Adam"]
    page = alice_client.get("/people/", {"list": str(saved.pk), "sort": "name"})
    assert page.context["look"].is_changed
    assert "Save changes" in page.content.decode()
    alice_client.post(f"/lists/{saved.pk}/update/", {"filter": "", "sort": "name", "columns": "name,emails"})
    saved.refresh_from_db()
    assert (saved.filter, saved.sort, saved.columns) == ("", "name", ["name", "emails"])


def test_columns_of_an_open_list_change_in_its_address_alone(alice: User, alice_client: Client) -> None:
    saved = save(alice_client)
    answer = alice_client.post("/lists/person/columns/", {"column": ["phones"], "list": saved.pk, "next": f"/people/?list={saved.pk}"})
    assert answer["Location"] == f"/people/?list={saved.pk}&columns=phones"
    assert not ListChoice.objects.exists()


@pytest.mark.parametrize(("visibility", "seen"), [("owner", []), ("team", ["bob"]), ("everyone", ["bob", "charlie"])])
def test_a_list_is_seen_by_whom_it_is_shared_with(
    visibility: str, seen: list[str], alice_client: Client, bob: User, charlie: User, ada: User
) -> None:
    saved = save(alice_client, visibility=visibility)
    found = [user.email.split("@")[0] for user in (bob, charlie) if SavedList.objects.visible_to(user).filter(pk=saved.pk).exists()]
    assert found == seen
    assert SavedList.objects.visible_to(ada).filter(pk=saved.pk).exists() is (visibility == "everyone")


def test_a_shared_list_shows_each_user_what_they_may_see(alice: User, charlie: User, alice_client: Client) -> None:
    people(alice, "Bert")
    people(charlie, "Bruno")
    saved = save(alice_client, visibility="everyone")
    client = Client()
    client.force_login(charlie)
    assert names(client, list=saved.pk) == ["Bruno"]
    client.post("/lists/person/save/", {"name": "My copy", "list": saved.pk, "filter": FILTER})
    assert SavedList.objects.get(owner=charlie).filter == FILTER


def test_others_neither_change_nor_delete_a_list(alice_client: Client, bob: User, ada: User) -> None:
    saved = save(alice_client, visibility="everyone")
    for user in (bob, ada):
        client = Client()
        client.force_login(user)
        for verb in ("update", "edit", "delete"):
            assert client.post(f"/lists/{saved.pk}/{verb}/", {"name": "Theirs"}).status_code == 404
    saved.refresh_from_db()
    assert saved.name == "With B"


def test_a_list_of_somebody_else_is_not_opened_by_its_number(alice: User, charlie: User, alice_client: Client) -> None:
    saved = save(alice_client)
    people(charlie, "Anton")
    client = Client()
    client.force_login(charlie)
    assert client.get("/people/", {"list": saved.pk}).context["look"].saved is None
    assert client.post("/lists/person/default/", {"list": saved.pk}).status_code == 404


def test_its_owner_renames_shares_and_deletes_a_list(alice_client: Client) -> None:
    saved = save(alice_client)
    alice_client.post(f"/lists/{saved.pk}/edit/", {"name": "Bs", "visibility": "team"})
    saved.refresh_from_db()
    assert (saved.name, saved.visibility) == ("Bs", "team")
    assert "Bs" in alice_client.get(f"/lists/{saved.pk}/delete/").content.decode()
    alice_client.post(f"/lists/{saved.pk}/delete/")
    assert not SavedList.objects.exists()


def test_a_list_without_a_name_is_asked_for_one(alice_client: Client) -> None:
    answer = alice_client.post("/lists/person/save/", {"name": " ", "filter": FILTER})
    assert answer.status_code == 422
    assert 'value="{&quot;all' in answer.content.decode()


def test_without_permission_nothing_is_shared(alice: User) -> None:
    client = without(alice)
    assert client.post("/lists/person/save/", {"name": "Mine", "visibility": "team"}).status_code == 403
    assert client.post("/lists/person/save/", {"name": "Mine"}).status_code == 302
    assert SavedList.objects.get().visibility == "owner"


def test_a_list_can_open_first(alice: User, alice_client: Client) -> None:
    people(alice, "Bert", "Adam")
    saved = save(alice_client)
    alice_client.post("/lists/person/default/", {"list": saved.pk})
    assert names(alice_client) == ["Bert"]
    assert names(alice_client, list="all") == ["Adam", "Bert"]
    assert names(alice_client, q="adam") == ["Adam"]
    alice_client.post("/lists/person/default/", {"list": ""})
    assert names(alice_client) == ["Adam", "Bert"]


def test_a_list_whose_field_is_gone_shows_nothing_and_says_so(alice: User, alice_client: Client) -> None:
    people(alice, "Bert")
    saved = SavedList.objects.create(owner=alice, kind="person", name="Old", filter='{"all":[{"field":"custom-9","is":"filled"}]}')
    page = alice_client.get("/people/", {"list": saved.pk})
    assert list(page.context["page"]) == []
    assert "not there (any more)" in page.content.decode()


# Export


def test_the_export_has_the_lists_filter_columns_and_order(alice: User, charlie: User, alice_client: Client) -> None:
    people(alice, "Bert", "Bob", "Adam", city="Oslo")
    people(charlie, "Bruno")
    assert rows(alice_client, filter=FILTER, columns="name,city", sort="-name") == [["Name", "City"], ["Bob", "Oslo"], ["Bert", "Oslo"]]
    assert AuditEntry.objects.get(action="list_exported").details == {"count": 2}


def test_a_saved_list_is_exported_as_it_is(alice: User, alice_client: Client) -> None:
    people(alice, "Bert", "Adam")
    saved = save(alice_client)
    assert rows(alice_client, list=saved.pk) == [["Name", "City"], ["Bert", ""]]


def test_no_cell_of_an_export_is_a_formula(alice: User, alice_client: Client) -> None:
    people(alice, "=1+1", phone="+49 30 1")
    assert rows(alice_client, columns="name,phones")[1] == ["'=1+1", "'+49 30 1"]


def test_an_export_has_iso_dates_and_plain_amounts(alice: User, deal: Deal, alice_client: Client) -> None:
    Deal.objects.filter(pk=deal.pk).update(expected_close_on="2026-12-31", value=Decimal("1234567.50"), currency="USD")
    assert rows(alice_client, "deal", columns="title,value,expected_close_on") == [
        ["Title", "Value", "Value: currency", "Expected close"],
        ["Twenty licences", "1234567.5", "USD", "2026-12-31"],
    ]


def test_all_fields_are_exported_when_asked_for(alice: User, boris: Person, alice_client: Client) -> None:
    field = custom("person", "money", "Budget")
    give(boris, alice, **{field.key: Money(Decimal(5), "EUR")}, emails=[Point("a@b.example"), Point("c@d.example")])
    head, row = rows(alice_client, whole="1")
    found = dict(zip(head, row, strict=True))
    assert (found["Email"], found["Budget"], found["Budget: currency"]) == ("a@b.example; c@d.example", "5", "EUR")


def test_without_permission_nothing_is_exported(alice: User, boris: Person) -> None:
    client = without(alice)
    assert client.get("/lists/person/export/").status_code == 404
    assert "/lists/person/export/" not in client.get("/people/").content.decode()


def test_kinds_that_there_are_not_are_not_found(alice_client: Client) -> None:
    for name in ("builder", "check", "export"):
        assert alice_client.get(f"/lists/thing/{name}/").status_code == 404
    for name in ("columns", "save", "default", "bulk"):
        assert alice_client.post(f"/lists/thing/{name}/", {"name": "x", "verb": "archive", "pick": "1"}).status_code == 404
