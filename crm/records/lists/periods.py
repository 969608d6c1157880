"""Spans of days, as people speak of them."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import User, company

Span = tuple[date | None, date | None]  # from the first day to before the second; None: without end
DAY = timedelta(days=1)
PERIODS: Mapping[str, str | Promise] = {
    "today": _("today"),
    "yesterday": _("yesterday"),
    "tomorrow": _("tomorrow"),
    "this_week": _("this week"),
    "last_week": _("last week"),
    "next_week": _("next week"),
    "this_month": _("this month"),
    "last_month": _("last month"),
    "next_month": _("next month"),
    "this_quarter": _("this quarter"),
    "last_quarter": _("last quarter"),
    "next_quarter": _("next quarter"),
    "this_year": _("this year"),
    "last_year": _("last year"),
    "next_year": _("next year"),
}
STEPS = {"last": -1, "this": 0, "next": 1}
DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}
MONTHS = {"month": 1, "quarter": 3, "year": 12}


def span(operator: str, value: Any, today: date) -> Span:
    """The days that an operator of a date means."""
    match operator:
        case "on":
            return value, value + DAY
        case "before":
            return None, value
        case "after":
            return value + DAY, None
        case "between":
            return value[0], value[1] + DAY
        case "last":
            return today - value * DAY, today + DAY
        case "next":
            return today, today + (value + 1) * DAY
        case _:
            return period(value, today)


def period(name: str, today: date) -> Span:
    """A day, a week, a month, a quarter or a year, the one before or the one after."""
    if name in DAYS:
        first = today + DAYS[name] * DAY
        return first, first + DAY
    which, _underscore, unit = name.partition("_")
    if unit == "week":
        first = today - DAY * ((today.weekday() - company().first_weekday) % 7) + STEPS[which] * 7 * DAY
        return first, first + 7 * DAY
    months = MONTHS[unit]
    begin = (today.year * 12 + today.month - 1) // months * months + STEPS[which] * months
    return _month(begin), _month(begin + months)


def _month(number: int) -> date:
    return date(number // 12, number % 12 + 1, 1)


def midnight(day: date, user: User) -> datetime:
    """When a day begins where the user is."""
    return timezone.make_aware(datetime.combine(day, time.min), user.zone)
