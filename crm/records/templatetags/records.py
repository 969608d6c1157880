"""Template filters of records: amounts, days, addresses of sorted lists."""

from datetime import date, datetime
from functools import cache
from typing import Any

from django import template
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from lucide import IconDoesNotExist
from lucide.templatetags.lucide import lucide

from crm.accounts.models import User
from crm.lib.days import short
from crm.records import kinds, leads
from crm.records import money as amounts
from crm.records.forms.activities import before, lasting
from crm.records.models import Activity, Lead

register = template.Library()
register.filter(lasting)
register.filter(before)
register.filter("short", short, expects_localtime=True)


@register.simple_tag
@cache
def icon(name: str, size: int = 16) -> str:
    """An icon beside words, hidden from screen readers; drawn once, for a long list shows it hundreds of times."""
    return lucide(name + "", size=size, aria_hidden="true")


@register.simple_tag
def icon_or_plain(name: str, size: int = 16) -> str:
    """An icon whose name somebody has typed: of a wrong one a plain sign."""
    try:
        drawn: str = icon(name, size)
    except IconDoesNotExist:
        drawn = icon(kinds.OWN_ICON, size)
    return drawn


@register.simple_tag
def kind_icon(activity: Activity, size: int = 16) -> str:
    """The icon of an activity's kind."""
    return icon_or_plain(kinds.icon_of(activity), size)


@register.filter
def money(value: Any, currency: str) -> str:
    """For example `{{ deal.value|money:deal.currency }}`."""
    return amounts.money(value, currency)


@register.filter
def day(value: date) -> str:
    """Today, Yesterday, Tomorrow, else the date, with the year where it is another one."""
    today = timezone.localdate()
    value = timezone.localdate(value) if isinstance(value, datetime) else value
    near = {0: _("Today"), -1: _("Yesterday"), 1: _("Tomorrow")}.get((value - today).days)
    return near or date_format(value, "j E" if value.year == today.year else "j E Y")


@register.filter
def due(value: Any) -> str:
    """A due time in few words: the clock for today, else the day and the clock."""
    local = timezone.localtime(value)
    clock = date_format(local, "H:i")
    days = (local.date() - timezone.localdate()).days
    near = {0: clock, 1: _("Tomorrow {clock}"), -1: _("Yesterday {clock}")}.get(days)
    return near.format(clock=clock) if near else short(local, "j M, H:i" if local.year == timezone.localdate().year else "j M Y")


@register.filter
def breakable(email: str) -> str:
    """An address that breaks before its @ where it does not fit into a line."""
    local, at, domain = email.rpartition("@")
    return format_html("{}<wbr>{}{}", local, at, domain)


@register.simple_tag(takes_context=True)
def query(context: dict[str, Any], **changes: Any) -> str:
    """The page's own address with some parameters changed; an empty value takes one out."""
    request: HttpRequest = context["request"]
    parameters = request.GET.copy()
    for name, value in changes.items():
        parameters[name] = str(value)
        if value in ("", None):
            del parameters[name]
    return f"?{parameters.urlencode()}" if parameters else request.path


@register.simple_tag
def look_query(look: Any) -> str:
    """What a list is looked at with, as the query of an address."""
    saved = look.saved.pk if look.saved else "all"
    parameters = {"q": look.query, "filter": look.filter, "sort": look.sort, "columns": ",".join(look.keys), "status": look.status}
    return f"?{urlencode({**parameters, 'list': saved})}"


@register.inclusion_tag("records/_sort_head.html", takes_context=True)
def sort_head(context: dict[str, Any], column: str, label: str, css: str = "") -> dict[str, Any]:
    """The head of a column by which the list can be sorted; a second click turns the order round."""
    sort = context["sort"]
    is_current = sort.column == column
    wanted = f"-{column}" if is_current and not sort.is_reversed else column
    direction = ("descending" if sort.is_reversed else "ascending") if is_current else "none"
    return {"url": query(context, sort=wanted, page=""), "label": label, "direction": direction, "css": css}


@register.simple_tag
def open_leads(user: User) -> int:
    """How many leads wait in the inbox for what is to become of them."""
    return leads.waiting(Lead.objects.visible_to(user)).count()


@register.simple_tag
def about_url(name: str, record: Any) -> str:
    """Address of a form that begins with the record, for example /deals/new/?person=12."""
    return f"{reverse(name)}?{record._meta.model_name}={record.pk}"


@register.simple_tag
def about_input(about: str) -> str:
    """The record of a form as a hidden input; `about` is a parameter such as "deal=12"."""
    name, _equals, value = about.partition("=")
    return format_html('<input type="hidden" name="{}" value="{}">', name, value)
