"""The two icons of a tracked mail and their cards: the sender's alone."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import strip_tags

from tracking import preferences, reading
from tracking.models import Copy, Preferences, TrackedMail
from tracking.tests.seen import NOON, copy_of, hit, link_of


@pytest.fixture
def opened(copy: Copy) -> TrackedMail:
    """The mail, opened three times and with one link followed twice."""
    link = link_of(copy.mail)
    for hours in range(3):
        hit(copy, NOON + timedelta(hours=hours))
    hit(copy, NOON + timedelta(hours=9), counts=False)
    hit(copy, NOON, link=link)
    hit(copy, NOON + timedelta(minutes=5), link=link)
    return TrackedMail.objects.get(pk=copy.mail.pk)


def icons(client: Client, mail: TrackedMail) -> HttpResponse:
    response: HttpResponse = client.get(reverse("tracking:icons", args=[mail.pk]))  # type: ignore[assignment]
    return response


def button(client: Client, mail: TrackedMail, kind: str = "opens") -> str:
    """An icon's classes and words."""
    pattern = rf'class="tracked-icon ([^"]*)" data-tracked-kind="{kind}".*?<span class="visually-hidden">(.*?)</span>'
    found = re.search(pattern, icons(client, mail).content.decode(), re.DOTALL)
    assert found
    return f"{found[1]}: {found[2]}"


def cards(client: Client, mail: TrackedMail) -> list[str]:
    """The words of the two cards."""
    html = icons(client, mail).content.decode()
    return [
        " ".join(unescape(strip_tags(card)).split()) for card in re.findall(r'<span class="tracked-card".*?(?=<button|\Z)', html, re.DOTALL)
    ]


def test_before_anything_happened_both_are_faint_and_say_what_that_means(alice_client, mail):
    html = icons(alice_client, mail).content.decode()

    assert not re.search("is-seen|is-loaded|is-checking", html)
    assert "Not opened, or images blocked" in html
    assert "No link followed yet" in html
    assert f'data-tracked-mail="{mail.pk}"' in html


def test_afterwards_they_are_opaque_and_list_every_time_newest_first_in_the_users_zone(alice_client, opened):
    html = icons(alice_client, opened).content.decode()

    assert html.count("is-seen") == 2
    assert "Opened 3 times" in html
    assert "Someone opened it" in html
    assert "Links followed 2 times" in html
    assert "Prices" in html
    assert html.index("15:00:00") < html.index("14:00:00") < html.index("13:00:00")  # Berlin is an hour ahead
    assert "13:05:00" in html
    assert "22:00:00" not in html  # the hit that does not count


def test_they_speak_the_senders_language_numbers_included(alice, alice_client, opened):
    alice.language = "ru"
    alice.save()
    html = icons(alice_client, opened).content.decode()

    assert "Открыто 3 раза" in html
    assert "Переходов по ссылкам: 2" in html


def test_a_kind_that_was_not_tracked_has_no_icon(alice_client, mail):
    TrackedMail.objects.update(tracks_links=False)
    html = icons(alice_client, mail).content.decode()

    assert 'data-tracked-kind="opens"' in html
    assert 'data-tracked-kind="clicks"' not in html


def test_the_card_tells_each_persons_copy_and_what_it_cannot_tell(alice_client, mail):
    boris, _carla = copy_of(mail, "Boris Petrov"), copy_of(mail, "Carla Conti")
    hit(boris, NOON)
    hit(boris, NOON + timedelta(hours=1))
    opens, clicks = cards(alice_client, mail)

    assert re.search(r"Boris Petrov’s copy .*14:00, 13:00 Carla Conti’s copy not opened, or images blocked", opens)
    assert "A forwarded copy cannot be told apart from its owner’s." in opens
    assert "forwarded" not in clicks  # nothing to tell of it yet


def test_a_shared_copy_never_names_anybody(alice_client, mail, copy):
    hit(copy)
    hit(copy, link=link_of(mail))
    opens, clicks = cards(alice_client, mail)

    assert "Someone opened it: several share this copy" in opens
    assert "Someone followed a link: several share this copy" in clicks
    assert "’s copy" not in opens + clicks


def test_what_software_may_have_loaded_is_half_tone_and_its_time_is_told(alice_client, mail):
    hit(copy_of(mail, "Boris Petrov"), verdict="unknown")

    assert button(alice_client, mail) == "is-loaded: Loaded by mail software, may not have been read"
    assert re.search("Boris Petrov’s copy .*13:00 by .* — may not have been read", cards(alice_client, mail)[0])


