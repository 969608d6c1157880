"""The consent card, put into the contact's page by its template: records know nothing of consent."""

from pathlib import Path
from typing import Any

from django import template

from crm.consent import card, policy
from crm.consent.models import Consent
from crm.records.models import Person

register = template.Library()


@register.inclusion_tag("consent/_card.html", takes_context=True)
def consent_card(context: dict[str, Any], person: Person) -> dict[str, Any]:
    """Whether the contact agreed to be tracked, and how that is known."""
    return {"person": person, "card": card.of(person, context["request"].user)}


@register.filter
def file_name(entry: Consent) -> str:
    """The name of an entry's evidence."""
    return Path(entry.evidence.name or "").name


@register.simple_tag
def policy_sentence() -> str:
    """The company's policy in one sentence."""
    return policy.sentence()
