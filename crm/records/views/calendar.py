"""The calendar of activities: month, week, day; and an activity put on another day."""

from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.accounts.models import company
from crm.records import agenda, calendar
from crm.records.forms.activities import MoveActivityForm, WantedForm
from crm.records.models import Activity
from crm.records.views.page import Request, back, changed, find_to_change, page_or_fragment

CHOICE = "activities"  # key of the session: {"look": "list" or "calendar", "mode": of the calendar}
YEARS = range(1990, 2100)


def chosen(request: Request) -> dict[str, str]:
    """How the user looked at activities last."""
    kept: dict[str, str] = request.session.get(CHOICE, {})
    return kept


def remember(request: Request, **choice: str) -> None:
    """Keep how the user looks at activities, for the next time."""
    wanted = chosen(request) | choice
    if wanted != chosen(request):
        request.session[CHOICE] = wanted


@require_safe
def activity_calendar(request: Request) -> HttpResponse:
    """`?mode=month&on=2026-11-26`, with the filters of the list."""
    now = timezone.now()
    mode = request.GET.get("mode", "") or chosen(request).get("mode", "month")
    mode = mode if mode in calendar.MODES else "month"
    remember(request, look="calendar", mode=mode)
    shown = calendar.span(mode, _day(request, now), company().first_weekday)
    wanted = WantedForm(request.GET, user=request.user)
    visible = Activity.objects.visible_to(request.user).select_related("owner", "person", "organisation", "deal", "lead", "custom_kind")
    days = calendar.days(shown, wanted.narrow(visible), now)
    context = {"section": "activities", "span": shown, "mode": mode, "days": days, "wanted": wanted, "now": now} | _laid_out(days, mode)
    context |= {"title": _title(shown), "is_empty": not any(day.activities for day in days), "today": timezone.localdate(now)}
    return page_or_fragment(request, "records/activity_calendar.html", "records/_calendar.html", context)


def _day(request: Request, now: datetime) -> date:
    try:
        day = parse_date(request.GET.get("on", ""))
    except ValueError:
        day = None
    return day if day and day.year in YEARS else timezone.localdate(now)


def _laid_out(days: list[calendar.Day], mode: str) -> dict[str, Any]:
    if mode == "month":
        calendar.fold(days)
        return {"weeks": [days[start : start + calendar.WEEK] for start in range(0, len(days), calendar.WEEK)]}
    hours = calendar.hours(days)
    calendar.lay_out(days, hours, mode)
    return {"hours": hours}


def _title(span: calendar.Span) -> str:
    if span.mode == "month":
        return date_format(span.anchor, "F Y")
    if span.mode == "day":
        return date_format(span.anchor, "l, j E Y")
    words = "j E Y" if span.first.year != span.last.year else "j E" if span.first.month != span.last.month else "j"
    return f"{date_format(span.first, words)} – {date_format(span.last, 'j E Y')}"


@require_POST
def activity_move(request: Request, pk: int) -> HttpResponse:
    """Put an activity on another `day`, at the same time of the clock."""
    activity = find_to_change(Activity, request, pk)
    form = MoveActivityForm(request.POST)
    if not form.is_valid() or form.cleaned_data["day"].year not in YEARS:
        return HttpResponse(status=422)
    moved = agenda.move(activity=activity, day=form.cleaned_data["day"])
    sentence = _("Moved to {day}.").format(day=date_format(timezone.localtime(moved.due_at), "l, j E, H:i"))
    if request.htmx:
        return changed(HttpResponse(status=204), sentence)
    messages.success(request, sentence)
    return redirect(back(request, reverse("records:activity_calendar")))
