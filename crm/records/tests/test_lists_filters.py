"""Filters of lists: what each operator finds, and that nothing but sense is taken."""

import json
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.accounts.models import Company, User
from crm.records.fields.values import Money, Point
from crm.records.lists import columns, filters, operators, periods, wording
from crm.records.models import Activity, CustomChoice, CustomField, Deal, Lead, Organisation, Person, Stage, Tag
from crm.records.tests.test_lists import custom, give, people

NOW = datetime(2026, 11, 26, 23, 30, tzinfo=ZoneInfo("UTC"))  # in Berlin it is Friday the 27th already


def asked(field: str, operator: str, value: Any = None) -> dict[str, Any]:
    return {"field": field, "is": operator, "value": value}


def found(user: User, *parts: dict[str, Any], kind: str = "person", match: str = "all", now: datetime | None = None) -> list[str]:
    tree = filters.read(json.dumps({match: parts}), kind=kind)
    models: dict[str, Any] = {"person": Person, "organisation": Organisation, "deal": Deal, "lead": Lead}
    everything = models[kind].objects.visible_to(user)
    return sorted(str(one) for one in filters.apply(everything, kind=kind, tree=tree, user=user, now=now))


@pytest.fixture
def crew(alice: User, acme: Organisation) -> list[Person]:
    anna, bert, zoe = people(alice, "Anna Öz", "Bert", "Zoë")
    Person.objects.filter(pk=anna.pk).update(city="Ålesund", organisation=acme, email="anna@acme.example", phone="+49 30 1234")
    Person.objects.filter(pk=bert.pk).update(city="Oslo", country="NO")
    return [anna, bert, zoe]


@pytest.mark.parametrize(
    ("operator", "value", "names"),
    [
        ("contains", "ÅLES", ["Anna Öz"]),
        ("lacks", "oslo", ["Anna Öz", "Zoë"]),
        ("is", "oslo", ["Bert"]),
        ("is_not", "OSLO", ["Anna Öz", "Zoë"]),
        ("begins", "ål", ["Anna Öz"]),
        ("empty", None, ["Zoë"]),
        ("filled", None, ["Anna Öz", "Bert"]),
    ],
)
def test_a_text_is_asked(operator: str, value: Any, names: list[str], alice: User, crew: list[Person]) -> None:
    assert found(alice, asked("city", operator, value)) == names
    field = custom("person", "text")
    for person in crew:
        person.refresh_from_db()
        give(person, alice, **{field.key: person.city})
    assert found(alice, asked(field.key, operator, value)) == names


NUMBERS = [("eq", 5, "B"), ("ne", 5, "ACD"), ("lt", 5, "A"), ("lte", "5", "AB"), ("gt", 5, "C"), ("gte", 5, "BC")]


@pytest.mark.parametrize(
    ("operator", "value", "names"), [*NUMBERS, ("within", [9, 5], "BC"), ("empty", None, "D"), ("filled", None, "ABC")]
)
@pytest.mark.parametrize("kind", ["number", "money"])
def test_a_number_is_asked(kind: str, operator: str, value: Any, names: str, alice: User) -> None:
    field = custom("person", kind)
    for person, number in zip(people(alice, *"ABCD"), (1, 5, 9), strict=False):
        give(person, alice, **{field.key: Decimal(number) if kind == "number" else Money(Decimal(number), "EUR")})
    assert found(alice, asked(field.key, operator, value)) == list(names)


@pytest.mark.parametrize(
    ("operator", "value", "titles"),
    [
        ("on", "2026-11-27", ["today"]),
        ("before", "2026-11-27", ["last month", "yesterday"]),
        ("after", "2026-11-27", ["next week"]),
        ("between", ["2026-11-26", "2026-11-27"], ["today", "yesterday"]),
        ("last", 1, ["today", "yesterday"]),
        ("next", 5, ["next week", "today"]),
        ("in", "today", ["today"]),
        ("in", "this_week", ["today", "yesterday"]),
        ("in", "next_week", ["next week"]),
        ("in", "last_month", ["last month"]),
        ("in", "this_quarter", ["last month", "next week", "today", "yesterday"]),
        ("empty", None, ["never"]),
    ],
)
def test_a_date_is_asked_in_the_users_days(operator: str, value: Any, titles: list[str], alice: User, stages: list[Stage]) -> None:
    alice.time_zone = "Europe/Berlin"
    days = {"last month": "2026-10-31", "yesterday": "2026-11-26", "today": "2026-11-27", "next week": "2026-12-01", "never": None}
    for title, day in days.items():
        Deal.objects.create(owner=alice, title=title, stage=stages[0], expected_close_on=day)
    assert found(alice, asked("expected_close_on", operator, value), kind="deal", now=NOW) == titles


