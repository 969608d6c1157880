"""Merge fields: what stands for a recipient, a deal or oneself in a template, and what of it is still to be filled in.

This is the only table of them. In a template a field is written `{{ person.first_name }}`; in a mail one without a value
shows as `[person.first_name]`, and no mail leaves with either.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import lxml.html
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.accounts.models import User
from crm.records.models import Deal, Organisation, Person
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
    label: Promise  # begins small: it stands inside of sentences

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
        MergeField("organisation.name", ORGANISATION, gettext_lazy("organisation’s name")),
        MergeField("organisation.domain", ORGANISATION, gettext_lazy("organisation’s web domain")),
        MergeField("deal.title", DEAL, gettext_lazy("deal’s title")),
        MergeField("deal.value", DEAL, gettext_lazy("deal’s value")),
        MergeField("my.name", MYSELF, gettext_lazy("your name")),
        MergeField("my.first_name", MYSELF, gettext_lazy("your first name")),
        MergeField("my.email", MYSELF, gettext_lazy("your email address")),
    )
}
_NAMES = "|".join(re.escape(name) for name in FIELDS)
PLACEHOLDER = re.compile(rf"\[\s*({_NAMES})\s*\]", re.IGNORECASE)
RAW = re.compile(rf"\{{[{{%][^{{}}]{{0,500}}?(?<![\w.])({_NAMES})(?![\w.])[^{{}}]{{0,500}}[%}}]\}}", re.IGNORECASE)


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
        "organisation.name": organisation.name if organisation else "",
        "organisation.domain": organisation.domain if organisation else "",
        "deal.title": deal.title if deal else "",
        "deal.value": money(deal.value, deal.currency) if deal and deal.value else "",
        "my.name": own_name,
        "my.first_name": _first_name(own_name),
        "my.email": account.email if account else user.email,
    }
    lines = {key: addresses.one_line(value)[:MAX_VALUE] for key, value in found.items()}
    return {key: line for key, line in lines.items() if line}


def unfilled(text: str) -> list[MergeField]:
    """The fields that a text still holds, as placeholders or as written in a template, in their usual order."""
    text = INVISIBLE.sub("", text)
    found = {name.lower() for pattern in (PLACEHOLDER, RAW) for name in pattern.findall(text)}
    return [field for name, field in FIELDS.items() if name in found]


def unfilled_in_html(html: str) -> list[MergeField]:
    """Likewise of a body, links included; what it quotes of somebody else's mail is theirs."""
    if not re.search(r"[\[{]|&#|%[57]b", html, re.IGNORECASE):
        return []
    return unfilled("\n".join(_own_words(html)))


def fill_in(fields: Iterable[MergeField]) -> str:
    """The sentence that names what is missing."""
    return _("Fill in: %(fields)s.") % {"fields": ", ".join(str(field.label) for field in fields)}


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
