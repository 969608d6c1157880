"""Many cards at once, as a recorded backlog brings them: the same cards as one by one."""

from datetime import timedelta

from django.utils import timezone

from notifications import feed
from notifications.feed import News
from notifications.models import Card, LiveEvent

NOW = timezone.now()


def test_cards_of_a_backlog_are_new_or_fold_and_ring_again(alice, bob):
    feed.notify(user=alice, kind="opened", title="old", group_key="mail:1", now=NOW, count=2)
    feed.mark_all_seen(user=alice, now=NOW)
    later = NOW + timedelta(hours=1)
    LiveEvent.objects.all().delete()
    feed.notify_all(
        [
            News(alice, "clicked", "new words", "mail:1", detail="d", url="/mail/1/", count=3),
            News(alice, "opened", "t" * 400, "mail:2"),
            News(bob, "opened", "Bob's", "mail:1"),
        ],
        now=later,
    )

    card = Card.objects.get(user=alice, group_key="mail:1")
    assert (card.kind, card.title, card.detail, card.url, card.count) == ("clicked", "new words", "d", "/mail/1/", 5)
    assert (card.seen_at, card.updated_at, card.created_at) == (None, later, NOW)
    assert Card.objects.get(group_key="mail:2").title == "t" * 300
    assert (feed.unseen_count(alice), feed.unseen_count(bob)) == (2, 1)
    told = {(event.user, event.payload["id"]) for event in LiveEvent.objects.filter(name="card")}
    assert told == {(card.user, card.pk) for card in Card.objects.all()}


def test_no_news_changes_nothing(db):
    feed.notify_all([], now=NOW)

    assert not LiveEvent.objects.exists()


def test_a_backlog_takes_a_few_statements(alice, django_assert_max_num_queries):
    news = [News(alice, "opened", str(number), f"mail:{number}") for number in range(50)]
    for _ in range(2):
        with django_assert_max_num_queries(7):
            feed.notify_all(news, now=NOW)

    assert set(Card.objects.values_list("count", flat=True)) == {2}
