"""The company's own fields on the page of a record: `{% custom_fields person %}`."""

from typing import Any

from django import template

from crm.records.changes import kind_of
from crm.records.fields import facts

register = template.Library()


@register.inclusion_tag("records/_custom_fields.html", takes_context=True)
def custom_fields(context: dict[str, Any], record: Any) -> dict[str, Any]:
    """A panel with all of them; nothing where the company has none."""
    user = context["request"].user
    return {
        "record": record,
        "kind": kind_of(record),
        "facts": facts.custom_facts(record, user),
        "may_change": type(record)._default_manager.changeable_by(user).filter(pk=record.pk).exists(),
    }