def test_a_moment_belongs_to_the_day_that_it_is_for_the_user(alice: User) -> None:
    people(alice, "Late", created_at=NOW)
    for zone, day in (("Europe/Berlin", "2026-11-27"), ("America/New_York", "2026-11-26")):
        alice.time_zone = zone
        assert found(alice, asked("created_at", "on", day)) == ["Late"]


def test_the_week_begins_on_the_companys_first_weekday(db: None) -> None:
    sunday = NOW.date().replace(day=29)
    assert periods.period("this_week", sunday)[0] == sunday - timedelta(days=6)
    Company.objects.create(pk=1, first_weekday=6)
    assert periods.period("this_week", sunday)[0] == sunday


def test_owners_are_asked_for_by_me_and_my_team(alice: User, bob: User, charlie: User, mona: User) -> None:
    for owner in (alice, bob, charlie):
        people(owner, owner.name)
    assert found(mona, asked("owner", "any_of", [alice.pk, "me"])) == [alice.name]
    assert found(alice, asked("owner", "any_of", ["me"])) == [alice.name]
    assert found(alice, asked("owner", "any_of", ["team"])) == sorted([alice.name, bob.name])
    assert found(alice, asked("owner", "none_of", ["me"])) == [bob.name]


@pytest.mark.parametrize(
    ("operator", "names"), [("has_any", "ABC"), ("has_all", "C"), ("has_none", "D"), ("empty", "D"), ("filled", "ABC")]
)
@pytest.mark.parametrize("kind", ["tags", "choices"])
def test_several_values_are_asked(kind: str, operator: str, names: str, alice: User) -> None:
    field = custom("person", "choices") if kind == "choices" else None
    both: list[Any] = [
        CustomChoice.objects.create(field=CustomField.objects.get(), name=name) if field else Tag.objects.create(name=name) for name in "xy"
    ]
    a, b, c, _d = people(alice, *"ABCD")
    for person, values in ((a, both[:1]), (b, both[1:]), (c, both)):
        give(person, alice, **{field.key if field else "tags": values})
    assert found(alice, asked(field.key if field else "tags", operator, [one.pk for one in both])) == list(names)


def test_links_are_asked_for_by_record_and_by_name(alice: User, acme: Organisation, crew: list[Person], stages: list[Stage]) -> None:
    assert found(alice, asked("organisation", "any_of", [acme.pk])) == ["Anna Öz"]
    assert found(alice, asked("organisation", "none_of", [acme.pk])) == ["Bert", "Zoë"]
    assert found(alice, asked("organisation", "named", "tool")) == ["Anna Öz"]
    assert found(alice, asked("organisation", "empty")) == ["Bert", "Zoë"]
    deal = Deal.objects.create(owner=alice, title="Joined", stage=stages[0])
    deal.participants.add(crew[1])
    assert found(alice, asked("participants", "named", "bert"), kind="deal") == ["Joined"]
    assert found(alice, asked("participants", "any_of", [crew[0].pk]), kind="deal") == []


def test_all_addresses_and_numbers_are_asked(alice: User, crew: list[Person]) -> None:
    bert = crew[1]
    give(bert, alice, emails=[Point("b@one.example"), Point("b@two.example")], phones=[Point("1"), Point("+49 (30) 12-34")])
    assert found(alice, asked("emails", "contains", "TWO")) == ["Bert"]
    assert found(alice, asked("emails", "lacks", "two")) == ["Anna Öz", "Zoë"]
    assert found(alice, asked("emails", "empty")) == ["Zoë"]
    assert found(alice, asked("phones", "contains", "3012")) == ["Bert"]


def test_archived_records_are_found_only_when_asked_for(alice: User) -> None:
    people(alice, "Here")
    people(alice, "Gone", archived_at=timezone.now())
    assert found(alice) == ["Here"]
    assert found(alice, asked("archived", "is", "yes")) == ["Gone"]
    assert found(alice, asked("archived", "is", "any")) == ["Gone", "Here"]


def test_computed_columns_are_asked(alice: User, boris: Person, deal: Deal) -> None:
    Activity.objects.create(owner=alice, subject="Call", person=boris, due_at=NOW)
    people(alice, "Idle")
    assert found(alice, asked("deal_count", "gte", 1)) == ["Boris Ivanov"]
    assert found(alice, asked("next_activity", "empty")) == ["Idle"]
    assert found(alice, asked("weighted_value", "gt", 0), asked("pipeline", "any_of", [deal.stage.pipeline_id]), kind="deal") == [
        deal.title
    ]


