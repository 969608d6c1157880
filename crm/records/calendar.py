"""The calendar: the days of a month, of a week or one day, in the active time zone, with what is planned and done on them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from crm.records.models import Activity, ActivityQuerySet

MODES = ("month", "week", "day")
DAY = timedelta(days=1)
WEEK = 7  # days
FOLDED = 4  # activities on a day of the month; of more than that, one less and “+3 more”
EARLIEST, LATEST = 8, 19  # hours that are always shown
SLOTS = 2  # of an hour
LANES = {"week": 3, "day": 6}  # side by side; what is beyond is named by its number


@dataclass(frozen=True)
class Span:
    """The days that a calendar shows: from `first` up to, but without, `end`."""

    mode: str
    anchor: date  # the day that was asked for
    first: date
    end: date

    @property
    def begins_at(self) -> datetime:
        """The moment of the first midnight. A day has 23 or 25 hours where the clock changes: nothing here counts hours."""
        return _midnight(self.first)

    @property
    def ends_at(self) -> datetime:
        return _midnight(self.end)

    @property
    def earlier(self) -> date:
        """A day of the span before."""
        return (self.anchor.replace(day=1) - DAY).replace(day=1) if self.mode == "month" else self.anchor - self._step

    @property
    def later(self) -> date:
        return (self.anchor.replace(day=1) + 32 * DAY).replace(day=1) if self.mode == "month" else self.anchor + self._step

    @property
    def _step(self) -> timedelta:
        return DAY if self.mode == "day" else WEEK * DAY

    @property
    def last(self) -> date:
        return self.end - DAY


@dataclass
class Block:
    """An activity among the hours of a day; slots and lanes count from 1."""

    activity: Activity
    slot: int
    length: int
    lane: int = 1
    is_wide: bool = True  # nothing else is at that time

    @property
    def css(self) -> str:
        """Classes of its place, see calendar.css: a strict content policy has no room for computed styles."""
        return f"hours-item at-{self.slot} for-{self.length} lane-{'all' if self.is_wide else self.lane}"


@dataclass
class Day:
    """One day: its activities, those of them that there is room for, and how many more there are."""

    date: date
    is_today: bool
    is_outside: bool  # of another month
    activities: list[Activity] = field(default_factory=list)
    shown: list[Activity] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    lanes: int = 1
    more: int = 0


def span(mode: str, anchor: date, first_weekday: int) -> Span:
    """The days of the month (in whole weeks), the week or the day around the anchor."""
    if mode == "day":
        return Span(mode, anchor, anchor, anchor + DAY)
    if mode == "week":
        first = _week_of(anchor, first_weekday)
        return Span(mode, anchor, first, first + WEEK * DAY)
    first = _week_of(anchor.replace(day=1), first_weekday)
    last = (anchor.replace(day=1) + 32 * DAY).replace(day=1) - DAY
    return Span(mode, anchor, first, _week_of(last, first_weekday) + WEEK * DAY)


def _week_of(day: date, first_weekday: int) -> date:
    return day - timedelta(days=(day.weekday() - first_weekday) % WEEK)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def days(span: Span, activities: ActivityQuerySet, now: datetime) -> list[Day]:
    """Every day of the span with its activities by time; one query."""
    today = timezone.localdate(now)
    found: dict[date, Day] = {}
    for number in range((span.end - span.first).days):
        day = span.first + timedelta(days=number)
        found[day] = Day(day, day == today, span.mode == "month" and day.month != span.anchor.month)
    for activity in activities.filter(due_at__gte=span.begins_at, due_at__lt=span.ends_at).order_by("due_at", "pk"):
        found[timezone.localdate(activity.due_at)].activities.append(activity)
    return list(found.values())


def fold(days: Iterable[Day]) -> None:
    """For a month: as many activities as a day has room for."""
    for day in days:
        room = FOLDED if len(day.activities) <= FOLDED else FOLDED - 1
        day.shown, day.more = day.activities[:room], max(0, len(day.activities) - room)


def hours(days: Iterable[Day]) -> range:
    """The hours of the clock to show: the usual ones, and those of earlier and later activities."""
    times = [timezone.localtime(activity.due_at).hour for day in days for activity in day.activities]
    return range(min([EARLIEST, *times]), max([LATEST, *(hour + 1 for hour in times)]))


def lay_out(days: Iterable[Day], shown: range, mode: str) -> None:
    """For hours: where each activity stands and how long it is; those at the same time stand side by side."""
    for day in days:
        blocks = [_block(activity, shown) for activity in day.activities]
        together: list[Block] = []
        for block in blocks:
            if together and block.slot >= max(one.slot + one.length for one in together):
                together = []
            together.append(block)
            _give_lane(block, together)
        day.blocks = [block for block in blocks if block.lane <= LANES[mode]]
        day.more = len(blocks) - len(day.blocks)
        day.lanes = max((block.lane for block in day.blocks), default=1)


def _give_lane(block: Block, together: list[Block]) -> None:
    busy = {one.lane for one in together if one is not block and one.slot + one.length > block.slot}
    block.lane = next(lane for lane in range(1, len(together) + 1) if lane not in busy)
    for one in together:
        one.is_wide = len(together) == 1


def _block(activity: Activity, shown: range) -> Block:
    begins = timezone.localtime(activity.due_at)
    minutes = (begins.hour - shown.start) * 60 + begins.minute
    slot = minutes * SLOTS // 60
    ends = minutes + max(activity.duration_minutes or 0, 60 // SLOTS)
    length = -(-ends * SLOTS // 60) - slot
    return Block(activity, slot + 1, max(1, min(length, len(shown) * SLOTS - slot)))
