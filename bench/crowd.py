"""A large company to search in: made within a measured installation, by `bench.inside`."""
# ruff: noqa: SIM905 -- lists of words

import random
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from crm.accounts.models import Team, User
from crm.records.index import tables
from crm.records.models import Activity, Deal, Note, Organisation, Person, StoredFile
from crm.records.pipeline import default_pipeline

FIRST = "Anna Maria Michael Thomas Andreas Peter Julia Sarah Stefan Christian Elena Olga Ivan Boris Laura Paul Max Nina Jan Sofia".split()
STARTS = "Sch Br Kr M B H Iv Pet Gr Sm L N W F D K R T Wh Kow Lind Berg Stein Ros Hal Mar Vol Nov Kuz Fed".split()
MIDDLES = "a e i o u au ei el er an on ar en or ov in al".split()
ENDS = "mann er ski sen son feld bach berg stein dt ler ow ev ov in ov ko chuk ez ini elli ard ton ley man".split()
TRADES = "Tools Logistics Software Consulting Energy Foods Media Partners Systems Industries Trading Labs Design Motors Textiles".split()
CITIES = "Berlin Hamburg Köln Wien Zürich Paris Lyon Madrid Milano London Leeds Dublin Kraków Praha Riga Tallinn".split()
KNOWN = (("Jürgen Schmidt", "Acme Tools"), ("Сергей Иванов", "Ромашка"), ("Zdzisława Brzęczyszczykiewicz", "Müller Groß"))
BATCH = 2_000
HOST = urlsplit(settings.SITE_URL).netloc


def fill(people: int, others: int) -> dict[str, Any]:
    """People with organisations, deals, notes, activities and files; what nobody but their owner sees belongs to Olaf's own few."""
    dice = random.Random(7)
    team = Team.objects.create(name="North")
    anna = User.objects.create_user("anna@bench.test", "bench-password", name="Anna", role=User.Role.MANAGER, team=team)
    User.objects.create_user("mia@bench.test", "bench-password", name="Mia", team=team)
    olaf = User.objects.create_user("olaf@bench.test", "bench-password", name="Olaf", team=Team.objects.create(name="South"))
    organisations = _save(Organisation, (_organisation(dice, anna, number) for number in range(people // 5)))
    began = time.perf_counter()
    found = _save(Person, (_person(dice, anna, number, organisations) for number in range(people)))
    seconds = time.perf_counter() - began
    _save(Person, (_person(dice, olaf, number, organisations) for number in range(10)))
    stage, now = default_pipeline().stages.all()[0], timezone.now()
    titles = (f"{dice.choice(TRADES)} for {dice.choice(organisations).name}" for _ in range(others))
    _save(Deal, (Deal(owner=anna, title=title, stage=stage, person=dice.choice(found)) for title in titles))
    _save(Note, (Note(author=anna, person=dice.choice(found), text=_sentence(dice)) for _ in range(others)))
    _save(Activity, (Activity(owner=anna, subject=_sentence(dice)[:60], person=dice.choice(found), due_at=now) for _ in range(others)))
    _save(StoredFile, (_file(dice, anna, found) for _ in range(others // 5)))
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    return {"seconds": seconds}


def write(people: int) -> dict[str, Any]:
    """Seconds to insert people without and with the index."""
    owner, told = User.objects.create_user("w@bench.test", "bench-password", name="W"), {}
    organisations = _save(Organisation, (_organisation(random.Random(1), owner, number) for number in range(people // 5)))
    for name, prepare in (("without", tables.remove), ("with", tables.install)):
        prepare(connection)
        rows = [_person(random.Random(number), owner, number + 9, organisations) for number in range(people)]
        began = time.perf_counter()
        _save(Person, iter(rows))
        told[name] = time.perf_counter() - began
        Person.objects.all().delete()
    return told


def _save(model: Any, rows: Iterator[Any]) -> list[Any]:
    with transaction.atomic():
        return list(model.objects.bulk_create(rows, batch_size=BATCH))


def _surname(dice: random.Random) -> str:
    """Some are common and most are rare."""
    parts = [one[int(len(one) * dice.random() ** 2)] for one in (STARTS, MIDDLES, ENDS)]
    return parts[0] + (parts[1] + dice.choice("lnrstbdkm") if dice.random() < 0.6 else "") + parts[1] + parts[2]


def _organisation(dice: random.Random, owner: User, number: int) -> Organisation:
    name = KNOWN[number][1] if number < len(KNOWN) else f"{_surname(dice)} {dice.choice(TRADES)}"
    domain = f"{name.lower().replace(' ', '-')}-{number}.example".encode("ascii", "ignore").decode()
    return Organisation(owner=owner, name=name, domain=domain, city=dice.choice(CITIES), visibility="team")


def _person(dice: random.Random, owner: User, number: int, organisations: list[Organisation]) -> Person:
    name = KNOWN[number][0] if number < len(KNOWN) else f"{FIRST[int(len(FIRST) * dice.random() ** 2)]} {_surname(dice)}"
    organisation = dice.choice(organisations)
    email = f"{name.lower().replace(' ', '.')}{number}@{organisation.domain}".encode("ascii", "ignore").decode()
    phone = f"+49 {dice.randint(30, 99)} {dice.randint(100_000, 9_999_999)}"
    return Person(owner=owner, name=name, email=email, phone=phone, city=dice.choice(CITIES), organisation=organisation, visibility="team")


def _sentence(dice: random.Random) -> str:
    words = "call meeting offer price budget contract delivery agreed asked waiting discount renewal licence training visit".split()
    return f"{' '.join(dice.choices(words, k=9))} {_surname(dice)}"


def _file(dice: random.Random, owner: User, people: list[Person]) -> StoredFile:
    return StoredFile(uploaded_by=owner, person=dice.choice(people), name=f"{_sentence(dice).replace(' ', '-')[:80]}.pdf", size=1)


ASKED = {
    **dict.fromkeys(("a", "an", "sch", "anna", "schmidt", "anna sch", "maria ber", "jürgen schmidt", "jurgen", "acme", "tools"), "anna"),
    **dict.fromkeys(("logistics for", "brzęczyszczykiewicz", "brzeczy", "ulle", "мюллер", "иванов", "ivanov", "offer price"), "anna"),
    **dict.fromkeys(("berlin", "anna.sch", "anna.schmann17@", "example", "030 1234", "+49 30 123456", "1234", "call", "pdf"), "anna"),
    **dict.fromkeys(("shmidt", "jurgen shmitd", "ivanvo", "acme tolls", "zqxwvk", "nobody of that name here"), "anna"),
}
RESTRICTED = ("an", "anna", "schmidt", "tools", "berlin", "shmidt", "call", "offer price", "zqxwvk")


def ask(rounds: int) -> dict[str, Any]:
    """By user and text, the milliseconds of each round; the first warms up and is left out."""
    told: dict[str, Any] = {}
    for name, texts in (("anna", list(ASKED)), ("mia", RESTRICTED), ("olaf", RESTRICTED)):
        client = Client()
        client.force_login(User.objects.get(email=f"{name}@bench.test"))
        for text in texts:
            told[f"{name}: {text}"] = [_milliseconds(client, text) for _ in range(rounds + 1)][1:]
    return told


def _milliseconds(client: Client, text: str) -> float:
    began = time.perf_counter()
    assert client.get("/search/", {"q": text}, headers={"HX-Request": "true", "host": HOST}).status_code == 200
    return (time.perf_counter() - began) * 1000


TASKS: dict[str, Callable[..., dict[str, Any]]] = {"fill": fill, "write": write, "ask": ask}
