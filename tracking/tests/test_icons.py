"""The two icons of a tracked mail and their cards: the sender's alone."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from tracking import reading
from tracking.models import Copy, Event, TrackedLink, TrackedMail

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def hit(copy: Copy, at: datetime, *, link: TrackedLink | None = None, counts: bool = True) -> None:
    kind = Event.Kind.CLICK if link else Event.Kind.OPEN
    Event.objects.create(
        hit_id=uuid4(),
        mail=copy.mail,
        copy=copy,
        link=link,
        kind=kind,
        at=at,
        method="GET",
        counts=counts,
        verdict="human",
        reasons=["browser"],
    )


@pytest.fixture
def opened(copy: Copy) -> TrackedMail:
    """The mail, opened three times and with one link followed twice."""
    link = TrackedLink.objects.create(
        mail=copy.mail, number=0, target="https://x.test/prices", text="Prices", click_count=2, first_clicked_at=NOON, last_clicked_at=NOON
    )
    for hours in range(3):
        hit(copy, NOON + timedelta(hours=hours))
    hit(copy, NOON + timedelta(hours=9), counts=False)
    hit(copy, NOON, link=link)
    hit(copy, NOON + timedelta(minutes=5), link=link)
    times = {"first_opened_at": NOON, "last_opened_at": NOON, "first_clicked_at": NOON, "last_clicked_at": NOON}
    TrackedMail.objects.filter(pk=copy.mail.pk).update(open_count=3, click_count=2, **times)
    return TrackedMail.objects.get(pk=copy.mail.pk)


def icons(client: Client, mail: TrackedMail) -> HttpResponse:
    response: HttpResponse = client.get(reverse("tracking:icons", args=[mail.pk]))  # type: ignore[assignment]
    return response


def test_before_anything_happened_both_are_faint_and_say_what_that_means(alice_client, mail):
    html = icons(alice_client, mail).content.decode()

    assert "is-seen" not in html
    assert "Not opened, or images blocked" in html
    assert "No link followed yet" in html
    assert f'data-tracked-mail="{mail.pk}"' in html


def test_afterwards_they_are_opaque_and_list_every_time_newest_first_in_the_users_zone(alice_client, opened):
    html = icons(alice_client, opened).content.decode()

    assert html.count("is-seen") == 2
    assert "Opened 3 times" in html
    assert "Someone opened this mail" in html
    assert "Links followed 2 times" in html
    assert "Prices" in html
    assert html.index("15:00:00") < html.index("14:00:00") < html.index("13:00:00")  # Berlin is an hour ahead
    assert "13:05:00" in html
    assert "22:00:00" not in html  # the hit that does not count


def test_a_kind_that_was_not_tracked_has_no_icon(alice_client, mail):
    TrackedMail.objects.update(tracks_links=False)
    html = icons(alice_client, mail).content.decode()

    assert 'data-tracked-kind="opens"' in html
    assert 'data-tracked-kind="clicks"' not in html


def test_a_copy_of_one_person_names_whose_it_was(alice, alice_client, copy, opened):
    from crm.records.models import Person

    copy.person = Person.objects.create(owner=alice, name="Boris Ivanov")
    copy.save()

    assert "From the copy sent to Boris Ivanov" in icons(alice_client, opened).content.decode()


@pytest.mark.parametrize("other", ["bob", "charlie", "mona", "ada"])
def test_nobody_else_sees_them(request, mail, other):
    client = Client()
    client.force_login(request.getfixturevalue(other))

    assert icons(client, mail).status_code == 404


def test_a_stranger_is_sent_to_sign_in(client, mail):
    assert icons(client, mail).status_code == 302


def test_no_icons_without_a_tracked_mail():
    assert render_to_string("tracking/_icons.html", {"tracked": None}).strip() == ""


def test_a_list_takes_the_same_queries_however_long(alice, copy, opened, django_assert_num_queries):
    other = TrackedMail.objects.create(owner=alice, tracks_opens=True, tracks_links=True)
    with django_assert_num_queries(5):
        mails = list(reading.with_activity(TrackedMail.objects.visible_to(alice)))
        html = "".join(render_to_string("tracking/_icons.html", {"tracked": mail}) for mail in mails)

    assert f'data-tracked-mail="{other.pk}"' in html


def test_a_long_history_is_cut_and_told(alice_client, copy, mail, monkeypatch):
    monkeypatch.setattr(reading, "SHOWN", 2)
    for hours in range(4):
        hit(copy, NOON + timedelta(hours=hours))
    TrackedMail.objects.update(open_count=4, first_opened_at=NOON)
    html = icons(alice_client, mail).content.decode()

    assert html.count("<time") == 2
    assert "and 2 times before" in html
