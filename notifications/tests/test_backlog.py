"""Many cards at once, as a recorded backlog brings them: each says the whole state of what it tells, and is corrected with it."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from crm.accounts.models import User
from notifications import feed
from notifications.feed import State
from notifications.models import Card, LiveEvent

NOW = timezone.now()


def state(user: User, key: str = "mail:1", *, title: str = "opened", **more: Any) -> State:
    values: dict[str, Any] = {"at": NOW, "rings": True} | more
    return State(user, key, "opened", title, **values)


def told() -> list[tuple[int, bool]]:
    """What open tabs have been told since the last time, as card and whether it rings."""
    events = LiveEvent.objects.filter(name="card").order_by("pk")
    found = [(event.payload["id"], event.payload["rings"]) for event in events]
    LiveEvent.objects.all().delete()
    return found


def test_cards_of_a_backlog_are_new_or_fold_and_ring_again(alice, bob):
    feed.notify(user=alice, kind="opened", title="old", group_key="mail:1", now=NOW, count=2)
    feed.mark_all_seen(user=alice, now=NOW)
    later = NOW + timedelta(hours=1)
    told()
    feed.show_all(
        [
            state(alice, title="new words", detail="d", url="/mail/1/", count=3, at=later),
            state(alice, "mail:2", title="t" * 400),
            state(bob, title="Bob's"),
        ]
    )

    card = Card.objects.get(user=alice, group_key="mail:1")
    assert (card.title, card.detail, card.url, card.count) == ("new words", "d", "/mail/1/", 3)
    assert (card.seen_at, card.updated_at, card.created_at) == (None, later, NOW)
    assert Card.objects.get(group_key="mail:2").title == "t" * 300
    assert (feed.unseen_count(alice), feed.unseen_count(bob)) == (2, 1)
    assert set(told()) == {(card.pk, True) for card in Card.objects.all()}


def test_no_states_change_nothing(db):
    feed.show_all([])
    feed.withdraw_all([])

    assert not LiveEvent.objects.exists()


def test_a_state_that_is_shown_already_tells_nobody(alice):
    feed.show_all([state(alice)])
    told()
    feed.show_all([state(alice, rings=False)])

    assert told() == []
    assert feed.unseen_count(alice) == 1


def test_a_corrected_card_leaves_the_bell_as_it_was(alice):
    feed.show_all([state(alice, count=3)])
    feed.show_all([state(alice, count=2, rings=False)])
    assert feed.unseen_count(alice) == 1

    feed.mark_all_seen(user=alice, now=NOW)
    feed.show_all([state(alice, count=1, rings=False)])
    assert feed.unseen_count(alice) == 0
    assert Card.objects.get().count == 1


def test_a_card_that_turns_out_to_deserve_no_bell_is_taken_off_it(alice):
    feed.show_all([state(alice)])
    (rang,) = told()
    feed.show_all([state(alice, title="loaded", rings=False, is_quiet=True)])

    assert feed.unseen_count(alice) == 0
    assert told() == [(rang[0], False)]
    feed.show_all([state(alice, title="still quiet", rings=False)])
    assert feed.unseen_count(alice) == 0


def test_a_withdrawn_card_is_gone_for_its_user_alone(alice, bob):
    feed.show_all([state(alice), state(bob)])
    card = Card.objects.get(user=alice)
    told()
    feed.withdraw_all([(alice, "mail:1"), (alice, "mail:7")])

    assert list(Card.objects.values_list("user", flat=True)) == [bob.pk]
    assert told() == [(card.pk, False)]


def test_a_backlog_takes_a_few_statements(alice, django_assert_max_num_queries):
    for count in (1, 2):
        states = [state(alice, f"mail:{number}", count=count) for number in range(50)]
        with django_assert_max_num_queries(7):
            feed.show_all(states)

    assert set(Card.objects.values_list("count", flat=True)) == {2}
