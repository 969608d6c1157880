"""Filling an installation with people, and timing pages of their list."""

import json
import random
import time
from datetime import timedelta
from statistics import median
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from crm.accounts.models import Team, User
from crm.records.models import ContactPoint, CustomField, CustomValue, Organisation, Person, Tag

FIRST = ("Anna", "Boris", "Carla", "Dario", "Edda", "Frank", "Gesa", "Hanna", "Ines", "Jonas")
LAST = ("Albrecht", "Brandt", "Costa", "Dubois", "Eriksen", "Frei", "Garcia", "Huber", "Ivanov", "Jansen")
CITIES = ("Berlin", "Oslo", "Paris", "Prague", "Vienna", "Zurich", "")


def fill_lists(people: int) -> dict[str, Any]:
    """A team's people with organisations, tags, further addresses and a field of their own."""
    chance = random.Random(7)
    team = Team.objects.create(name="Bench")
    owners = [User.objects.create_user(f"seller{number}@example.com", "pw", name=f"Seller {number}", team=team) for number in range(5)]
    now = timezone.now()
    with transaction.atomic():
        companies = Organisation.objects.bulk_create(Organisation(owner=owners[0], name=f"Company {n:05}") for n in range(people // 10))
        made = [
            Person(
                owner=owners[number % 5],
                name=f"{chance.choice(FIRST)} {chance.choice(LAST)} {number}",
                email=f"person{number}@example.com",
                phone=f"+49 30 {number:06}",
                city=chance.choice(CITIES),
                job_title=chance.choice(("Buyer", "Director", "")),
                organisation=chance.choice(companies),
                created_at=now - timedelta(minutes=chance.randrange(700_000)),
            )
            for number in range(people)
        ]
        found = Person.objects.bulk_create(made, batch_size=2000)
        _belongings(found, chance)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return {"people": len(found)}


def _belongings(people: list[Person], chance: random.Random) -> None:
    tags = Tag.objects.bulk_create(Tag(name=f"Tag {number}") for number in range(10))
    field = CustomField.objects.create(of="person", kind="number", name="Size")
    through = Person.tags.through
    through.objects.bulk_create((through(person=one, tag=chance.choice(tags)) for one in people[::3]), batch_size=2000)
    points = (ContactPoint(person=one, kind="email", value=f"x{one.pk}@b.example", folded=f"x{one.pk}@b.example") for one in people[::4])
    ContactPoint.objects.bulk_create(points, batch_size=2000)
    CustomValue.objects.bulk_create(
        (CustomValue(field=field, person=one, number=chance.randrange(1000)) for one in people[::2]), batch_size=2000
    )


def _asked(*conditions: tuple[str, str, Any], match: str = "all") -> dict[str, str]:
    return {"filter": json.dumps({match: [{"field": field, "is": operator, "value": value} for field, operator, value in conditions]})}


def pages() -> dict[str, dict[str, str]]:
    """What is asked of the list, by what the table calls it."""
    size = f"custom-{CustomField.objects.get().pk}"
    tag = str(Tag.objects.first().pk)  # type: ignore[union-attr]
    last = str(Person.objects.count() // 50)
    return {
        "first page by name": {},
        "last page by name": {"page": last},
        "by organisation": {"sort": "organisation"},
        "by date added, newest first": {"sort": "-created_at"},
        "by a field of one's own": {"sort": size},
        "by tags": {"sort": "tags"},
        "by next activity": {"sort": "next_activity"},
        "filter: name contains": _asked(("name", "contains", "ivan")),
        "filter: city and owner": _asked(("city", "is", "Oslo"), ("owner", "any_of", ["me"])),
        "filter: any address contains": _asked(("emails", "contains", "x77")),
        "filter: a tag": _asked(("tags", "has_any", [tag])),
        "filter: a field of one's own": _asked((size, "gte", 990)),
        "filter: without open deals": _asked(("deal_count", "eq", 0)),
        "filter: added this month or no city": _asked(("created_at", "in", "this_month"), ("city", "empty", None), match="any"),
    }


def time_lists(rounds: int) -> dict[str, Any]:
    """Seconds of each page, the median of some rounds, as a seller sees it."""
    client = Client(headers={"host": settings.SITE_HOST})
    client.force_login(User.objects.order_by("pk")[0])
    clock = time.process_time if connection.vendor == "sqlite" else time.perf_counter  # SQLite works within this process
    told = {}
    for name, query in pages().items():
        times = []
        for _round in range(rounds):
            began = clock()
            assert client.get("/people/", query).status_code == 200
            times.append(clock() - began)
        told[name] = median(times)
    return told