@pytest.mark.parametrize(
    ("operator", "value", "is_found"),
    [("gte", 3, True), ("gt", 3, False), ("gt", 2, True), ("lt", 3, False), ("lte", 3, True), ("eq", 3, True), ("ne", 3, False)],
)
def test_days_in_a_stage_are_whole_ones(operator: str, value: int, is_found: bool, alice: User, stages: list[Stage]) -> None:
    Deal.objects.create(owner=alice, title="Deal", stage=stages[0], stage_changed_at=NOW - timedelta(days=3, hours=20))
    assert bool(found(alice, asked("days_in_stage", operator, value), kind="deal", now=NOW)) is is_found


def test_groups_stand_inside_each_other(alice: User, crew: list[Person]) -> None:
    inner = {"all": [asked("city", "is", "Oslo"), asked("name", "is", "bert")]}
    assert found(alice, inner, asked("name", "begins", "z"), match="any") == ["Bert", "Zoë"]
    assert found(alice, {"any": [inner, asked("city", "empty")]}, asked("name", "contains", "e")) == ["Bert"]


def test_a_filter_shows_nobody_what_they_may_not_see(charlie: User, crew: list[Person]) -> None:
    assert found(charlie, asked("city", "is", "Oslo"), asked("city", "is_not", "Oslo"), match="any") == []


def condition(**values: Any) -> dict[str, Any]:
    return {"all": [values]}


DEEP: dict[str, Any] = {"all": [{"any": [{"all": [{"any": [asked("name", "is", "x")]}]}]}]}


