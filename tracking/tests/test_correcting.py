"""The sender's own word on a hit, through the details panel: it overrules the rules until it is taken back."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from crm.records.models import TimelineEntry
from notifications.models import Card
from tracking import counting, details, telling
from tracking.instrument import mark_dispatched
from tracking.models import Copy, Event, Preferences, TrackedMail
from tracking.tests.seen import NOON, copy_of, hit, link_of

THUNDERBIRD = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.4.0"
OUTSIDE: dict[str, Any] = {"address": "203.0.113.9", "user_agent": THUNDERBIRD, "rules_version": 2, "reasons": ["mail_app"]}
LATER = NOON + timedelta(hours=2)


@pytest.fixture
def boris(mail: TrackedMail) -> Copy:
    """Boris's copy, sent an hour before NOON; Alice is told of what happens to it."""
    Preferences.objects.update_or_create(user=mail.owner, defaults={"open_tracking": True, "link_tracking": True, "notify_activity": True})
    copy = copy_of(mail, "Boris Petrov")
    mark_dispatched(copy=copy, at=NOON - timedelta(hours=1))
    return copy


def told(*events: Event) -> Event:
    """The events with all that recording leaves behind: counters, card, timeline."""
    mail = events[0].mail_id
    counting.recount([mail])
    telling.tell([mail], counted=[mail], now=NOON)
    return events[0]


def correct(client: Client, event: Event, verdict: str, **headers: str) -> Event:
    response = client.post(reverse("tracking:hit_correct", args=[event.pk]), {"verdict": verdict}, headers=headers)
    assert response.status_code in (200, 302), response.status_code
    event.refresh_from_db()
    return event


def state(mail: TrackedMail) -> tuple[int, int]:
    mail.refresh_from_db()
    return mail.open_count, mail.click_count


@pytest.mark.parametrize(("said", "words"), [("self", "Yourself"), ("machine", "A machine")])
def test_what_the_sender_knows_better_no_longer_counts_and_is_told_nowhere(alice_client, mail, boris, said, words):
    opening = told(hit(boris, **OUTSIDE))
    assert Card.objects.get().title == "Boris Petrov’s copy of “Proposal for Q1” was opened"
    assert TimelineEntry.objects.filter(kind="opened").count() == 1

    opening = correct(alice_client, opening, said)

    assert (opening.verdict, opening.counts, opening.correction) == (said, False, said)
    assert state(mail) == (0, 0)
    assert mail.first_opened_at is None
    assert not Card.objects.exists()
    assert not TimelineEntry.objects.filter(kind="opened").exists()
    assert words in alice_client.get(reverse("tracking:hit_list", args=[mail.pk])).content.decode()


def test_taken_back_the_rules_decide_again_and_the_bell_stays_quiet(alice_client, mail, boris):
    opening = told(hit(boris, **OUTSIDE))
    correct(alice_client, opening, "self")
    Card.objects.update(seen_at=NOON)

    opening = correct(alice_client, opening, "")

    assert (opening.verdict, opening.counts, opening.correction) == ("human", True, "")
    assert state(mail) == (1, 0)
    assert not Card.objects.filter(seen_at=None, is_quiet=False).exists()


def test_it_holds_for_the_whole_reading_and_for_no_other(alice_client, mail, boris):
    first = hit(boris, **OUTSIDE)
    again = hit(boris, NOON + timedelta(minutes=4), counts=False, **{**OUTSIDE, "reasons": ["mail_app", "repeat"]})
    evening = hit(boris, LATER, **OUTSIDE)
    other = hit(boris, NOON, **{**OUTSIDE, "user_agent": "eM Client/9.2"})
    told(first, again, evening, other)

    correct(alice_client, again, "self")

    corrected = set(Event.objects.filter(correction="self").values_list("pk", flat=True))
    assert corrected == {first.pk, again.pk}
    assert state(mail) == (2, 0)


def test_a_click_that_was_no_person_takes_its_link_with_it(alice_client, mail, boris):
    link = link_of(mail)
    click = told(hit(boris, LATER, link=link, **{**OUTSIDE, "reasons": ["browser"]}))
    link.refresh_from_db()
    assert link.click_count == 1

    correct(alice_client, click, "machine")

    link.refresh_from_db()
    assert (state(mail), link.click_count, link.first_clicked_at) == ((0, 0), 0, None)


