"""Merge fields: what stands for a recipient, a deal or oneself in a template, and what of it is still to be filled in.

This is the only table of them. In a template a field is written `{{ person.first_name }}`; in a mail one without a value
shows as `[person.first_name]`, and no mail leaves with either. The company's own fields are called by their name and number,
`{{ person.preferred_language_12 }}`: only the number counts, so that templates outlive another name.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import unquote

import lxml.html
from django.db.models import prefetch_related_objects
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.accounts.models import User
from crm.records.fields import book, reading
from crm.records.models import CustomField, Deal, Organisation, Person
from crm.records.money import money
from mail import addresses, drafts
from mail.models import Account

MAX_VALUE = 200
TITLES = {"dr", "prof", "mr", "mrs", "ms", "mx", "miss", "sir", "herr", "frau", "ing", "dipl", "mag", "m", "mme", "г-н", "г-жа"}
INVISIBLE = re.compile(r"[\u00ad\u200b-\u200d\u2060\ufeff]")


@dataclass(frozen=True)
class MergeField:
    """A field by its name in templates, what menus group it under, and what it is called."""

    name: str
    group: Promise
    label: str | Promise  # begins small: it stands inside of sentences

    @property
    def source(self) -> str:
        """As it is written in a template."""
        return f"{{{{ {self.name} }}}}"

    @property
    def placeholder(self) -> str:
        """As it shows in a mail while it has no value."""
        return f"[{self.name}]"


CONTACT, ORGANISATION, DEAL, MYSELF = gettext_lazy("Contact"), gettext_lazy("Organisation"), gettext_lazy("Deal"), gettext_lazy("Me")
FIELDS = {
    field.name: field
    for field in (
        MergeField("person.first_name", CONTACT, gettext_lazy("first name")),
        MergeField("person.name", CONTACT, gettext_lazy("full name")),
        MergeField("person.job_title", CONTACT, gettext_lazy("job title")),
        MergeField("person.email", CONTACT, gettext_lazy("email address")),
        MergeField("person.phone", CONTACT, gettext_lazy("phone number")),
        MergeField("person.city", CONTACT, gettext_lazy("city")),
        MergeField("organisation.name", ORGANISATION, gettext_lazy("organisation’s name")),
        MergeField("organisation.domain", ORGANISATION, gettext_lazy("organisation’s web domain")),
        MergeField("organisation.phone", ORGANISATION, gettext_lazy("organisation’s phone number")),
        MergeField("organisation.city", ORGANISATION, gettext_lazy("organisation’s city")),
        MergeField("deal.title", DEAL, gettext_lazy("deal’s title")),
        MergeField("deal.value", DEAL, gettext_lazy("deal’s value")),
        MergeField("deal.stage", DEAL, gettext_lazy("deal’s stage")),
        MergeField("deal.expected_close", DEAL, gettext_lazy("deal’s expected close")),
        MergeField("my.name", MYSELF, gettext_lazy("your name")),
        MergeField("my.first_name", MYSELF, gettext_lazy("your first name")),
        MergeField("my.email", MYSELF, gettext_lazy("your email address")),
    )
}
GROUPS = {"person": CONTACT, "organisation": ORGANISATION, "deal": DEAL}  # of custom fields, by the record that they belong to
CUSTOM = re.compile(r"(person|organisation|deal)\.[a-z0-9_]{1,60}_(\d{1,18})")
_CUSTOM = r"(?:person|organisation|deal)\.[a-z0-9_]{1,60}_\d{1,18}"
_NAMES = "|".join((*(re.escape(name) for name in FIELDS), _CUSTOM))
PLACEHOLDER = re.compile(rf"\[\s*({_NAMES})\s*\]", re.IGNORECASE)
RAW = re.compile(rf"\{{[{{%][^{{}}]{{0,500}}?(?<![\w.])({_NAMES})(?![\w.])[^{{}}]{{0,500}}[%}}]\}}", re.IGNORECASE)


def of_custom(field: CustomField) -> MergeField:
    """The merge field of one of the company's own fields."""
    slug = slugify(field.name).replace("-", "_")[:40].strip("_")
    words = slug if slug[:1].isalpha() else f"custom_{slug}".rstrip("_")
    return MergeField(f"{field.of}.{words}_{field.pk}", GROUPS[field.of], field.name)


def all_fields(*, archived: bool = False) -> list[MergeField]:
    """All that there are, group by group, the company's own after the others; `archived` adds those that are offered no more."""
    own = CustomField.objects.all() if archived else CustomField.objects.filter(archived_at=None)
    added = [of_custom(field) for field in own]
    groups = list(dict.fromkeys(field.group for field in FIELDS.values()))
    return [field for group in groups for field in (*FIELDS.values(), *added) if field.group == group]


def find(names: Iterable[str]) -> dict[str, MergeField]:
    """The fields by the names under which they were written somewhere; those of custom fields may be older than their present ones."""
    names = list(names)
    numbers = {name: (found[1], int(found[2])) for name in names if name not in FIELDS and (found := CUSTOM.fullmatch(name))}
    own = CustomField.objects.in_bulk({pk for _of, pk in numbers.values()}) if numbers else {}
    custom = {name: of_custom(own[pk]) for name, (of, pk) in numbers.items() if pk in own and own[pk].of == of}
    return {name: FIELDS[name] for name in names if name in FIELDS} | custom


@dataclass(frozen=True)
class Subjects:
    """Whom and what a mail is about, as far as the user may see it."""

    user: User
    account: Account | None = None
    name: str = ""  # of the first recipient, as the address field has it
    email: str = ""
    person: Person | None = None
    organisation: Organisation | None = None
    deal: Deal | None = None


