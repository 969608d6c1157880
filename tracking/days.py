"""What days are called."""

from datetime import date

from django.template.defaultfilters import date as format_date
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.lib.days import short


def name(day: date) -> str:
    """“today”, “yesterday”, else the date, with its year when that is another."""
    today = timezone.localdate()
    if (today - day).days in (0, 1):
        return _("yesterday") if day < today else _("today")
    return short(day, "D j M" if day.year == today.year else "j M Y")


def exact(day: date) -> str:
    """“3 March”, with its year when that is another."""
    return format_date(day, "j E" if day.year == timezone.localdate().year else "j E Y")
