"""Contacts that may be the same: told while one is entered, and listed in pairs. Only among what the user sees."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import combinations
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from rapidfuzz import fuzz

from crm.accounts.models import User
from crm.records.contacts import company_domain
from crm.records.fields.values import folded
from crm.records.models import ContactPoint, Digits, NotTheSame, Organisation, Person

Contact = Person | Organisation
CONTACTS: dict[str, Any] = {"person": Person, "organisation": Organisation}
ALIKE = 88  # of 100; "Jon Smith" and "John Smith" are 95
SHORTEST = 4  # digits: short ones are extensions
MOST = 5  # hints
GROUPS, MOST_PAIRS, LARGEST_GROUP, NEWEST = 200, 100, 8, 1000  # of the page: what is looked at, so that it stays quick
LEGAL_FORMS = frozenset(
    (
        *("ab", "ag", "as", "bv", "co", "corp", "gmbh", "inc", "kg", "kft", "limited", "llc", "llp", "ltd", "nv", "oy", "oyj", "plc"),
        *("pty", "sa", "sarl", "sas", "se", "sl", "spa", "srl", "sro", "the", "ооо"),
    )
)


class Reason(StrEnum):
    """Why two contacts may be the same, the surest first."""

    EMAIL = "email"
    PHONE = "phone"
    DOMAIN = "domain"
    NAME = "name"

    @property
    def words(self) -> Any:
        return WORDS[self]


WORDS = {
    Reason.EMAIL: _("same email address"),
    Reason.PHONE: _("same phone number"),
    Reason.DOMAIN: _("same domain"),
    Reason.NAME: _("same or similar name"),
}


@dataclass(frozen=True)
class Match:
    """Somebody who may be the one that is being entered."""

    record: Contact
    reason: Reason


@dataclass(frozen=True)
class Pair:
    """Two who may be the same; the older one first."""

    first: Contact
    second: Contact
    reason: Reason


def of_person(user: User, *, name: str, emails: Sequence[str], phones: Sequence[str], organisation: str, besides: int = 0) -> list[Match]:
    """People who may be the one that is typed, the surest first."""
    seen = Person.objects.visible_to(user).exclude(pk=besides).select_related("organisation")
    found = _by_points(seen, emails, phones)
    found += [Match(person, Reason.NAME) for person in _named_alike(seen, name, organisation)]
    return _first(found)


def of_organisation(user: User, *, name: str, domain: str, emails: Sequence[str], phones: Sequence[str], besides: int = 0) -> list[Match]:
    """Organisations that may be the one that is typed, the surest first."""
    seen = Organisation.objects.visible_to(user).exclude(pk=besides)
    found = _by_points(seen, emails, phones)
    wanted = company_domain(f"@{domain.strip()}")
    same = seen.annotate(low=Lower("domain")).filter(low=wanted)[:MOST] if wanted else []
    found += [Match(one, Reason.DOMAIN) for one in same]
    found += [Match(one, Reason.NAME) for one in _firms_alike(seen, name)]
    return _first(found)


def _first(matches: Iterable[Match]) -> list[Match]:
    once: dict[int, Match] = {}
    for match in matches:
        once.setdefault(match.record.pk, match)
    return list(once.values())[:MOST]


def _by_points(seen: Any, emails: Sequence[str], phones: Sequence[str]) -> list[Match]:
    given = [email.strip() for email in emails if "@" in email]
    digits = [key for key in (folded(phone, "phone") for phone in phones) if key.isdigit() and len(key) >= SHORTEST]
    same = list(seen.with_address(given)[:MOST]) if given else []
    called = list(with_phone(seen, digits)[:MOST]) if digits else []
    return [Match(one, Reason.EMAIL) for one in same] + [Match(one, Reason.PHONE) for one in called]


def with_phone(contacts: Any, digits: Sequence[str]) -> Any:
    """Those with one of these numbers, as the first or as a further one."""
    link = contacts.model._meta.model_name
    points = ContactPoint.objects.filter(kind=ContactPoint.Kind.PHONE, folded__in=digits).exclude(**{link: None})
    return contacts.alias(digits=Digits("phone")).filter(Q(digits__in=digits) | Q(pk__in=points.values(link)))


def _named_alike(seen: Any, name: str, organisation: str) -> list[Person]:
    """The same name or one that begins alike and hardly differs anywhere, a similar one at the same organisation."""
    plain = plain_name(name)
    if len(plain) < 3:
        return []
    found = list(_called(seen, name)[:MOST])
    found += [one for one in _begun(seen, name) if fuzz.ratio(plain, plain_name(one.name)) >= ALIKE]
    if organisation.strip():
        colleagues = seen.filter(organisation__in=_called(Organisation.objects.all(), organisation))[:500]
        found += [one for one in colleagues if fuzz.token_sort_ratio(plain, plain_name(one.name)) >= ALIKE]
    return found


def _called(contacts: Any, name: str) -> Any:
    """Those of a name, whatever the capitals; SQLite folds those of ASCII letters only."""
    text = " ".join(name.split())
    spellings = {text.lower(), "".join(letter.lower() if letter.isascii() else letter for letter in text)}
    return contacts.annotate(low_name=Lower("name")).filter(low_name__in=spellings)


def _firms_alike(seen: Any, name: str) -> list[Organisation]:
    """Names that begin alike and hardly differ: “Acme” and “ACME GmbH”."""
    plain = plain_firm(name)
    if len(plain) < 3:
        return []
    return [one for one in _begun(seen, name) if fuzz.ratio(plain, plain_firm(one.name)) >= ALIKE]


def _begun(contacts: Any, name: str) -> Any:
    """The first ones whose names begin with the same three letters."""
    return contacts.annotate(low_name=Lower("name")).filter(low_name__startswith=name.strip().lower()[:3]).order_by("pk")[:2000]


def plain_name(name: str) -> str:
    return " ".join(name.casefold().replace(".", " ").replace(",", " ").split())


def plain_firm(name: str) -> str:
    """A company's name without its legal form."""
    words = plain_name(name).replace("&", " ").split()
    return " ".join(word for word in words if word not in LEGAL_FORMS) or " ".join(words)


