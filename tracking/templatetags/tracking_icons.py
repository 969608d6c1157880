"""Template tags of the tracking icons and their cards."""

from datetime import datetime
from itertools import groupby
from secrets import token_hex
from typing import NamedTuple

from django import template
from django.utils import timezone

from crm.lib.days import short
from tracking import days, icons, reading, wording
from tracking.models import TrackedMail

register = template.Library()
register.filter("short", short, expects_localtime=True)
register.simple_tag(icons.eye, name="eye_icon")
register.simple_tag(icons.chain, name="link_icon")
register.filter(wording.replied)


class Day(NamedTuple):
    """The times of one day, newest first, in the reader's zone."""

    name: str
    times: list[datetime]


@register.simple_tag
def tracking_activity(mail: TrackedMail) -> reading.Activity:
    """What the icons and cards of a mail show."""
    return reading.activity(reading.fetched(mail))


@register.simple_tag
def card_id(mail: TrackedMail, kind: str) -> str:
    """An id for a card, unique even where a mail's icons stand twice on a page."""
    return f"tracked-{mail.pk}-{kind}-{token_hex(3)}"


@register.filter
def by_day(times: list[datetime]) -> list[Day]:
    """Times in the reader's zone under the names of their days."""
    local = [timezone.localtime(at) for at in times]
    return [Day(days.name(day), list(of_day)) for day, of_day in groupby(local, key=datetime.date)]
