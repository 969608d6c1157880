"""The Sales Assistant's page, drawer and bell, through the door."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from notifications import feed
from notifications.models import Card, LiveEvent

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def card(alice):
    return feed.notify(user=alice, kind="opened", title="Boris opened “Proposal”", group_key="mail:1", now=NOW, url="/privacy/")


def test_a_repeat_folds_into_one_card_and_is_unseen_again(alice, card):
    feed.mark_all_seen(user=alice, now=NOW)
    again = feed.notify(user=alice, kind="opened", title="Boris opened “Proposal” again", group_key="mail:1", now=NOW + timedelta(hours=1))
    assert (again.pk, again.count, again.seen_at) == (card.pk, 2, None)
    assert feed.unseen_count(alice) == 1


def test_a_quiet_card_is_shown_and_not_counted(alice, alice_client):
    feed.notify(user=alice, kind="loaded", title="Loaded by software", group_key="mail:2", now=NOW, is_quiet=True)
    assert feed.unseen_count(alice) == 0
    assert b"Loaded by software" in alice_client.get("/assistant/").content


def test_a_quiet_repeat_neither_silences_nor_brings_back(alice, card):
    feed.notify(user=alice, kind="opened", title="Loaded again", group_key="mail:1", now=NOW, is_quiet=True)
    assert feed.unseen_count(alice) == 1
    feed.mark_all_seen(user=alice, now=NOW)
    feed.notify(user=alice, kind="opened", title="Loaded again", group_key="mail:1", now=NOW, is_quiet=True)
    assert feed.unseen_count(alice) == 0


def test_a_quiet_card_rings_once_a_person_acts(alice):
    feed.notify(user=alice, kind="loaded", title="Loaded", group_key="mail:2", now=NOW, is_quiet=True)
    feed.notify(user=alice, kind="opened", title="Opened", group_key="mail:2", now=NOW)
    assert feed.unseen_count(alice) == 1


def test_an_open_tab_learns_of_a_card_and_of_its_being_seen(alice, card, alice_client):
    alice_client.get(f"/assistant/{card.pk}/open/")
    alice_client.get(f"/assistant/{card.pk}/open/")
    events = LiveEvent.objects.filter(user=alice).order_by("pk").values_list("name", "payload")
    assert list(events) == [("card", {"id": card.pk, "rings": True}), ("seen", {"id": card.pk})]


def test_following_a_card_leads_to_its_page_and_marks_it_seen(alice, card, alice_client):
    answer = alice_client.get(f"/assistant/{card.pk}/open/")
    assert answer.headers["Location"] == "/privacy/"
    assert feed.unseen_count(alice) == 0


def test_asking_for_the_headers_of_a_card_marks_nothing(alice, card, alice_client):
    alice_client.head(f"/assistant/{card.pk}/open/")
    assert feed.unseen_count(alice) == 1


@pytest.mark.parametrize("url", ["https://evil.test/", "//evil.test", "javascript:alert(1)", ""])
def test_a_card_never_leads_elsewhere(alice, alice_client, url):
    card = feed.notify(user=alice, kind="opened", title="x", group_key="x", now=NOW, url=url)
    assert alice_client.get(f"/assistant/{card.pk}/open/").headers["Location"] == "/assistant/"


@pytest.mark.parametrize("name", ["bob", "charlie", "mona", "ada"])
def test_nobody_else_sees_or_opens_a_card(card, name, request):
    client = Client()
    client.force_login(request.getfixturevalue(name))
    for address in ("/assistant/", "/assistant/cards/", f"/assistant/latest/?card={card.pk}"):
        assert b"Proposal" not in client.get(address).content
    assert client.get(f"/assistant/{card.pk}/open/").status_code == 404
    client.post("/assistant/seen/")
    card.refresh_from_db()
    assert card.seen_at is None


def test_all_cards_are_marked_seen_at_once(alice, card, alice_client):
    assert alice_client.post("/assistant/seen/").headers["Location"] == "/assistant/"
    assert feed.unseen_count(alice) == 0
    assert alice_client.post("/assistant/seen/", headers={"HX-Request": "true"}).status_code == 204
    assert alice_client.get("/assistant/seen/").status_code == 405


def test_the_bell_counts_on_every_page(alice, card, alice_client):
    page = alice_client.get("/assistant/").content.decode()
    assert 'aria-label="Notifications"' in page
    assert '<span class="count-badge" id="bell-count" data-bell-count>1</span>' in page


def test_open_tabs_fetch_count_list_and_card_in_one_request(alice, card, alice_client):
    page = alice_client.get(f"/assistant/latest/?card={card.pk}&card=x&card=99999999999999999999").content.decode()
    assert 'data-latest-count="1"' in page
    assert f'data-bell-item="{card.pk}"' in page
    assert f'data-card="{card.pk}"' in page


def test_cards_are_filtered_by_kind(alice, card, alice_client):
    feed.notify(user=alice, kind="clicked", title="Boris followed pricing", group_key="mail:1:click", now=NOW)
    page = alice_client.get("/assistant/cards/?kind=clicked").content.decode()
    assert "followed pricing" in page
    assert "opened “Proposal”" not in page
    assert 'aria-current="true"' in page


def test_cards_stand_under_their_day_in_the_users_zone(alice, alice_client):
    alice.time_zone = "Asia/Tokyo"
    alice.save()
    feed.notify(user=alice, kind="opened", title="late", group_key="a", now=datetime(2026, 3, 1, 23, 0, tzinfo=UTC))
    assert 'data-day="2026-03-02"' in alice_client.get("/assistant/").content.decode()


def test_older_cards_come_page_by_page_and_each_once(alice, alice_client):
    for number in range(45):
        feed.notify(user=alice, kind="opened", title=f"card {number:02}", group_key=str(number), now=NOW + timedelta(minutes=number // 2))
    first = alice_client.get("/assistant/").content.decode()
    last = Card.objects.order_by("-updated_at", "-pk")[39]
    assert f"?before={last.pk}" in first
    second = alice_client.get(f"/assistant/cards/?before={last.pk}").content.decode()
    for number in range(45):
        assert (f"card {number:02}" in first) != (f"card {number:02}" in second)


def test_the_page_takes_the_same_few_queries_for_many_cards(alice, alice_client, card):
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            alice_client.get("/assistant/")
        return len(captured)

    few = queries()
    for number in range(30):
        feed.notify(user=alice, kind="opened", title="x", group_key=f"n{number}", now=NOW)
    assert queries() == few


def test_an_empty_assistant_teaches(alice_client):
    assert "Nothing to tell yet" in alice_client.get("/assistant/").content.decode()
    assert "Nothing of this kind" in alice_client.get("/assistant/?kind=clicked").content.decode()


def test_words_of_others_are_escaped(alice, alice_client):
    feed.notify(user=alice, kind="<b>", title="<script>x</script>", detail="<img>", group_key="x", now=NOW)
    for address in ("/assistant/", "/assistant/latest/?card=" + str(Card.objects.get().pk)):
        page = alice_client.get(address).content.decode()
        assert "<script>x" not in page
        assert "<img>" not in page
