"""Activities: the day's list, forms, done and undone."""

from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.accounts.models import User
from crm.records import agenda
from crm.records.forms import ActivityForm
from crm.records.models import Activity, ActivityQuerySet
from crm.records.removal import as_link
from crm.records.views import detail
from crm.records.views.page import Request, back, changed, find, form_page, page_or_fragment, rows, told

TABS = ("todo", "overdue", "today", "planned", "done")


@require_safe
def activity_list(request: Request) -> HttpResponse:
    """What is to be done: mine, or by `?owner=all` everybody's that I see."""
    now, tab = timezone.now(), request.GET.get("tab", "todo")
    tab, everyone = tab if tab in TABS else "todo", request.GET.get("owner") == "all"
    visible = _listed(request.user, everyone)
    page = rows(request, _of_tab(visible, tab, now))
    context = {
        "section": "activities",
        "tab": tab,
        "tabs": _tabs(visible, now),
        "everyone": everyone,
        "page": page,
        "parts": agenda.parts(page.object_list, now),
    }
    return page_or_fragment(request, "records/activity_list.html", "records/_activity_table.html", context)


def _listed(user: User, everyone: bool) -> ActivityQuerySet:
    visible = Activity.objects.visible_to(user).select_related("owner", "person", "organisation", "deal")
    return visible if everyone else visible.filter(owner=user)


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
    activity = find(Activity, request, pk)
    return render(request, "records/activity_detail.html", {"section": "activities", "activity": activity, "now": timezone.now()})


def activity_create(request: Request) -> HttpResponse:
    """Plan something, perhaps about a record named in the address."""
    initial = detail.prefill(request, "person", "organisation", "deal")
    return _edit(request, Activity(owner=request.user), {"due_at": agenda.suggested_time(timezone.now()), **initial})


def activity_edit(request: Request, pk: int) -> HttpResponse:
    return _edit(request, find(Activity, request, pk), {})


def _edit(request: Request, activity: Activity, initial: dict[str, object]) -> HttpResponse:
    form = ActivityForm(request.POST or None, instance=activity, user=request.user, initial=initial)
    if request.method == "POST" and form.is_valid():
        agenda.save(activity=form.instance, **{name: form.cleaned_data[name] for name in ("person", "organisation", "deal")})
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
    """Tick off (`done=1`) or put back (`done=0`)."""
    activity = find(Activity, request, pk)
    saved = agenda.set_done(activity=activity, is_done=request.POST.get("done") == "1", now=timezone.now())
    if request.htmx:
        context = {"activity": saved, "now": timezone.now()}
        return changed(render(request, "records/_activity_row.html", context), _("Done.") if saved.done_at else _("To do again."))
    return redirect(back(request, reverse("records:activity_list")))


def activity_delete(request: Request, pk: int) -> HttpResponse:
    """Ask, then delete."""
    activity = find(Activity, request, pk)
    if request.method == "POST":
        subject = activity.subject
        activity.delete()
        return told(request, back(request, reverse("records:activity_list")), _("{name} was deleted.").format(name=subject))
    context = {"section": "activities", "record": activity, "kind": "activity", "next": back(request, "")}
    return render(request, "records/record_delete.html", context)