def likely_pairs(user: User, kind: str) -> list[Pair]:
    """Pairs that the user may see and that nobody said are two, the surest first."""
    seen = CONTACTS[kind].objects.visible_to(user).current()
    dismissed = set(NotTheSame.objects.filter(kind=kind).values_list("lower", "higher"))
    reasons: dict[tuple[int, int], Reason] = {}
    for reason, group in _groups(seen, kind):
        for pair in combinations(sorted(set(group))[:LARGEST_GROUP], 2):
            if pair not in dismissed:
                reasons.setdefault(pair, reason)
    chosen = list(reasons.items())[:MOST_PAIRS]
    related = ("organisation", "owner") if kind == "person" else ("owner",)
    records = seen.select_related(*related).prefetch_related("points").in_bulk({pk for pair, _reason in chosen for pk in pair})
    return [Pair(records[low], records[high], reason) for (low, high), reason in chosen if low in records and high in records]


def _groups(seen: Any, kind: str) -> Iterator[tuple[Reason, list[int]]]:
    """Numbers of records that share something, the surest reason first."""
    yield from _sharing(seen, kind, Reason.EMAIL, Lower("email"), ContactPoint.Kind.EMAIL)
    yield from _sharing(seen, kind, Reason.PHONE, Digits("phone"), ContactPoint.Kind.PHONE)
    if kind == "organisation":
        yield from _of_column(seen, Reason.DOMAIN, Lower("domain"))
    yield from _of_column(seen, Reason.NAME, Lower("name"))
    yield from _similar(seen, kind)


def _of_column(seen: Any, reason: Reason, column: Any) -> Iterator[tuple[Reason, list[int]]]:
    keyed = seen.order_by().annotate(key=column).exclude(key="")
    keys = list(keyed.values("key").annotate(number=Count("pk")).filter(number__gt=1).values_list("key", flat=True)[:GROUPS])
    yield from ((reason, pks) for pks in _by_key(keyed.filter(key__in=keys).values_list("key", "pk")).values())


def _sharing(seen: Any, kind: str, reason: Reason, column: Any, point: str) -> Iterator[tuple[Reason, list[int]]]:
    """By the first address or number, and by the further ones."""
    yield from _of_column(seen, reason, column)
    further: QuerySet[Any] = ContactPoint.objects.filter(kind=point, **{f"{kind}__in": seen}).order_by()
    keyed = seen.order_by().annotate(key=column)
    # "lower" of what is folded already: with an expression on both sides SQLite uses the index
    crossing = further.filter(Exists(keyed.filter(key=Lower(OuterRef("folded")))))[:GROUPS]
    shared = further.values("folded").annotate(number=Count(kind)).filter(number__gt=1)[:GROUPS]
    keys = {one.folded for one in crossing} | {one["folded"] for one in shared}
    found = [*keyed.filter(key__in=keys).values_list("key", "pk"), *further.filter(folded__in=keys).values_list("folded", kind)]
    yield from ((reason, pks) for pks in _by_key(found).values())


def _by_key(rows: Iterable[tuple[str, int]]) -> dict[str, list[int]]:
    groups: dict[str, list[int]] = {}
    for key, pk in rows:
        groups.setdefault(key, []).append(pk)
    return groups


def _similar(seen: Any, kind: str) -> Iterator[tuple[Reason, list[int]]]:
    """Names that hardly differ: of organisations all without their legal form, of people the newest ones with their colleagues."""
    if kind == "organisation":
        firms = seen.order_by("pk").values_list("pk", "name")[: 20 * NEWEST]
        yield from ((Reason.NAME, pks) for pks in _by_key((plain_firm(name), pk) for pk, name in firms).values())
        return
    newest = seen.exclude(organisation=None).order_by("-pk").values_list("pk", "organisation", "name")[:NEWEST]
    teams: dict[int, list[tuple[int, str]]] = {}
    for pk, organisation, name in newest:
        teams.setdefault(organisation, []).append((pk, plain_name(name)))
    for people in teams.values():
        alike = (pair for pair in combinations(people[:50], 2) if fuzz.token_sort_ratio(pair[0][1], pair[1][1]) >= ALIKE)
        yield from ((Reason.NAME, [first[0], second[0]]) for first, second in alike)


def dismiss(*, kind: str, one: int, other: int, actor: User, now: datetime) -> None:
    """Say that two are not the same: the pair is not shown again, to nobody."""
    lower, higher = sorted((one, other))
    NotTheSame.objects.get_or_create(kind=kind, lower=lower, higher=higher, defaults={"by": actor, "at": now})