def test_only_what_the_panel_offers_can_be_said(alice_client, boris):
    opening = hit(boris, **OUTSIDE)
    for nonsense in ("human", "none", "x" * 500):
        response = alice_client.post(reverse("tracking:hit_correct", args=[opening.pk]), {"verdict": nonsense})
        assert response.status_code == 400
    assert alice_client.get(reverse("tracking:hit_correct", args=[opening.pk])).status_code == 405
    opening.refresh_from_db()
    assert opening.verdict == "human"


@pytest.mark.parametrize("other", ["bob", "charlie", "mona", "ada"])
def test_nobody_else_sees_a_hit_or_says_what_it_was(request, mail, boris, other):
    opening = hit(boris, **OUTSIDE)
    client = Client()
    client.force_login(request.getfixturevalue(other))

    assert client.get(reverse("tracking:hit_list", args=[mail.pk])).status_code == 404
    assert client.post(reverse("tracking:hit_correct", args=[opening.pk]), {"verdict": "self"}).status_code == 404
    opening.refresh_from_db()
    assert opening.correction == ""


def test_the_panel_tells_each_hit_its_copy_client_verdict_and_reasons(alice_client, mail, boris):
    link = link_of(mail)
    hit(boris, **OUTSIDE)
    hit(
        boris,
        LATER,
        link=link,
        verdict="machine",
        user_agent="Barracuda Sentinel (EE)",
        address="203.0.113.7",
        reasons=["burst", "declared"],
    )
    hit(
        boris,
        LATER,
        verdict="self",
        user_agent="Mozilla/5.0 (Windows NT 10.0; rv:131.0) Gecko/20100101 Firefox/131.0",
        reasons=["colleague"],
    )
    page = alice_client.get(reverse("tracking:hit_list", args=[mail.pk]))

    html = page.content.decode()
    assert page.headers["Cache-Control"] == "private, no-store"
    for words in (
        *("Boris Petrov’s copy", "Opened", "Thunderbird", "A person", "A mail program as people use it"),
        *("“Prices” requested", "Barracuda link scanner", "A machine", "Several links were followed at once, as only a program does"),
        *("Loaded", "Firefox on Windows", "A colleague", "The signed-in browser of a colleague"),
    ):
        assert words in html, words
    assert "203.0.113" not in html  # whose address it was concerns nobody


def test_the_list_can_be_narrowed_and_goes_on_page_by_page(alice_client, mail, boris, monkeypatch):
    monkeypatch.setattr(details, "PAGE", 2)
    for minutes in range(5):
        hit(boris, NOON + timedelta(minutes=minutes), verdict="unknown", **{**OUTSIDE, "reasons": ["bare_name"]})
    hit(boris, LATER, **OUTSIDE)
    url = reverse("tracking:hit_list", args=[mail.pk])

    assert alice_client.get(url, {"show": "people"}).content.decode().count('class="hit ') == 1
    assert alice_client.get(url, {"show": "others"}).content.decode().count('class="hit ') == 0
    assert "Show older" not in alice_client.get(url, {"show": "people"}).content.decode()
    first = details.page_of(mail, choice="undecided")
    second = details.page_of(mail, choice="undecided", before=first.older or 0)
    third = details.page_of(mail, choice="undecided", before=second.older or 0)
    assert [len(page.lines) for page in (first, second, third)] == [2, 2, 1]
    assert third.older is None
    assert alice_client.get(url, {"show": "<script>", "before": "9" * 30}).status_code == 200


def test_a_host_of_its_own_says_that_it_cannot_know_who_is_signed_in(alice_client, mail, boris, settings):
    settings.TRACKING_URL = settings.SITE_URL
    url = reverse("tracking:hit_list", args=[mail.pk])
    assert "your sign-in is not known" not in alice_client.get(url).content.decode()
    TrackedMail.objects.update(host="https://t.client.test")
    assert "live on t.client.test, where your sign-in is not known" in alice_client.get(url).content.decode()


def test_only_the_fragment_is_answered_to_the_drawer(alice_client, mail, boris):
    opening = hit(boris, **OUTSIDE)
    response = alice_client.post(reverse("tracking:hit_correct", args=[opening.pk]), {"verdict": "self"}, headers={"HX-Request": "true"})
    html = response.content.decode()

    assert html.strip().startswith('<div class="hits"')
    assert "You said that this was you" in html
    assert "autofocus" in html
