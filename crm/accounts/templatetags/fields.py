"""One look for the fields of every form, allauth's included."""

from typing import Any

from django import forms, template
from django.forms import BoundField
from django.utils.safestring import SafeString

register = template.Library()


@register.inclusion_tag("accounts/_field.html")
def field(bound: BoundField, label: str = "", autocomplete: str = "", *, has_help: bool = True) -> dict[str, Any]:
    """A label, its input, help and errors, tied together for screen readers; `has_help` is off where the page helps otherwise."""
    return {
        "bound": bound,
        "help": bound.help_text if has_help else "",
        "label": label or bound.label,
        "input": styled(bound, autocomplete, has_help=has_help),
        "is_check": isinstance(bound.field.widget, forms.CheckboxInput),
    }


def styled(bound: BoundField, autocomplete: str, *, has_help: bool) -> SafeString:
    """The input with its class, and a description that names help and errors."""
    widget = bound.field.widget
    is_check, is_select = isinstance(widget, forms.CheckboxInput), isinstance(widget, forms.Select)
    kind = "form-check-input" if is_check else "form-select" if is_select else "form-control"
    described = [f"{bound.auto_id}_helptext"] * bool(bound.help_text and has_help) + [f"{bound.auto_id}_error"] * bool(bound.errors)
    attributes: dict[str, Any] = {"class": kind, "placeholder": False}  # the label says it
    if described:
        attributes["aria-describedby"] = " ".join(described)
    if autocomplete:
        attributes["autocomplete"] = autocomplete
    return bound.as_widget(attrs=attributes)
