"""Working days, Monday to Friday, in a person's own time zone."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
FRIDAY = 4
BEGIN, END = time(9), time(18)  # of a day's work


def passed(moment: datetime, days: int, zone: ZoneInfo) -> datetime:
    """When so many working days have passed since a moment, at the same hour of the day or as near to it as people work."""
    day = moment.astimezone(zone).replace(tzinfo=None)
    for _number in range(days):
        day = _next(day)
    if day.time() > END:
        day = datetime.combine(_next(day), BEGIN)
    return max(day, datetime.combine(day, BEGIN)).replace(tzinfo=zone)


def next_morning(now: datetime, zone: ZoneInfo, *, at: time = time(10)) -> datetime:
    """The next working day after today, at that hour."""
    return datetime.combine(_next(now.astimezone(zone).replace(tzinfo=None)), at).replace(tzinfo=zone)


def _next(day: datetime) -> datetime:
    day += DAY
    while day.weekday() > FRIDAY:
        day += DAY
    return day