def subjects(*, user: User, account: Account | None, to: str, deal: Deal | None) -> Subjects:
    """What the fields of a mail are filled from: its first To-recipient, their organisation, the mail's deal."""
    mailbox = next(iter(addresses.parse(to).mailboxes), None)
    if mailbox is None:
        return Subjects(user=user, account=account, deal=deal)
    person = drafts.people_by_address(user, [mailbox.email.casefold()]).get(mailbox.email.casefold())
    organisation = _organisation(user, person, deal, mailbox.email)
    return Subjects(user, account, mailbox.name, mailbox.email, person, organisation, deal)


def about_person(*, user: User, account: Account | None, person: Person | None) -> Subjects:
    """As if the person were the recipient: for previews."""
    if person is None:
        return Subjects(user=user, account=account)
    organisation = _organisation(user, person, None, person.email)
    deal = Deal.objects.visible_to(user).filter(person=person, status=Deal.Status.OPEN).order_by("-pk").first()
    return Subjects(user, account, person.name, person.email, person, organisation, deal)


def values(about: Subjects) -> dict[str, str]:
    """The fields that have a value, by name: plain words of one line."""
    user, account, person, organisation, deal = about.user, about.account, about.person, about.organisation, about.deal
    name = person.name if person else "" if "@" in about.name else about.name
    own_name = (account.sender_name if account else "") or user.name
    found = {
        "person.first_name": _first_name(name),
        "person.name": name,
        "person.job_title": person.job_title if person else "",
        "person.email": about.email,
        "person.phone": person.phone if person else "",
        "person.city": person.city if person else "",
        "organisation.name": organisation.name if organisation else "",
        "organisation.domain": organisation.domain if organisation else "",
        "organisation.phone": organisation.phone if organisation else "",
        "organisation.city": organisation.city if organisation else "",
        "deal.title": deal.title if deal else "",
        "deal.value": money(deal.value, deal.currency) if deal and deal.value else "",
        "deal.stage": deal.stage.name if deal else "",
        "deal.expected_close": _day(deal.expected_close_on) if deal and deal.expected_close_on else "",
        **_custom_values(person, organisation, deal),
        "my.name": own_name,
        "my.first_name": _first_name(own_name),
        "my.email": account.email if account else user.email,
    }
    lines = {key: addresses.one_line(value)[:MAX_VALUE] for key, value in found.items()}
    return {key: line for key, line in lines.items() if line}


def unfilled(text: str) -> list[MergeField]:
    """The fields that a text still holds, as placeholders or as written in a template, in their usual order."""
    text = INVISIBLE.sub("", text)
    found = find({name.lower() for pattern in (PLACEHOLDER, RAW) for name in pattern.findall(text)})
    places = {field.name: place for place, field in enumerate(all_fields(archived=True))} if len(found) > 1 else {}
    return sorted(dict.fromkeys(found.values()), key=lambda field: places.get(field.name, 0))


def unfilled_in_html(html: str) -> list[MergeField]:
    """Likewise of a body, links included; what it quotes of somebody else's mail is theirs."""
    if not re.search(r"[\[{]|&#|%[57]b", html, re.IGNORECASE):
        return []
    return unfilled("\n".join(_own_words(html)))


def fill_in(fields: Iterable[MergeField]) -> str:
    """The sentence that names what is missing."""
    return _("Fill in: %(fields)s.") % {"fields": ", ".join(str(field.label) for field in fields)}


def _custom_values(*records: Person | Organisation | Deal | None) -> dict[str, str]:
    """What the records hold in the company's own fields."""
    found: dict[str, str] = {}
    own = list(CustomField.objects.all())
    for record in records if own else ():
        kind = str(record._meta.model_name) if record else ""
        if record is not None and any(field.of == kind for field in own):
            prefetch_related_objects([record], *(path for path in reading.PREFETCH[kind] if path.startswith("custom_values")))
            found |= {of_custom(field).name: _words(record, field) for field in own if field.of == kind}
    return found


def _words(record: Person | Organisation | Deal, field: CustomField) -> str:
    described = book.from_custom(field)
    value = reading.read(record, described)
    return _day(value) if isinstance(value, date) else reading.words(value, described)


def _day(value: date) -> str:
    return date_format(value, "j E Y")


def _own_words(html: str) -> Iterator[str]:
    root: Any = lxml.html.fragment_fromstring(html, create_parent="div")
    for quote in root.xpath('.//*[contains(concat(" ", @class, " "), " gmail_quote ")]'):
        if quote.getparent() is not None:
            quote.drop_tree()
    yield root.text_content()
    for element in root.iter():
        yield from (unquote(value) for name, value in element.attrib.items() if name != "data-merge")


def _organisation(user: User, person: Person | None, deal: Deal | None, email: str) -> Organisation | None:
    """The person's, else the deal's, else the one whose domain the address has."""
    visible = Organisation.objects.visible_to(user)
    for pk in (person.organisation_id if person else None, deal.organisation_id if deal else None):
        if pk and visible.filter(pk=pk).exists():
            return Organisation.objects.get(pk=pk)
    domain = email.rpartition("@")[2]
    found: Organisation | None = visible.filter(domain__iexact=domain).order_by("pk").first() if domain else None
    return found


def _first_name(name: str) -> str:
    """How somebody is addressed: neither by a title nor, of “Ivanov, Boris”, by the family name."""
    _family, comma, given = name.partition(",")
    words = [word for word in (given if comma and given.strip() else name).split() if word.casefold().strip(".") not in TITLES]
    return words[0].strip(",") if words else ""
