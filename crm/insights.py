"""What the Insights page counts: the reader's own mail — never anybody else's — and the deals that they see."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, Sum
from django.db.models.functions import TruncWeek
from django.utils import timezone

from crm.accounts.models import User
from crm.records.models import Deal, Pipeline, Stage
from crm.records.money import total
from mail.models import Message
from tracking import ladder
from tracking.models import TrackedLink

WEEKS = 12
CLOSED_DAYS = 90


@dataclass
class Week:
    """The user's mails that left in one week (Monday first, in the user's zone), or in several together."""

    start: date
    sent: int = 0
    open_tracked: int = 0
    opened: int = 0
    loaded_only: int = 0  # by mail software, so that nobody can say whether it was read; not among the opened ones
    link_tracked: int = 0
    clicked: int = 0

    @property
    def open_rate(self) -> int | None:
        """Percent of those whose opening could be seen; None where there was none."""
        return round(100 * self.opened / self.open_tracked) if self.open_tracked else None

    @property
    def click_rate(self) -> int | None:
        """Percent of those with tracked links; None where there was none."""
        return round(100 * self.clicked / self.link_tracked) if self.link_tracked else None


@dataclass(frozen=True)
class MailNumbers:
    """Weeks, newest first, their sum, and the largest number of a week as the measure of the bars."""

    weeks: list[Week]
    total: Week
    most: int

    @property
    def open_coverage(self) -> int:
        """Percent of the sent mails whose opening could be seen."""
        return round(100 * self.total.open_tracked / self.total.sent) if self.total.sent else 0


@dataclass(frozen=True)
class StageNumbers:
    """Open deals in one stage."""

    name: str
    count: int
    sum: str
    share: int  # percent of the fullest stage's count


def _counts() -> dict[str, Count]:
    opens, links = Q(tracked_mail__tracks_opens=True), Q(tracked_mail__tracks_links=True)
    return {
        "sent": Count("pk"),
        "open_tracked": Count("pk", filter=opens),
        "opened": Count("pk", filter=opens & ladder.is_opened("tracked_mail__")),
        "loaded_only": Count("pk", filter=opens & ladder.is_loaded_only("tracked_mail__")),
        "link_tracked": Count("pk", filter=links & Q(Exists(TrackedLink.objects.filter(mail=OuterRef("tracked_mail"))))),
        "clicked": Count("pk", filter=links & ladder.is_clicked("tracked_mail__")),
    }


def mail_numbers(user: User, now: datetime) -> MailNumbers:
    """The user's own mails of the last twelve weeks, week by week, this one included."""
    monday = timezone.localdate(now) - timedelta(days=timezone.localdate(now).weekday())
    starts = [monday - timedelta(weeks=number) for number in range(WEEKS)]
    weeks = {start: Week(start) for start in starts}
    for row in _rows(user, starts[-1]):
        start = row.pop("week").date()
        if start in weeks:
            weeks[start] = Week(start, **row)
    return MailNumbers(list(weeks.values()), _sum(list(weeks.values())), max(week.sent for week in weeks.values()))


def _rows(user: User, since: date) -> list[Any]:
    begin = timezone.make_aware(datetime.combine(since, datetime.min.time()))
    sent = Message.objects.visible_to(user).filter(sent_at__gte=begin)
    return list(sent.annotate(week=TruncWeek("sent_at")).order_by("week").values("week").annotate(**_counts()))


def _sum(weeks: list[Week]) -> Week:
    names = ("sent", "open_tracked", "opened", "loaded_only", "link_tracked", "clicked")
    return Week(weeks[-1].start, **{name: sum(getattr(week, name) for week in weeks) for name in names})


def stage_numbers(user: User, pipeline: Pipeline) -> list[StageNumbers]:
    """Open deals that the user sees, stage by stage; sums are kept apart by currency."""
    rows = Deal.objects.visible_to(user).filter(status=Deal.Status.OPEN, stage__pipeline=pipeline).order_by()
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows.values("stage", "currency").annotate(count=Count("pk"), value=Sum("value")):
        found.setdefault(row["stage"], []).append(row)
    most = max((sum(row["count"] for row in rows) for rows in found.values()), default=0)
    return [_stage(stage, found.get(stage.pk, []), most) for stage in pipeline.stages.all()]


def _stage(stage: Stage, rows: list[dict[str, Any]], most: int) -> StageNumbers:
    count = sum(row["count"] for row in rows)
    return StageNumbers(stage.name, count, total((row["currency"], row["value"]) for row in rows), round(100 * count / most) if most else 0)


@dataclass(frozen=True)
class Closed:
    """Deals closed lately, of those that the user sees."""

    won: int
    lost: int
    won_sum: str

    @property
    def win_rate(self) -> int | None:
        """Percent of the closed ones that were won."""
        return round(100 * self.won / (self.won + self.lost)) if self.won + self.lost else None


def closed_numbers(user: User, now: datetime) -> Closed:
    """Won and lost deals of the last ninety days."""
    deals = Deal.objects.visible_to(user).filter(closed_at__gte=now - timedelta(days=CLOSED_DAYS)).order_by()
    counts = deals.aggregate(won=Count("pk", filter=Q(status=Deal.Status.WON)), lost=Count("pk", filter=Q(status=Deal.Status.LOST)))
    sums: list[tuple[str, Decimal]] = list(deals.filter(status=Deal.Status.WON).values_list("currency").annotate(sum=Sum("value")))
    return Closed(counts["won"], counts["lost"], total(sums))
