"""Mail of contacts, put into their pages by templates: records know nothing of mail."""

from typing import Any

from django import template

from crm.records.models import Organisation, Person
from mail import lists

register = template.Library()


@register.simple_tag(takes_context=True)
def contact_mail_count(context: dict[str, Any], record: Person | Organisation) -> int:
    """How many conversations with a contact the user may read."""
    return lists.record_count(user=context["request"].user, record=record)
