"""The demo company's deals: in every stage, won and lost, each with the way that it came."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from crm.accounts.models import User
from crm.demo.company import ANNA, TOM, Colleague
from crm.demo.data.moments import on
from crm.records import pipeline
from crm.records.models import Deal, Person, Pipeline, Stage


class Sale(NamedTuple):
    """A deal: `days` lists, for each stage it has been in, how many working days ago it came there."""

    title: str
    value: int  # euros
    person: str
    owner: Colleague
    days: tuple[int, ...]
    closes_in: int = 0  # days from today; 0 when nobody has said
    won: int | None = None  # working days ago
    lost: int | None = None
    reason: str = ""
    others: tuple[str, ...] = ()  # who take part besides the person
    chance: int | None = None  # percent, where it is not the stage's


NORTHGATE = ("Carla Stein", "Henrik Vogel")
SALES = (
    Sale(
        "Northgate: 120 sensors for the Berlin hubs",
        48_600,
        "Boris Petrov",
        ANNA,
        (38, 31, 20, 9),
        closes_in=18,
        others=NORTHGATE,
        chance=75,
    ),
    Sale("Helio Dairy: second plant", 36_200, "Ines Albrecht", ANNA, (44, 40, 29, 16, 4), closes_in=9, others=("Petra Kühn",)),
    Sale("Castell: dye house pilot", 12_400, "Lucía Romero", ANNA, (24, 18, 10), closes_in=30),
    Sale("Alder & Finch: eleven hotels", 64_000, "Olivia Marsh", ANNA, (21, 15, 6, 2), closes_in=25, others=("Peter Lang",)),
    Sale("Kestrel: cold store metering", 18_900, "Samir Haddad", ANNA, (16, 11), closes_in=45),
    Sale("Vantaa Paper: service contract", 9_800, "Ulla Mäkinen", ANNA, (52, 47, 41, 33, 26), closes_in=5),
    Sale("Moravia Brewing: bottling line", 14_700, "Zdeněk Horák", ANNA, (13, 7), closes_in=40),
    Sale("Lakeside Clinics: hot water monitoring", 41_300, "Dr. Beat Frei", ANNA, (30, 24, 12, 5), closes_in=21),
    Sale("Port of Ostmark: quay 4 and 5", 72_500, "Edda Kruse", ANNA, (9,), closes_in=75),
    Sale("Greenline: greenhouse irrigation", 16_800, "Gijs van Dam", TOM, (33, 28, 17, 8), closes_in=14),
    Sale("Solent: dry dock supply", 55_000, "Ian Prescott", TOM, (27, 22, 13), closes_in=35),
    Sale("Bramble Schools: fourteen sites", 28_000, "Owen Price", TOM, (8, 3), closes_in=60),
    Sale("Tatra Ceramics: glazing line", 11_900, "Radka Kováčová", TOM, (46, 42, 34), closes_in=20),
    Sale("Quayside Markets: pilot", 4_200, "Theo Grant", TOM, (6,)),
    Sale("Helio Dairy: first plant", 31_500, "Jonas Weber", ANNA, (75, 70, 62, 55, 48), won=37, reason="Savings proved in the pilot"),
    Sale(
        "Ardent Pharma: clean utilities",
        58_400,
        "Liam Byrne",
        TOM,
        (68, 60, 51, 43, 30),
        won=11,
        reason="The only one with a validation pack",
    ),
    Sale("Vantaa Paper: pump house", 22_600, "Ville Korhonen", ANNA, (66, 61, 50, 39), won=23, reason="Product fits best"),
    Sale("Castell: head office", 6_900, "Marc Vidal", ANNA, (40, 36, 30), lost=19, reason="No budget: moved to next year"),
    Sale("Solent: office block", 8_300, "Judith Cole", TOM, (49, 45), lost=28, reason="Competitor: chose a cheaper meter"),
)


RENEWALS = "Renewals"
RENEWAL_STAGES = (("Due within 90 days", 60, 45), ("Terms offered", 75, 21), ("Agreed", 95, 14))  # name, percent, days until it rots
CONTRACTS = (
    Sale("Helio Dairy: service 2027", 7_400, "Jonas Weber", ANNA, (18, 6), closes_in=33, others=("Petra Kühn",)),
    Sale("Northgate: service of the pilot hub", 3_900, "Carla Stein", ANNA, (12,), closes_in=52),
    Sale("Ardent Pharma: calibration 2027", 12_800, "Liam Byrne", TOM, (25, 15, 3), closes_in=12),
    Sale("Greenline: service 2027", 2_600, "Gijs van Dam", TOM, (9,), closes_in=61),
    Sale("Vantaa Paper: pump house service", 5_100, "Ville Korhonen", ANNA, (40, 30, 22), won=14, reason="Relationship"),
    Sale("Solent: slipway service", 1_900, "Judith Cole", TOM, (35, 27), lost=20, reason="Price"),
)


def load(users: dict[str, User], people: dict[str, Person], *, now: datetime) -> dict[str, Deal]:
    """Create all of them and let each go its way through the stages; answers them by title."""
    first = list(pipeline.default_pipeline().stages.all())
    stages = {**dict.fromkeys(SALES, first), **dict.fromkeys(CONTRACTS, _renewal_stages())}
    return {sale.title: _live_through(sale, stages[sale], users[sale.owner.email], people, now) for sale in (*SALES, *CONTRACTS)}


def _renewal_stages() -> list[Stage]:
    renewals = Pipeline.objects.create(name=RENEWALS, position=1)
    return [
        renewals.stages.create(name=name, position=position, probability=probability, rotting_days=rotting_days)
        for position, (name, probability, rotting_days) in enumerate(RENEWAL_STAGES)
    ]


def _live_through(sale: Sale, stages: list[Stage], owner: User, people: dict[str, Person], now: datetime) -> Deal:
    expected = (now + timedelta(days=sale.closes_in)).date() if sale.closes_in else None
    first = {"title": sale.title, "value": Decimal(sale.value), "stage": stages[0], "probability": sale.chance}
    deal = pipeline.create_deal(
        deal=Deal(**first, owner=owner, expected_close_on=expected),
        organisation=None,
        person=people[sale.person],
        participants=[people[name] for name in sale.others],
        actor=owner,
        now=on(sale.days[0], "09:40", now=now),
    )
    for stage, days in zip(stages[1:], sale.days[1:], strict=False):
        deal = pipeline.move_deal(deal=deal, to=stage, actor=owner, now=on(days, "15:20", now=now))
    if sale.won is not None:
        pipeline.win_deal(deal=deal, actor=owner, now=on(sale.won, "11:05", now=now), reason=sale.reason)
    if sale.lost is not None:
        pipeline.lose_deal(deal=deal, actor=owner, now=on(sale.lost, "16:45", now=now), reason=sale.reason)
    return deal
