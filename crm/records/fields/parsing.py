"""From text, as it stands in files and boxes, to the value of a field."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, cast

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.lib import countries
from crm.records.fields.book import Field, Kind
from crm.records.fields.values import Money, Point
from crm.records.models import CustomChoice, CustomField, Organisation, Person, Stage, Tag
from crm.records.money import CURRENCIES, SYMBOLS

LIMITS = {"title": 200, "name": 200, "job_title": 200, "domain": 200, "postcode": 20, "city": 100, "region": 100, "source": 100}
DATE_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d.%m.%y", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M")
DAY_FIRST, MONTH_FIRST = ("%d/%m/%Y", "%d-%m-%Y", "%d/%m/%y"), ("%m/%d/%Y", "%m-%d-%Y", "%m/%d/%y")


class BadValue(Exception):
    """The text cannot be a value of the field; the message is a sentence for people."""


@dataclass
class Ways:
    """How texts are to be understood."""

    user: User  # for whom: names are looked up among what they see
    day_first: bool = True  # of dates such as 3/4/2026
    may_create: bool = False  # unknown tags and choices are made
    separator: str = r"[,;|]"  # between several values in one cell
    known: dict[tuple[str, str], Any] = field(default_factory=dict)  # names looked up before


def parse(text: str, of: Field, ways: Ways) -> Any:
    """The value (see `Kind` for its type) of a text; raises BadValue."""
    clean = text.strip() if of.kind == Kind.LINES else " ".join(text.split())
    parser = PARSERS.get(of.kind)
    return parser(clean, of, ways) if parser else _text(clean, of, ways)


def _text(text: str, of: Field, ways: Ways) -> str:
    limit = LIMITS.get(of.key, 10_000)
    if len(text) > limit:
        raise BadValue(_("“{text}…” is too long: at most {limit} characters.").format(text=text[:30], limit=limit))
    return text


def _email(text: str, of: Field, ways: Ways) -> str:
    if not text:
        return ""
    try:
        validate_email(text)
    except ValidationError:
        raise BadValue(_("“{text}” is no email address.").format(text=text[:60])) from None
    if len(text) > 254:
        raise BadValue(_("“{text}…” is too long: at most {limit} characters.").format(text=text[:30], limit=254))
    return text


def _phone(text: str, of: Field, ways: Ways) -> str:
    if text and not any(character.isdigit() for character in text):
        raise BadValue(_("“{text}” is no phone number.").format(text=text[:60]))
    if len(text) > 50:
        raise BadValue(_("“{text}…” is too long: at most {limit} characters.").format(text=text[:30], limit=50))
    return text


def _points(text: str, of: Field, ways: Ways) -> list[Point]:
    if of.point == "address":
        return [Point(text[:500])] if text else []
    one: Callable[[str, Field, Ways], str] = _email if of.point == "email" else _phone
    return [Point(one(part.strip(), of, ways)) for part in re.split(r"[,;|]|:::", text) if part.strip()]


def number(text: str) -> Decimal | None:
    """A number as people of any country write it: 1,234.50, 1.234,50, 1 234,50, 1'234.50; None for nothing. Raises BadValue."""
    bare = re.sub(r"[\s\u00a0\u202f'’_]", "", text)
    if not bare:
        return None
    last = max(bare.rfind(","), bare.rfind("."))
    marks = [character for character in bare if character in ",."]
    if len(set(marks)) == 2 and marks.count(bare[last]) == 1:  # the last one is the decimal mark
        whole, rest = re.sub(r"[,.]", "", bare[:last]), bare[last + 1 :]
        bare = f"{whole}.{rest}"
    elif len(marks) > 1 or (len(marks) == 1 and marks[0] == "," and len(bare) - last - 1 == 3 and bare.lstrip("-+")[0] != "0"):
        bare = bare.replace(marks[0], "")  # grouping alone: 1,234 and 1.234.567
    else:
        bare = bare.replace(",", ".")
    try:
        value = Decimal(bare)
    except InvalidOperation:
        raise BadValue(_("“{text}” is no number.").format(text=text[:60])) from None
    if not value.is_finite() or abs(value) >= Decimal(10) ** 12:
        raise BadValue(_("“{text}” is no number that can be kept.").format(text=text[:60]))
    return value


def _number(text: str, of: Field, ways: Ways) -> Decimal | int | None:
    value = number(text.rstrip("%"))
    if of.key != "probability" or value is None:
        return value
    if not 0 <= value <= 100:
        raise BadValue(_("A probability is a number from 0 to 100."))
    return int(value)


def _money(text: str, of: Field, ways: Ways) -> Money | None:
    signs = {sign: code for code, sign in SYMBOLS.items()}
    currency = next((code for code in CURRENCIES if code in text.upper()), "") or next((signs[sign] for sign in signs if sign in text), "")
    amount = number(re.sub(r"[^\d.,'\s-]", "", text)) if text else None
    if text and amount is None:
        raise BadValue(_("“{text}” is no amount of money.").format(text=text[:60]))
    if amount is not None and amount < 0 and of.custom is None:
        raise BadValue(_("The value cannot be negative."))
    return None if amount is None else Money(amount, currency)