@pytest.mark.parametrize(
    "raw",
    [
        [],
        "text",
        {"all": {}},
        {"all": [], "any": []},
        {"none": []},
        {"all": [1]},
        DEEP,
        condition(field="nonsense", **{"is": "contains", "value": "x"}),
        condition(field=["name"], **{"is": "contains", "value": "x"}),
        condition(field="name", **{"is": "eq", "value": "x"}),
        condition(field="name", **{"is": ["contains"], "value": "x"}),
        condition(field="name", **{"is": "contains", "value": ""}),
        condition(field="name", **{"is": "contains", "value": "\0"}),
        condition(field="name", **{"is": "contains", "value": "x" * 201}),
        condition(field="created_at", **{"is": "on", "value": "9999-12-31"}),
        condition(field="created_at", **{"is": "in", "value": ["today"]}),
        condition(field="created_at", **{"is": "last", "value": 10**9}),
        condition(field="created_at", **{"is": "empty"}),
        condition(field="deal_count", **{"is": "eq", "value": "NaN"}),
        condition(field="deal_count", **{"is": "eq", "value": True}),
        condition(field="owner", **{"is": "any_of", "value": []}),
        condition(field="owner", **{"is": "any_of", "value": ["x"]}),
        condition(field="country", **{"is": "any_of", "value": ["Narnia"]}),
        condition(field="organisation", **{"is": "any_of", "value": [str(2**70)]}),
        condition(field="archived", **{"is": "is", "value": "perhaps"}),
        {"all": [asked("name", "contains", "x")] * 31},
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(raw: Any, boris: Person, alice_client: Client) -> None:
    with pytest.raises(filters.BadFilter, match=r"\.$"):
        filters.read(json.dumps(raw), kind="person")
    page = alice_client.get("/people/", {"filter": json.dumps(raw)})
    assert page.status_code == 200
    assert list(page.context["page"]) == []


@pytest.mark.parametrize("text", ["{", "x" * 6001, "[" * 5000])
def test_what_is_no_json_is_refused(text: str, alice_client: Client) -> None:
    with pytest.raises(filters.BadFilter):
        filters.read(text, kind="person")
    assert alice_client.get("/people/", {"filter": text}).status_code == 200


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)
VALUES = st.recursive(LEAVES | st.sampled_from(["2026-11-26", "me", "5"]), lambda inner: st.lists(inner, max_size=3), max_leaves=4)
FIELDS = st.sampled_from(
    [*(field for field in ("name", "emails", "owner", "tags", "created_at", "deal_count", "organisation", "archived"))]
)
KEYS = st.sampled_from(sorted({one.key for offered in operators.BY_KIND.values() for one in offered}))
CONDITIONS = st.fixed_dictionaries({"field": FIELDS | LEAVES, "is": KEYS | LEAVES, "value": VALUES})
TREES = st.recursive(
    CONDITIONS | LEAVES, lambda inner: st.dictionaries(st.sampled_from(["all", "any"]), st.lists(inner, max_size=4)), max_leaves=8
)


@pytest.mark.django_db(transaction=False)
@settings(max_examples=150, deadline=None)
@given(raw=TREES)
def test_every_filter_is_understood_or_refused(raw: Any) -> None:
    user = User.objects.filter(email="h@acme.test").first() or User.objects.create_user("h@acme.test", "pw")
    try:
        tree = filters.read(json.dumps({"all": [raw]}), kind="person")
    except filters.BadFilter:
        return
    list(filters.apply(Person.objects.visible_to(user), kind="person", tree=tree, user=user))
    assert filters.read(filters.write(tree), kind="person") == tree
    wording.chips(tree, user)


def test_each_condition_is_a_chip_that_a_link_takes_away(alice: User, acme: Organisation, boris: Person, alice_client: Client) -> None:
    text = json.dumps(
        {"all": [asked("name", "contains", "bo"), {"any": [asked("organisation", "any_of", [acme.pk]), asked("city", "filled")]}]}
    )
    page = alice_client.get("/people/", {"filter": text})
    chips = page.context["chips"]
    assert [chip.words for chip in chips] == ["Name contains “bo”", "Organisation is Acme Tools or City is not empty"]
    rest = alice_client.get("/people/", {"filter": chips[1].rest})
    assert [chip.words for chip in rest.context["chips"]] == ["Name contains “bo”"]
    assert rest.context["chips"][0].rest == '{"all":[]}'


def test_names_of_records_that_one_does_not_see_are_not_told(alice: User, charlie: User, acme: Organisation) -> None:
    tree = filters.read(json.dumps({"all": [asked("organisation", "any_of", [acme.pk])]}), kind="person")
    assert "Acme" not in wording.chips(tree, charlie)[0].words
    assert "Acme" not in json.dumps(wording.description("person", charlie, tree))
    assert "Acme" in json.dumps(wording.description("person", alice, tree))


def test_the_builder_is_told_every_field_with_its_operators(alice_client: Client) -> None:
    custom("person", "choice", "Size")
    told = alice_client.get("/lists/person/builder/").json()
    assert [field["key"] for field in told["fields"]] == list(columns.known("person"))
    assert all(field["operators"] for field in told["fields"])


def test_the_builder_is_told_how_many_fit(crew: list[Person], alice_client: Client) -> None:
    text = json.dumps({"all": [asked("city", "filled")]})
    assert alice_client.get("/lists/person/check/", {"filter": text}).json() == {
        "fault": "",
        "count": 2,
        "filter": '{"all":[{"field":"city","is":"filled"}]}',
    }
    assert alice_client.get("/lists/person/check/", {"filter": "nonsense"}).json()["fault"]


def test_the_board_takes_the_same_filters(alice: User, deal: Deal, stages: list[Stage], alice_client: Client) -> None:
    Deal.objects.create(owner=alice, title="Small", value=5, stage=stages[1])
    page = alice_client.get("/deals/", {"filter": json.dumps({"all": [asked("value", "gt", 1000)]})})
    assert [card.title for column in page.context["columns"] for card in column.cards] == [deal.title]
    assert "Value &gt; 1,000" in page.content.decode()


def test_a_filter_by_status_holds_instead_of_the_lists_own(alice: User, deal: Deal, alice_client: Client) -> None:
    Deal.objects.filter(pk=deal.pk).update(status="won")
    text = json.dumps({"all": [asked("status", "any_of", ["won", "lost"])]})
    page = alice_client.get("/deals/list/", {"filter": text})
    assert [str(one) for one in page.context["page"]] == [deal.title]
    assert page.context["statuses"] == []


def test_archived_custom_fields_are_asked_no_more(alice: User) -> None:
    field = custom("person", "text")
    CustomField.objects.update(archived_at=timezone.now())
    with pytest.raises(filters.BadFilter):
        filters.read(json.dumps({"all": [asked(field.key, "filled")]}), kind="person")


def test_as_many_conditions_as_an_address_holds_are_answered(boris: Person, alice_client: Client) -> None:
    asked = [{"field": "tags", "is": "has_all", "value": list(range(1, 51))} for _number in range(24)]
    for part in ({"all": asked}, {"any": asked}):
        answer = alice_client.get("/lists/person/check/", {"filter": json.dumps(part, separators=(",", ":"))})
        assert answer.json()["fault"] == ""
