"""Plausible times, counted back from the moment at which the demo is loaded."""

from datetime import date, datetime, time, timedelta

from crm.demo.clock import local_zone

SATURDAY = 5
LATEST = time(23, 30)


def on(days: int, clock: str, *, now: datetime) -> datetime:
    """That time of the day ("14:32") on the working day so many working days before today (after it, when negative)."""
    day = now.astimezone(local_zone()).date()
    for _ in range(abs(days)):
        day = _next_working_day(day, -1 if days > 0 else 1)
    return datetime.combine(day, time.fromisoformat(clock), tzinfo=local_zone())


def ago(minutes: float, *, now: datetime) -> datetime:
    """So many minutes before now."""
    return now - timedelta(minutes=minutes)


def later_today(clock: str, *, now: datetime) -> datetime:
    """That time today; when it has passed already, a time in the next hours that is still today."""
    wanted = on(0, clock, now=now)
    latest = on(0, LATEST.isoformat("minutes"), now=now)
    soon = (now + timedelta(minutes=50)).replace(minute=30, second=0, microsecond=0)
    return wanted if wanted > now else min(max(soon, now + timedelta(minutes=10)), latest)


def _next_working_day(day: date, step: int) -> date:
    day += timedelta(days=step)
    while day.weekday() >= SATURDAY:
        day += timedelta(days=step)
    return day
