"""When a mail goes: times as people choose them, in their own zone, and in words."""

from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.lib.days import short

AFTERNOON, MORNING = time(14), time(9)
NOTICE = timedelta(minutes=30)  # a preset nearer than this is not offered
FURTHEST = timedelta(days=366)
MONDAY = 0
WRITTEN = "%Y-%m-%dT%H:%M"  # as <input type="datetime-local"> has it


class NotATime(Exception):
    """The time cannot be used; `sentence` tells the person why."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True)
class Preset:
    """A time that the menu offers: `value` is what the form posts."""

    label: Promise
    at: datetime

    @property
    def value(self) -> str:
        return written(self.at)


def presets(now: datetime, zone: ZoneInfo) -> list[Preset]:
    """This afternoon, tomorrow and Monday, as far as they are still ahead and not the same."""
    today = now.astimezone(zone).date()
    monday = today + timedelta(days=(MONDAY - today.weekday() - 1) % 7 + 1)
    offered = [
        Preset(gettext_lazy("This afternoon"), _local(today, AFTERNOON, zone)),
        Preset(gettext_lazy("Tomorrow morning"), _local(today + timedelta(days=1), MORNING, zone)),
        Preset(gettext_lazy("Monday morning"), _local(monday, MORNING, zone)),
    ]
    ahead = {one.at: one for one in reversed(offered) if one.at - now >= NOTICE}
    return sorted(ahead.values(), key=lambda one: one.at)


def chosen(text: str, *, zone: ZoneInfo, now: datetime) -> datetime | None:
    """The moment that a form's local time means; None for an empty one. Raises NotATime.

    An hour that comes twice when the clocks go back is its first; one that the clocks skip is none.
    """
    if not text:
        return None
    local = _read(text)
    at = local.replace(tzinfo=zone).astimezone(UTC)
    if at.astimezone(zone).replace(tzinfo=None) != local:
        raise NotATime(_("The clocks skip this hour on that day. Choose another time."))
    if at <= now:
        raise NotATime(_("This time has passed. Choose one that is still to come, or send it now."))
    if at - now > FURTHEST:
        raise NotATime(_("This is more than a year away. Choose an earlier time."))
    return at


def written(at: datetime, zone: ZoneInfo | None = None) -> str:
    """A moment as a form's local time, in the zone or else the reader's."""
    return timezone.localtime(at, zone).strftime(WRITTEN)


def goes_at(at: datetime) -> str:
    """Says when a mail goes, in the reader's zone."""
    return _("Goes %(when)s") % {"when": in_words(at)}


def in_words(at: datetime) -> str:
    """“today at 14:00”, “tomorrow at 09:00”, “on Mon 30 Nov at 09:00”, in the reader's zone."""
    moment, today = timezone.localtime(at), timezone.localdate()
    clock = {"time": date_format(moment, "H:i")}
    if moment.date() == today:
        return _("today at %(time)s") % clock
    if moment.date() == today + timedelta(days=1):
        return _("tomorrow at %(time)s") % clock
    day = short(moment, "D j M" if moment.year == today.year else "D j M Y")
    return _("on %(day)s at %(time)s") % {"day": day, **clock}


def _local(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, tzinfo=zone)


def _read(text: str) -> datetime:
    try:
        local = datetime.fromisoformat(text[:16])
    except ValueError:
        local = None
    if local is None or local.year in (MINYEAR, MAXYEAR):  # another zone would have them in a year that there is not
        raise NotATime(_("This is not a date and a time."))
    return local