def test_who_wants_undecided_openings_counted_sees_them_opaque_and_called_undecided(alice, alice_client, mail, copy):
    Preferences.objects.update_or_create(user=alice, defaults={"count_undecided": True})
    hit(copy, verdict="unknown")
    hit(copy)

    assert button(alice_client, mail) == "is-seen: Opened 2 times (one of them undecided)"
    assert "may not have been read" in cards(alice_client, mail)[0]


def test_a_later_opening_by_a_person_makes_half_tone_opaque_and_counts_alone(alice_client, mail, copy):
    hit(copy, verdict="unknown")
    hit(copy, NOON + timedelta(hours=1))

    assert button(alice_client, mail) == "is-seen: Opened once"


def test_whoever_followed_a_link_has_read_though_no_image_was_loaded(alice_client, mail):
    hit(copy_of(mail, "Boris Petrov"), link=link_of(mail))

    assert button(alice_client, mail) == "is-seen: Read: a link was followed"
    assert "Boris Petrov’s copy read: a link was followed" in cards(alice_client, mail)[0]


def test_a_fresh_click_is_being_looked_at_and_counts_for_nothing(alice_client, mail, copy):
    hit(copy, link=link_of(mail), counts=False, is_settled=False)

    assert button(alice_client, mail, "clicks") == "is-checking: A link was requested; finding out whether a person followed it"
    assert "is-seen" not in icons(alice_client, mail).content.decode()
    assert "being looked at" in cards(alice_client, mail)[1]


def test_a_request_for_a_link_that_stays_undecided_is_half_tone(alice_client, mail, copy):
    hit(copy, link=link_of(mail), verdict="unknown")

    assert button(alice_client, mail, "clicks") == "is-loaded: A link was requested, perhaps by software alone"


def test_machines_are_one_quiet_number_in_the_card_of_their_kind(alice_client, mail, copy):
    link = link_of(mail)
    for _number in range(2):
        hit(copy, link=link, verdict="machine")
    hit(copy, verdict="self")
    opens, clicks = cards(alice_client, mail)

    assert "2 requests by machines, not counted" in clicks
    assert "machine" not in opens
    assert not re.search("is-seen|is-loaded|<time", icons(alice_client, mail).content.decode())


def test_the_senders_own_word_overrules_the_verdict(alice_client, mail, copy):
    hit(copy, verdict="unknown", correction="machine")

    assert " — may not" not in cards(alice_client, mail)[0]
    assert "One request by a machine, not counted" in cards(alice_client, mail)[0]


def test_a_copy_that_could_not_be_delivered_says_so(alice_client, mail):
    Copy.objects.filter(pk=copy_of(mail, "Boris Petrov").pk).update(returned_at=NOON)

    assert "Boris Petrov’s copy could not be delivered" in cards(alice_client, mail)[0]


@pytest.mark.parametrize("other", ["bob", "charlie", "mona", "ada"])
def test_nobody_else_sees_them(request, mail, other):
    client = Client()
    client.force_login(request.getfixturevalue(other))

    assert icons(client, mail).status_code == 404


def test_a_stranger_is_sent_to_sign_in(client, mail):
    assert icons(client, mail).status_code == 302


def test_no_icons_without_a_tracked_mail():
    assert render_to_string("tracking/_icons.html", {"tracked": None}).strip() == ""


def test_a_list_takes_the_same_queries_however_many_mails_copies_and_hits(alice):
    preferences.for_user(alice)
    for number, names in enumerate([["Boris Petrov"], ["Carla Conti", "Dmitri Orlov", "Eva Lang"]]):
        mail = TrackedMail.objects.create(owner=alice, tracks_opens=True, tracks_links=True)
        for name in names:
            copy = copy_of(mail, f"{name} {number}")
            hit(copy)
            hit(copy, verdict="unknown", user_agent=name)
            hit(copy, link=link_of(mail, name, copy.pk))
        with CaptureQueriesContext(connection) as queries:
            mails = list(reading.with_activity(TrackedMail.objects.visible_to(alice)))
            html = "".join(render_to_string("tracking/_icons.html", {"tracked": one}) for one in mails)
        assert len(queries) == 6, [query["sql"] for query in queries]
        assert f"{names[-1]} {number}’s copy" in html


def test_a_long_history_is_cut_and_told(alice_client, copy, mail, monkeypatch):
    monkeypatch.setattr(reading, "SHOWN", 2)
    for hours in range(4):
        hit(copy, NOON + timedelta(hours=hours))
    html = icons(alice_client, mail).content.decode()

    assert html.count("<time") == 2
    assert "and 2 times before" in html
