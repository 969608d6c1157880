"""Settings of tags, pipelines, reasons and kinds of activities: who may, what is refused, what happens to records."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crm.accounts.models import AuditEntry, Role, User
from crm.records import board, pipeline
from crm.records.models import (
    Activity,
    ActivityKind,
    ClosingReason,
    CustomChoice,
    CustomField,
    Deal,
    FieldChange,
    Organisation,
    Person,
    Pipeline,
    Stage,
    Tag,
    TimelineEntry,
)
from crm.records.setup import pipelines, tags

FIELD_PAGES = ("custom_field", "custom_choice", "tag")
PIPELINE_PAGES = ("pipeline", "stage", "reason", "activity_kind")


@pytest.fixture
def ada_client(ada: User) -> Client:
    client = Client()
    client.force_login(ada)
    return client


@pytest.fixture
def things(stages: list[Stage]) -> dict[str, int]:
    """The pk of one of each."""
    field = CustomField.objects.create(of="person", name="Language", kind="choice")
    return {
        "custom_field": field.pk,
        "custom_choice": CustomChoice.objects.create(field=field, name="French").pk,
        "tag": Tag.objects.create(name="Key account").pk,
        "pipeline": stages[0].pipeline_id,
        "stage": stages[0].pk,
        "reason": ClosingReason.objects.create(outcome="lost", name="Too expensive").pk,
        "activity_kind": ActivityKind.objects.create(name="Demo").pk,
    }


def addresses(things: dict[str, int]) -> dict[str, str]:
    """Every settings page by its name."""
    from crm.records.setup_urls import patterns

    found = {}
    for pattern in patterns:
        name = str(pattern.name)
        thing = name.rpartition("_")[0]
        values: dict[str, Any] = {"of": "person", "outcome": "lost"}
        if "<int:pk>" in str(pattern.pattern):
            owner = {"custom_choice_create": "custom_field", "custom_choice_order": "custom_field"}
            owner |= {"stage_create": "pipeline", "stage_order": "pipeline"}
            values["pk"] = things[owner.get(name, thing)]
        found[name] = reverse(f"records:{name}", kwargs={key: values[key] for key in values if f":{key}>" in str(pattern.pattern)})
    return found


def post(client: Client, name: str, /, *args: Any, **data: Any) -> Any:
    return client.post(reverse(f"records:{name}", args=args), data)


def audited() -> list[tuple[str, str]]:
    return list(AuditEntry.objects.order_by("pk").values_list("action", "about"))


@pytest.mark.parametrize("who", ["alice", "mona"])
def test_to_those_without_the_permission_the_pages_do_not_exist(who: str, request: pytest.FixtureRequest, things: dict[str, int]) -> None:
    client = Client()
    client.force_login(request.getfixturevalue(who))
    for name, address in addresses(things).items():
        assert client.post(address, {"name": "Mine"}).status_code in (404, 405), name
        assert client.get(address).status_code in (404, 405), name
    assert "Custom fields" not in client.get("/settings/profile/").content.decode()


def test_an_administrator_sees_each_page(ada_client: Client, things: dict[str, int]) -> None:
    for name, address in addresses(things).items():
        status = ada_client.get(address).status_code
        assert status == 200 or (status, name) in {(405, f"{thing}_order") for thing in things} | {
            (405, "custom_field_archive"),
            (405, "custom_choice_create"),
            (405, "activity_kind_archive"),
            (302, "pipeline_delete"),
        }, name


@pytest.mark.parametrize(
    ("permission", "seen", "hidden"), [("manage_fields", FIELD_PAGES, PIPELINE_PAGES), ("manage_pipelines", PIPELINE_PAGES, FIELD_PAGES)]
)
def test_a_role_of_ones_own_opens_what_it_names(
    alice: User, alice_client: Client, things: dict[str, int], permission: str, seen: tuple[str, ...], hidden: tuple[str, ...]
) -> None:
    alice.custom_role = Role.objects.create(name="Setter", permissions=[permission])
    alice.save()
    found = addresses(things)
    for thing in (one for one in (*seen, *hidden) if one not in ("stage", "custom_choice")):
        assert alice_client.get(found[f"{thing}_list"]).status_code == (200 if thing in seen else 404), thing


# Order


def test_rows_are_put_in_order_by_dragging_and_by_buttons(ada_client: Client, stages: list[Stage]) -> None:
    line = stages[0].pipeline
    turned = [stage.pk for stage in reversed(stages)]
    assert post(ada_client, "stage_order", line.pk, order=",".join(map(str, turned))).status_code == 204
    assert [stage.pk for stage in line.stages.all()] == turned
    assert post(ada_client, "stage_order", line.pk, down=turned[0]).status_code == 302
    post(ada_client, "stage_order", line.pk, up=turned[1])  # at the top already
    assert [stage.pk for stage in line.stages.all()] == [turned[1], turned[0], *turned[2:]]
    assert audited() == [("order_changed", "Sales")] * 2


def test_an_order_that_names_strangers_or_forgets_some_loses_nothing(ada_client: Client, stages: list[Stage]) -> None:
    line = stages[0].pipeline
    other = Stage.objects.create(pipeline=Pipeline.objects.create(name="Renewals"), name="Due")
    post(ada_client, "stage_order", line.pk, order=f"{other.pk},nonsense,{stages[2].pk}")
    assert [stage.name for stage in line.stages.all()][:2] == [stages[2].name, stages[0].name]
    assert line.stages.count() == len(stages)


def test_the_board_follows_the_order_of_the_stages(ada_client: Client, ada: User, stages: list[Stage]) -> None:
    post(ada_client, "stage_order", stages[0].pipeline_id, down=stages[0].pk)
    columns = board.columns(stages[0].pipeline, ada, now=timezone.now())
    assert [column.stage for column in columns][:2] == [stages[1], stages[0]]


# Tags


def test_tags_are_counted_by_what_one_sees(bob: User, charlie: User, deal: Deal, boris: Person) -> None:
    tag = Tag.objects.create(name="Fair")
    deal.tags.add(tag)
    boris.tags.add(tag)
    assert tags.uses(bob) == {tag.pk: 2}
    assert tags.uses(charlie) == {}


def test_a_tag_is_named_once_whatever_the_capitals(ada_client: Client) -> None:
    Tag.objects.create(name="Äpfel")
    refused = post(ada_client, "tag_create", name="äpfel", colour="red")
    assert refused.status_code == 422
    assert "There is one of this name already." in refused.content.decode()
    assert post(ada_client, "tag_create", name="one, two", colour="red").status_code == 422
    assert post(ada_client, "tag_create", name="Pears", colour="red").status_code == 302
    assert Tag.objects.get(name="Pears").colour == "red"


def test_a_tag_that_is_merged_gives_its_records_to_the_other(ada_client: Client, deal: Deal, boris: Person, acme: Organisation) -> None:
    old, new = Tag.objects.create(name="VIP"), Tag.objects.create(name="Key account")
    deal.tags.add(old)
    boris.tags.add(old, new)
    acme.tags.add(new)
    post(ada_client, "tag_merge", old.pk, into=new.pk)
    assert list(Tag.objects.all()) == [new]
    assert all(list(record.tags.all()) == [new] for record in (deal, boris, acme))
    change = FieldChange.objects.get(deal=deal)
    assert (change.field, change.before, change.after, change.actor_name) == ("tags", "VIP", "Key account", "Ada Adler")
    entry = AuditEntry.objects.get(action="tag_merged")
    assert (entry.about, entry.details) == ("VIP", {"into": "Key account", "records": 2})


def test_a_tag_is_not_merged_into_itself(ada_client: Client) -> None:
    tag = Tag.objects.create(name="VIP")
    assert post(ada_client, "tag_merge", tag.pk, into=tag.pk).status_code == 422
    assert Tag.objects.exists()


def test_a_tag_is_deleted_after_its_count_was_told(ada_client: Client, deal: Deal) -> None:
    tag = Tag.objects.create(name="VIP")
    deal.tags.add(tag)
    assert "1 record has it." in ada_client.get(reverse("records:tag_delete", args=[tag.pk])).content.decode()
    post(ada_client, "tag_delete", tag.pk)
    assert not deal.tags.exists()
    assert FieldChange.objects.get(deal=deal).before == "VIP"


# Pipelines and stages


def test_a_new_pipeline_begins_with_the_stages_of_another(ada_client: Client, stages: list[Stage]) -> None:
    post(ada_client, "pipeline_create", name="Renewals", like=stages[0].pipeline_id)
    added = Pipeline.objects.get(name="Renewals")
    assert [(stage.name, stage.probability) for stage in added.stages.all()] == [(stage.name, stage.probability) for stage in stages]
    assert list(Pipeline.objects.all())[-1] == added
    assert pipeline.default_pipeline() == stages[0].pipeline
    assert post(ada_client, "pipeline_create", name="renewals").status_code == 422


def test_a_stage_is_added_at_the_end_and_changed(ada_client: Client, stages: list[Stage]) -> None:
    line = stages[0].pipeline
    post(ada_client, "stage_create", line.pk, name="Signed", probability=95, rotting_days="")
    last = list(line.stages.all())[-1]
    assert (last.name, last.probability, last.rotting_days) == ("Signed", 95, None)
    post(ada_client, "stage_edit", last.pk, name="Signing", probability=90, rotting_days=7)
    last.refresh_from_db()
    assert (last.name, last.probability, last.rotting_days, last.position) == ("Signing", 90, 7, len(stages))


@pytest.mark.parametrize("faulty", [{"name": ""}, {"name": "Contacted"}, {"probability": 101}, {"probability": "x"}, {"rotting_days": 0}])
def test_a_faulty_stage_is_refused(ada_client: Client, stages: list[Stage], faulty: dict[str, object]) -> None:
    values = {"name": "Signed", "probability": 50, "rotting_days": "", **faulty}
    assert post(ada_client, "stage_create", stages[0].pipeline_id, **values).status_code == 422


def test_a_stage_is_deleted_once_another_takes_its_deals(ada_client: Client, ada: User, deal: Deal, stages: list[Stage]) -> None:
    before = Deal.objects.create(owner=deal.owner, title="There before", stage=stages[2], position=4)
    lost = Deal.objects.create(owner=deal.owner, title="Lost", stage=stages[1], status="lost", closed_at=timezone.now())
    second = Deal.objects.create(owner=deal.owner, title="Second", stage=stages[1], position=1)
    assert post(ada_client, "stage_delete", stages[1].pk).status_code == 422
    post(ada_client, "stage_delete", stages[1].pk, to=stages[2].pk)
    assert not Stage.objects.filter(pk=stages[1].pk).exists()
    assert list(Deal.objects.filter(stage=stages[2], status="open").order_by("position")) == [before, deal, second]
    lost.refresh_from_db()
    deal.refresh_from_db()
    assert (lost.stage, lost.status) == (stages[2], "lost")
    assert timezone.now() - deal.stage_changed_at < timedelta(minutes=1)
    assert list(FieldChange.objects.filter(deal=deal).values_list("field", "before", "after")) == [("stage", "Contacted", "Meeting held")]
    assert ("stage_deleted", "Sales: Contacted") in audited()
    assert TimelineEntry.objects.get(deal=lost).text == "Moved from Contacted to Meeting held"


def test_the_last_stage_and_the_last_pipeline_stay(ada_client: Client, ada: User, stages: list[Stage]) -> None:
    line = Pipeline.objects.create(name="Renewals")
    only = line.stages.create(name="Due")
    assert post(ada_client, "stage_delete", only.pk).status_code == 302
    with pytest.raises(pipelines.CannotRemove, match="at least one stage"):
        pipelines.delete_stage(stage=only, to=stages[0], actor=ada, now=timezone.now())
    pipelines.delete_pipeline(pipeline=stages[0].pipeline, to=only, actor=ada, now=timezone.now())
    assert "only pipeline" in post(ada_client, "pipeline_delete", line.pk).wsgi_request._messages._queued_messages[0].message
    with pytest.raises(pipelines.CannotRemove, match="only pipeline"):
        pipelines.delete_pipeline(pipeline=line, to=None, actor=ada, now=timezone.now())
    assert list(Stage.objects.all()) == [only]


def test_a_pipeline_is_deleted_once_another_takes_its_deals(ada_client: Client, ada: User, deal: Deal, stages: list[Stage]) -> None:
    other = Pipeline.objects.create(name="Renewals").stages.create(name="Due")
    line = stages[0].pipeline
    assert post(ada_client, "pipeline_delete", line.pk, to=stages[2].pk).status_code == 422
    with pytest.raises(pipelines.CannotRemove, match="another pipeline"):
        pipelines.delete_pipeline(pipeline=line, to=stages[2], actor=ada, now=timezone.now())
    post(ada_client, "pipeline_delete", line.pk, to=other.pk)
    deal.refresh_from_db()
    assert (deal.stage, list(Pipeline.objects.all())) == (other, [other.pipeline])


def test_a_deal_is_not_moved_into_a_stage_that_is_gone(ada: User, deal: Deal, stages: list[Stage]) -> None:
    seen = Stage.objects.get(pk=stages[3].pk)
    pipelines.delete_stage(stage=stages[3], to=None, actor=ada, now=timezone.now())
    with pytest.raises(pipeline.CannotMove, match="was deleted meanwhile"):
        pipeline.move_deal(deal=deal, to=seen, actor=ada, now=timezone.now())


# Reasons and kinds


@pytest.fixture
def no_reasons(db: None) -> None:
    """Those that a new installation comes with are in the way."""
    ClosingReason.objects.all().delete()


@pytest.mark.usefixtures("no_reasons")
def test_deals_keep_their_words_when_a_reason_goes(ada_client: Client, deal: Deal) -> None:
    post(ada_client, "reason_create", "lost", name="Too expensive")
    reason = ClosingReason.objects.get()
    Deal.objects.filter(pk=deal.pk).update(status="lost", closing_reason=reason.name)
    post(ada_client, "reason_edit", reason.pk, name="Price")
    post(ada_client, "reason_delete", reason.pk)
    deal.refresh_from_db()
    assert (deal.closing_reason, ClosingReason.objects.count()) == ("Too expensive", 0)
    assert audited() == [("reason_added", "Lost: Too expensive"), ("reason_changed", "Lost: Price"), ("reason_deleted", "Lost: Price")]


@pytest.mark.usefixtures("no_reasons")
def test_one_reason_may_stand_in_both_lists(ada_client: Client) -> None:
    for outcome in ("won", "lost"):
        assert post(ada_client, "reason_create", outcome, name="Timing").status_code == 302
    assert post(ada_client, "reason_create", "won", name="TIMING").status_code == 422
    assert post(ada_client, "reason_create", "maybe", name="Timing").status_code == 404


def test_a_kind_in_use_is_archived_and_not_deleted(ada_client: Client, alice: User) -> None:
    post(ada_client, "activity_kind_create", name="Site visit", icon="map-pin")
    kind = ActivityKind.objects.get()
    Activity.objects.create(owner=alice, subject="See the plant", kind="custom", custom_kind=kind, due_at=timezone.now())
    post(ada_client, "activity_kind_delete", kind.pk)
    post(ada_client, "activity_kind_archive", kind.pk)
    kind.refresh_from_db()
    assert kind.archived_at
    post(ada_client, "activity_kind_archive", kind.pk, restore=1)
    kind.refresh_from_db()
    assert kind.archived_at is None
    Activity.objects.all().delete()
    post(ada_client, "activity_kind_delete", kind.pk)
    assert not ActivityKind.objects.exists()


@pytest.mark.parametrize("faulty", [{"name": "call"}, {"icon": "skull"}, {"name": " "}])
def test_a_faulty_kind_is_refused(ada_client: Client, faulty: dict[str, str]) -> None:
    assert post(ada_client, "activity_kind_create", **{"name": "Demo", "icon": "video", **faulty}).status_code == 422
