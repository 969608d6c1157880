"""The demo company's deals: in every stage, won and lost, each with the way that it came."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from crm.accounts.models import User
from crm.demo.company import ANNA, TOM, Colleague
from crm.demo.data.moments import on
from crm.records import pipeline
from crm.records.models import Deal, Person, Stage


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


SALES = (
    Sale("Northgate: 120 sensors for the Berlin hubs", 48_600, "Boris Petrov", ANNA, (38, 31, 20, 9), closes_in=18),
    Sale("Helio Dairy: second plant", 36_200, "Ines Albrecht", ANNA, (44, 40, 29, 16, 4), closes_in=9),
    Sale("Castell: dye house pilot", 12_400, "Lucía Romero", ANNA, (24, 18, 10), closes_in=30),
    Sale("Alder & Finch: eleven hotels", 64_000, "Olivia Marsh", ANNA, (21, 15, 6, 2), closes_in=25),
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
    Sale("Vantaa Paper: pump house", 22_600, "Ville Korhonen", ANNA, (66, 61, 50, 39), won=23),
    Sale("Castell: head office", 6_900, "Marc Vidal", ANNA, (40, 36, 30), lost=19, reason="Budget moved to next year"),
    Sale("Solent: office block", 8_300, "Judith Cole", TOM, (49, 45), lost=28, reason="Chose a cheaper meter"),
)


def load(users: dict[str, User], people: dict[str, Person], *, now: datetime) -> dict[str, Deal]:
    """Create all of them and let each go its way through the stages; answers them by title."""
    stages = list(pipeline.default_pipeline().stages.all())
    return {sale.title: _live_through(sale, stages, users[sale.owner.email], people[sale.person], now) for sale in SALES}


def _live_through(sale: Sale, stages: list[Stage], owner: User, person: Person, now: datetime) -> Deal:
    expected = (now + timedelta(days=sale.closes_in)).date() if sale.closes_in else None
    deal = pipeline.create_deal(
        deal=Deal(title=sale.title, value=Decimal(sale.value), stage=stages[0], owner=owner, expected_close_on=expected),
        organisation=None,
        person=person,
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
