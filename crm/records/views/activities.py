"""Activities: the day's list, forms, done and undone."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from crm.records import agenda
from crm.records.forms import ActivityForm
from crm.records.forms.activities import WantedForm
from crm.records.models import Activity, ActivityQuerySet
from crm.records.removal import as_link
from crm.records.views import calendar, detail
from crm.records.views.page import Request, back, changed, find, find_to_change, form_page, page_or_fragment, rows, told

TABS = ("todo", "overdue", "today", "planned", "done")
SHOWN = ("owner", "person", "organisation", "deal", "lead", "custom_kind")


@require_safe
def activity_list(request: Request) -> HttpResponse:
    """What is to be done: mine, or by `?owner=` everybody's or a colleague's that I see. Where the calendar was chosen, that."""
    if not request.GET and not request.htmx and calendar.chosen(request).get("look") == "calendar":
        return redirect("records:activity_calendar")
    if request.GET:
        calendar.remember(request, look="list")
    now, tab = timezone.now(), request.GET.get("tab", "todo")
    tab = tab if tab in TABS else "todo"
    wanted = WantedForm(request.GET, user=request.user)
    visible = wanted.narrow(Activity.objects.visible_to(request.user).select_related(*SHOWN))
    page = rows(request, _of_tab(visible, tab, now))
    context = {
        "section": "activities",
        "tab": tab,
        "tabs": _tabs(visible, now),
        "wanted": wanted,
        "page": page,
        "parts": agenda.parts(page.object_list, now),
    }
    return page_or_fragment(request, "records/activity_list.html", "records/_activity_table.html", context)


def _of_tab(visible: ActivityQuerySet, tab: str, now: datetime) -> ActivityQuerySet:
    if tab == "done":
        return agenda.done(visible)
    if tab == "todo":
        return visible.undone()
    return {"overdue": agenda.overdue, "today": agenda.today, "planned": agenda.planned}[tab](visible, now)


def _tabs(visible: ActivityQuerySet, now: datetime) -> list[tuple[str, str, int | None]]:
    """Name, label and count of each tab; done ones are not counted."""
    counts = agenda.counts(visible, now)
    return [
        ("todo", _("To do"), sum(counts.values())),
        ("overdue", _("Overdue"), counts["overdue"]),
        ("today", _("Today"), counts["today"]),
        ("planned", _("Planned"), counts["planned"]),
        ("done", _("Done"), None),
    ]


@require_safe
def activity_detail(request: Request, pk: int) -> HttpResponse:
    """One activity in full."""
    activity = find(Activity, request, pk, *SHOWN)
    return render(request, "records/activity_detail.html", {"section": "activities", "activity": activity, "now": timezone.now()})


def activity_create(request: Request) -> HttpResponse:
    """Plan something, perhaps about a record, or for a day or a time (`due=`), named in the address."""
    initial = detail.prefill(request, "person", "organisation", "deal", "lead")
    due_at = _due(request.GET.get("due", "")) or agenda.suggested_time(timezone.now())
    return _edit(request, Activity(owner=request.user), {"due_at": due_at, **initial})


def _due(text: str) -> datetime | None:
    """A time of the user's zone, or a day and then at nine; nonsense counts as nothing."""
    try:
        moment = datetime.fromisoformat(text if "T" in text else f"{text}T09:00")
        return timezone.make_aware(moment) if timezone.is_naive(moment) and moment.year in calendar.YEARS else None
    except ValueError:
        return None


def activity_edit(request: Request, pk: int) -> HttpResponse:
    return _edit(request, find_to_change(Activity, request, pk, *SHOWN), {})


def _edit(request: Request, activity: Activity, initial: dict[str, object]) -> HttpResponse:
    form = ActivityForm(request.POST or None, instance=activity, user=request.user, initial=initial)
    if request.method == "POST" and form.is_valid():
        agenda.save(activity=form.instance, **form.links)
        return told(request, back(request, reverse("records:activity_list")), _("Planned: {name}").format(name=form.instance.subject))
    context = {"section": "activities", "form": form, "record": activity if activity.pk else None, "kind": "activity"}
    return form_page(request, "records/record_form.html", context | {"next": back(request, "")})


@require_POST
def activity_plan(request: Request) -> HttpResponse:
    """The short form of a detail page."""
    record = detail.record_asked_for(request, request.POST)
    form = detail.activity_form(request, record, request.POST)
    if not form.is_valid():
        return render(request, "records/_activity_form.html", {"activity_form": form, "about": detail.about(record)}, status=422)
    agenda.save(activity=form.instance, **as_link(record))
    if not request.htmx:
        return told(request, record, _("Planned: {name}").format(name=form.instance.subject))
    fresh = {"activity_form": detail.activity_form(request, record), "about": detail.about(record)}
    return changed(render(request, "records/_activity_form.html", fresh), _("Planned: {name}").format(name=form.instance.subject))


@require_POST
def activity_done(request: Request, pk: int) -> HttpResponse:
    """Tick off (`done=1`) or put back (`done=0`). What is done makes room for the next step."""
    activity = find_to_change(Activity, request, pk, *SHOWN)
    saved = agenda.set_done(activity=activity, is_done=request.POST.get("done") == "1", now=timezone.now())
    activity.done_at = saved.done_at
    url = _next_step(activity) if saved.done_at else ""
    if request.htmx:
        response = render(request, "records/_activity_row.html", {"activity": activity, "now": timezone.now()})
        return _told_next(response, url) if url else changed(response, _("Done.") if saved.done_at else _("To do again."))
    if url:
        messages.success(request, format_html('{} <a href="{}">{}</a>', _("Done."), url, _("Plan the next step?")))
    return redirect(back(request, reverse("records:activity_list")))


def _next_step(activity: Activity) -> str:
    """Address of a form that plans the next step with the same record; "" of an activity about nothing, or about a deal that is closed."""
    record = activity.record
    if record is None or (activity.deal and not activity.deal.is_open):
        return ""
    return f"{reverse('records:activity_create')}?{detail.about(record)}"


def _told_next(response: HttpResponse, url: str) -> HttpResponse:
    toast = {"value": _("Done. Plan the next step?"), "action": _("Plan it"), "url": url, "tab": "activity", "seconds": 10}
    return trigger_client_event(changed(response), "toast", toast)


def activity_delete(request: Request, pk: int) -> HttpResponse:
    """Ask, then delete."""
    activity = find_to_change(Activity, request, pk)
    if request.method == "POST":
        subject = activity.subject
        agenda.delete(activity=activity, now=timezone.now())
        return told(request, back(request, reverse("records:activity_list")), _("{name} was deleted.").format(name=subject))
    context = {"section": "activities", "record": activity, "kind": "activity", "next": back(request, "")}
    return render(request, "records/record_delete.html", context)
