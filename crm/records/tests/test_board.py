"""The pipeline board: what it shows, and moves upon it — also two at once."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from crm.accounts.models import Role, User
from crm.records import board, pipeline
from crm.records.models import Activity, Deal, FieldChange, Pipeline, Stage, Tag, TimelineEntry
from crm.records.tests.queries import count_queries

SCRIPT = {"Accept": "application/json"}


def make(owner: User, stage: Stage, *titles: str, **values: Any) -> list[Deal]:
    return [Deal.objects.create(owner=owner, title=title, stage=stage, position=n, **values) for n, title in enumerate(titles)]


def order(stage: Stage) -> list[str]:
    return list(Deal.objects.filter(stage=stage, status="open").order_by("position", "pk").values_list("title", flat=True))


def test_a_new_installation_has_a_pipeline(db: None) -> None:
    names = [stage.name for stage in pipeline.default_pipeline().stages.all()]
    assert names == ["Qualified", "Contacted", "Meeting held", "Proposal sent", "Negotiation"]


def test_columns_count_and_sum_per_currency(alice: User, stages: list[Stage]) -> None:
    make(alice, stages[0], "a", "b", value=1_000)
    make(alice, stages[0], "c", value=300, currency="USD")
    first, second, *_rest = board.columns(stages[0].pipeline, alice, now=timezone.now())
    assert (first.count, first.sum) == (3, "€2,000 + $300")
    assert (second.count, second.sum) == (0, "")


def test_columns_and_board_weigh_each_value_by_its_own_probability_or_the_stages(alice: User, stages: list[Stage]) -> None:
    make(alice, stages[0], "a", value=1_000)  # 10 %
    make(alice, stages[0], "b", value=1_000, probability=50)
    make(alice, stages[0], "never", value=9_000, probability=0)
    make(alice, stages[1], "c", value=400, currency="USD")  # 25 %
    columns = board.columns(stages[0].pipeline, alice, now=timezone.now())
    assert [column.weighted for column in columns[:3]] == ["€600", "$100", ""]
    whole = board.totals(columns)
    assert (whole.count, whole.sum, whole.weighted) == (4, "€11,000 + $400", "€600 + $100")


def test_archived_deals_stay_out_of_the_board(alice: User, stages: list[Stage], alice_client: Client) -> None:
    make(alice, stages[0], "Asleep", archived_at=timezone.now())
    page = alice_client.get("/deals/")
    assert "Asleep" not in page.content.decode()
    assert page.context["totals"].count == 0


def test_the_board_is_narrowed_to_the_deals_that_it_is_given(alice: User, charlie: User, stages: list[Stage]) -> None:
    make(alice, stages[0], "Small", value=1)
    make(alice, stages[0], "Large", value=5_000)
    make(charlie, stages[0], "Hidden", value=9_000)
    large = Deal.objects.filter(value__gt=100).order_by("title").distinct()
    first = board.columns(stages[0].pipeline, alice, now=timezone.now(), deals=large)[0]
    assert ([card.title for card in first.cards], first.count, first.sum) == (["Large"], 1, "€5,000")


@pytest.fixture
def renewals(stages: list[Stage]) -> Pipeline:
    """A second pipeline of two stages."""
    made = Pipeline.objects.create(name="Renewals", position=1)
    for position, name in enumerate(("Due", "Agreed")):
        made.stages.create(name=name, position=position, probability=50)
    return made


def test_the_board_of_another_pipeline_is_remembered(alice: User, stages: list[Stage], renewals: Pipeline, alice_client: Client) -> None:
    make(alice, stages[0], "First sale")
    make(alice, renewals.stages.all()[0], "Service contract")
    assert 'aria-label="Pipelines"' in alice_client.get("/deals/").content.decode()
    for address in (f"/deals/?pipeline={renewals.pk}", "/deals/"):
        page = alice_client.get(address).content.decode()
        assert "Service contract" in page
        assert "First sale" not in page
    assert alice_client.get("/deals/new/").context["form"].initial["stage"] == renewals.stages.all()[0]
    assert "First sale" in alice_client.get(f"/deals/?pipeline={stages[0].pipeline_id}").content.decode()


@pytest.mark.parametrize("wanted", ["0", "999999", "x"])
def test_a_pipeline_that_is_gone_shows_the_first_board(wanted: str, alice_client: Client, renewals: Pipeline) -> None:
    session = alice_client.session
    session["pipeline"] = 999_999
    session.save()
    assert alice_client.get("/deals/", {"pipeline": wanted}).context["pipeline"].name == "Sales"


def test_one_pipeline_alone_needs_no_switcher(alice_client: Client) -> None:
    assert 'aria-label="Pipelines"' not in alice_client.get("/deals/").content.decode()


def test_a_deal_goes_over_to_another_pipeline_and_the_timeline_says_so(
    alice: User, deal: Deal, renewals: Pipeline, alice_client: Client
) -> None:
    due = renewals.stages.all()[0]
    assert '<optgroup label="Renewals">' in alice_client.get(deal.get_absolute_url()).content.decode()
    alice_client.post(f"/deals/{deal.pk}/move/", {"stage": due.pk, "seen_in": deal.stage_id})
    deal.refresh_from_db()
    assert deal.stage == due
    assert TimelineEntry.objects.get(deal=deal).text == "Moved from Sales: Contacted to Renewals: Due"
    assert FieldChange.objects.get(deal=deal, field="stage").after == "Renewals: Due"


def test_the_totals_that_a_script_gets_are_those_of_the_filter_in_its_address(
    alice: User, bob: User, stages: list[Stage], alice_client: Client
) -> None:
    [hers] = make(alice, stages[0], "Hers", value=100)
    make(bob, stages[0], "His", value=900)
    answer = alice_client.post(f"/deals/{hers.pk}/move/?owner=me", {"stage": stages[1].pk}, headers=SCRIPT).json()
    assert answer["total"] == {"count": 1, "sum": "€100", "weighted": "€25"}
    assert answer["columns"][str(stages[0].pk)] == {"count": 0, "sum": "", "weighted": ""}


def test_whoever_may_not_change_a_deal_does_not_move_it(alice: User, bob: User, stages: list[Stage], deal: Deal) -> None:
    bob.custom_role = Role.objects.create(name="Reader", permissions=[])
    bob.save()
    client = Client()
    client.force_login(bob)
    for verb in ("edit", "move", "win", "lose", "reopen", "participants"):
        assert client.post(f"/deals/{deal.pk}/{verb}/", {"stage": stages[2].pk, "reason": "x"}).status_code == 404, verb
    page = client.get(deal.get_absolute_url()).content.decode()
    assert not any(f"/deals/{deal.pk}/{verb}/" in page for verb in ("edit", "win", "delete"))
    deal.refresh_from_db()
    assert (deal.stage, deal.status) == (stages[1], "open")


def test_the_board_shows_the_next_activity_or_that_none_is_planned(alice: User, deal: Deal, alice_client: Client) -> None:
    assert "Nothing is planned for Twenty licences" in alice_client.get("/deals/").content.decode()
    now = timezone.now()
    Activity.objects.create(owner=alice, deal=deal, subject="Later", due_at=now + timedelta(days=3))
    Activity.objects.create(owner=alice, deal=deal, subject="Sooner", due_at=now + timedelta(days=1))
    Activity.objects.create(owner=alice, deal=deal, subject="Done", due_at=now - timedelta(days=1), done_at=now)
    page = alice_client.get("/deals/").content.decode()
    assert "Next: Sooner" in page
    assert "Nothing is planned" not in page


def test_an_overdue_activity_is_said_to_be_overdue(alice: User, deal: Deal, alice_client: Client) -> None:
    Activity.objects.create(owner=alice, deal=deal, subject="Call", due_at=timezone.now() - timedelta(hours=1))
    assert "Overdue: Call" in alice_client.get("/deals/").content.decode()


def test_a_deal_rots_once_it_stood_longer_than_its_stage_allows(deal: Deal) -> None:
    limit = timedelta(days=deal.stage.rotting_days or 0)
    assert not deal.is_rotting(deal.stage_changed_at + limit)
    assert deal.is_rotting(deal.stage_changed_at + limit + timedelta(minutes=1))
    deal.stage.rotting_days = None
    assert not deal.is_rotting(deal.stage_changed_at + timedelta(days=999))


def test_mine_leaves_out_what_others_own(alice: User, bob: User, stages: list[Stage], alice_client: Client) -> None:
    make(alice, stages[0], "Hers")
    make(bob, stages[0], "His")
    page = alice_client.get("/deals/", {"owner": "me"}).content.decode()
    assert "Hers" in page
    assert "His" not in page.replace("History", "")


def test_the_board_takes_the_same_few_queries_for_many_deals(alice: User, deal: Deal, stages: list[Stage], alice_client: Client) -> None:
    hot = Tag.objects.create(name="Hot", colour="red")
    deal.tags.add(hot)
    few = count_queries(alice_client, "/deals/")
    for stage in stages:
        for one in make(alice, stage, *(f"{stage.name} {n}" for n in range(20)), person=deal.person, organisation=deal.organisation):
            one.tags.add(hot)
    assert count_queries(alice_client, "/deals/") == few


def test_a_card_shows_the_tags_of_its_deal(deal: Deal, alice_client: Client) -> None:
    deal.tags.add(Tag.objects.create(name="Hot <now>", colour="red"))
    assert '<span class="tag tag-red clip">Hot &lt;now&gt;</span>' in alice_client.get("/deals/").content.decode()


def test_a_long_column_shows_its_first_cards_and_says_how_many_more(alice: User, stages: list[Stage], alice_client: Client) -> None:
    make(alice, stages[0], *(f"Deal {n:03}" for n in range(board.CARDS + 5)))
    page = alice_client.get("/deals/").content.decode()
    assert "5 more in the list" in page
    assert f"Deal {board.CARDS - 1:03}" in page
    assert f"Deal {board.CARDS:03}" not in page


def test_an_empty_board_teaches(alice_client: Client) -> None:
    assert "No open deals yet" in alice_client.get("/deals/").content.decode()


def test_a_card_goes_right_below_the_one_it_was_dropped_under(alice: User, stages: list[Stage], alice_client: Client) -> None:
    _a, b, _c = make(alice, stages[0], "a", "b", "c")
    [x] = make(alice, stages[1], "x")
    answer = alice_client.post(
        f"/deals/{x.pk}/move/", {"stage": stages[0].pk, "after": b.pk, "seen_in": stages[1].pk, "owner": ""}, headers=SCRIPT
    )
    assert answer.json()["columns"][str(stages[0].pk)]["count"] == 4
    assert order(stages[0]) == ["a", "b", "x", "c"]
    assert TimelineEntry.objects.get(deal=x).text == "Moved from Contacted to Qualified"


def test_a_card_dropped_at_the_top_is_the_first(alice: User, stages: list[Stage]) -> None:
    a, _b, c = make(alice, stages[0], "a", "b", "c")
    pipeline.move_deal(deal=c, to=stages[0], actor=alice, now=timezone.now())
    assert order(stages[0]) == ["c", "a", "b"]
    pipeline.move_deal(deal=c, to=stages[0], after=a, actor=alice, now=timezone.now())
    assert order(stages[0]) == ["a", "c", "b"]


def test_cards_that_share_a_position_are_told_apart(alice: User, stages: list[Stage]) -> None:
    for title in "abcd":
        make(alice, stages[0], title)
    d = Deal.objects.get(title="d")
    pipeline.move_deal(deal=d, to=stages[0], after=Deal.objects.get(title="b"), actor=alice, now=timezone.now())
    assert order(stages[0]) == ["a", "b", "d", "c"]


def test_a_move_within_a_stage_is_no_news_and_its_days_go_on(alice: User, stages: list[Stage]) -> None:
    a, b = make(alice, stages[0], "a", "b", stage_changed_at=timezone.now() - timedelta(days=9))
    pipeline.move_deal(deal=a, to=stages[0], after=b, actor=alice, now=timezone.now())
    a.refresh_from_db()
    assert a.days_in_stage(timezone.now()) == 9
    assert not TimelineEntry.objects.exists()


def test_days_count_anew_in_a_new_stage(alice: User, deal: Deal, stages: list[Stage]) -> None:
    pipeline.move_deal(deal=deal, to=stages[3], actor=alice, now=timezone.now())
    deal.refresh_from_db()
    assert deal.days_in_stage(timezone.now()) == 0


def test_a_move_of_what_somebody_moved_meanwhile_is_refused_with_the_reason(
    alice: User, bob: User, deal: Deal, stages: list[Stage], alice_client: Client
) -> None:
    pipeline.move_deal(deal=deal, to=stages[4], actor=bob, now=timezone.now())
    answer = alice_client.post(f"/deals/{deal.pk}/move/", {"stage": stages[2].pk, "seen_in": stages[1].pk}, headers=SCRIPT)
    assert answer.status_code == 409
    assert answer.json() == {"error": "Somebody has moved “Twenty licences” to Negotiation meanwhile."}
    deal.refresh_from_db()
    assert deal.stage == stages[4]


def test_a_closed_deal_is_not_moved(alice: User, deal: Deal, stages: list[Stage], alice_client: Client) -> None:
    pipeline.win_deal(deal=deal, actor=alice, now=timezone.now())
    answer = alice_client.post(f"/deals/{deal.pk}/move/", {"stage": stages[2].pk}, headers=SCRIPT)
    assert (answer.status_code, "closed since" in answer.json()["error"]) == (409, True)


def test_a_card_dropped_under_one_that_left_meanwhile_goes_to_the_top(alice: User, stages: list[Stage]) -> None:
    _a, b = make(alice, stages[0], "a", "b")
    [x] = make(alice, stages[1], "x")
    pipeline.move_deal(deal=b, to=stages[2], actor=alice, now=timezone.now())
    pipeline.move_deal(deal=x, to=stages[0], after=b, actor=alice, now=timezone.now())
    assert order(stages[0]) == ["x", "a"]


def test_a_plain_form_moves_too_and_goes_back_to_the_deal(deal: Deal, stages: list[Stage], alice_client: Client) -> None:
    answer = alice_client.post(f"/deals/{deal.pk}/move/", {"stage": stages[2].pk, "seen_in": stages[1].pk})
    assert answer.headers["Location"] == deal.get_absolute_url()
    deal.refresh_from_db()
    assert deal.stage == stages[2]


def test_a_stage_that_does_not_exist_is_refused_with_a_sentence(deal: Deal, alice_client: Client) -> None:
    answer = alice_client.post(f"/deals/{deal.pk}/move/", {"stage": 999_999}, headers=SCRIPT)
    assert (answer.status_code, "does not exist" in answer.json()["error"]) == (422, True)


def test_a_next_address_of_another_site_is_not_followed(deal: Deal, stages: list[Stage], alice_client: Client) -> None:
    answer = alice_client.post(f"/deals/{deal.pk}/move/", {"stage": stages[2].pk, "next": "https://evil.example/"})
    assert answer.headers["Location"] == deal.get_absolute_url()


def together(*jobs: Callable[[], object]) -> list[BaseException]:
    """Run the jobs at the same moment, each with its own connection; what they raised."""
    start, raised = threading.Barrier(len(jobs)), []

    def run(job: Callable[[], object]) -> None:
        try:
            start.wait(timeout=10)
            job()
        except BaseException as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[job]) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return raised


@pytest.mark.django_db(transaction=True)
def test_moves_at_the_same_moment_neither_tangle_nor_lose_a_card() -> None:
    alice = User.objects.create_user("alice@acme.test", "pw", name="Alice")
    stages = list(pipeline.default_pipeline().stages.all())
    left, right = make(alice, stages[0], *"abcdef"), make(alice, stages[1], *"uvwxyz")
    jobs = [
        lambda deal=deal, to=to: pipeline.move_deal(deal=deal, to=to, actor=alice, now=timezone.now())  # type: ignore[misc]
        for pair in zip(left, right, strict=True)
        for deal, to in zip(pair, (stages[1], stages[0]), strict=True)
    ]
    assert together(*jobs) == []
    assert sorted(order(stages[0])) == list("uvwxyz")
    assert sorted(order(stages[1])) == list("abcdef")
    for stage in stages[:2]:
        positions = list(Deal.objects.filter(stage=stage).values_list("position", flat=True))
        assert len(set(positions)) == 6, "no two cards share a place"


@pytest.mark.django_db(transaction=True)
def test_of_two_who_move_the_same_card_at_once_one_is_told_that_it_has_left() -> None:
    alice = User.objects.create_user("alice@acme.test", "pw", name="Alice")
    stages = list(pipeline.default_pipeline().stages.all())
    [deal] = make(alice, stages[0], "a")
    jobs = [
        lambda to=to: pipeline.move_deal(deal=deal, to=to, seen_in=stages[0].pk, actor=alice, now=timezone.now())  # type: ignore[misc]
        for to in stages[1:4]
    ]
    raised = together(*jobs)
    assert [type(error) for error in raised] == [pipeline.CannotMove, pipeline.CannotMove]
    assert TimelineEntry.objects.filter(deal=deal, kind="stage").count() == 1