def _date(text: str, of: Field, ways: Ways) -> date | None:
    if not text:
        return None
    for pattern in (*DATE_FORMATS, *(DAY_FIRST + MONTH_FIRST if ways.day_first else MONTH_FIRST + DAY_FIRST)):
        try:
            return datetime.strptime(text, pattern).date()  # noqa: DTZ007 -- a date has no zone
        except ValueError:
            continue
    raise BadValue(_("“{text}” is no date. Write it as 2026-11-30.").format(text=text[:60]))


def _choice(text: str, of: Field, ways: Ways) -> Any:
    if of.custom is not None:
        return _custom_choice(text, of, ways) if text else None
    named = {str(label).casefold(): key for key, label in of.choices} | {key.casefold(): key for key, _label in of.choices}
    if text and text.casefold() not in named and of.key == "country":
        return _country(text)
    if text.casefold() not in named and (text or of.key in ("visibility", "currency")):
        raise BadValue(_("“{text}” is none of the choices of {field}.").format(text=text[:60], field=of.label))
    return named.get(text.casefold(), "")


def _country(text: str) -> str:
    code = countries.code_of(text)
    if not code:
        raise BadValue(_("“{text}” is no country that we know.").format(text=text[:60]))
    return code


def _custom_choice(text: str, of: Field, ways: Ways) -> CustomChoice:
    key = (of.key, text.casefold())
    if key not in ways.known:
        found = next((one for one in CustomChoice.objects.filter(field=of.custom) if one.name.casefold() == text.casefold()), None)
        if found is None and not ways.may_create:
            raise BadValue(_("“{text}” is none of the choices of {field}.").format(text=text[:60], field=of.label))
        ways.known[key] = found or CustomChoice.objects.create(field=cast(CustomField, of.custom), name=text[:100], position=1000)
    choice: CustomChoice = ways.known[key]
    return choice


def _choices(text: str, of: Field, ways: Ways) -> list[CustomChoice]:
    return [_custom_choice(part.strip(), of, ways) for part in re.split(ways.separator, text) if part.strip()]


def _tags(text: str, of: Field, ways: Ways) -> list[Tag]:
    return list(dict.fromkeys(_tag(" ".join(part.split())[:60], ways) for part in re.split(ways.separator, text) if part.strip()))


def _tag(name: str, ways: Ways) -> Tag:
    key = ("tags", name.casefold())
    if key not in ways.known:
        found = next((tag for tag in Tag.objects.all() if tag.name.casefold() == name.casefold()), None)
        if found is None and not ways.may_create:
            raise BadValue(_("There is no tag “{text}”.").format(text=name))
        ways.known[key] = found or Tag.objects.create(name=name)
    tag: Tag = ways.known[key]
    return tag


def _user(text: str, of: Field, ways: Ways) -> User:
    people = list(User.objects.filter(is_active=True))
    found = next((one for one in people if text.casefold() in (one.email.casefold(), one.name.casefold())), None)
    if found is None:
        raise BadValue(_("Nobody of the name or address “{text}” works here.").format(text=text[:60]))
    return found


def _named(model: Any) -> Callable[[str, Field, Ways], Any]:
    def lookup(text: str, of: Field, ways: Ways) -> Any:
        if not text:
            return None
        found = model.objects.visible_to(ways.user).filter(name__iexact=text).order_by("archived_at", "pk").first()
        if found is None:
            raise BadValue(_("Nothing of the name “{text}” was found.").format(text=text[:60]))
        return found

    return lookup


def _people(text: str, of: Field, ways: Ways) -> list[Person]:
    person = _named(Person)
    return [person(part.strip(), of, ways) for part in re.split(r"[;|]", text) if part.strip()]


def _stage(text: str, of: Field, ways: Ways) -> Stage:
    found = Stage.objects.filter(name__iexact=text).order_by("pipeline__position", "pipeline", "position").first()
    if found is None:
        raise BadValue(_("There is no stage “{text}”.").format(text=text[:60]))
    return found


PARSERS: dict[Kind, Callable[[str, Field, Ways], Any]] = {
    Kind.EMAIL: _email,
    Kind.PHONE: _phone,
    Kind.POINTS: _points,
    Kind.NUMBER: _number,
    Kind.MONEY: _money,
    Kind.DATE: _date,
    Kind.CHOICE: _choice,
    Kind.CHOICES: _choices,
    Kind.TAGS: _tags,
    Kind.USER: _user,
    Kind.PERSON: _named(Person),
    Kind.ORGANISATION: _named(Organisation),
    Kind.PEOPLE: _people,
    Kind.STAGE: _stage,
}  # the others are text
