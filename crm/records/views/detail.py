"""What the pages of a person, an organisation and a deal share: composer, focus, timeline."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_safe

from crm.accounts.permissions import Permission
from crm.records import agenda, history, readers
from crm.records.forms.activities import ActivityForm
from crm.records.forms.notes import AboutForm, NoteForm
from crm.records.models import RECORDS, Activity, Record
from crm.records.removal import link_of
from crm.records.views import keeping
from crm.records.views.page import Request

ASIDE = 8  # rows of a panel at the side
TABS = ("mail", "note", "activity", "file")


def context(request: Request, record: Record) -> dict[str, Any]:
    """Composer switch, focus and first timeline page of a record."""
    now = timezone.now()
    tab = request.GET.get("tab", "mail")
    return {
        **may(request, record),
        **keeping.followers(request, record),
        "tags": record.tags.all(),
        "kind": link_of(record),
        "record": record,
        "about": about(record),
        "tab": tab if tab in TABS else "mail",
        "composer_url": mail_address("mail:composer"),
        "note_form": NoteForm(),
        "activity_form": activity_form(request, record),
        "max_file_bytes": settings.MAX_FILE_BYTES,
        "agenda": agenda.lay_out(history.activities_of(record, request.user), now),
        **timeline_context(request, record),
    }


def may(request: Request, record: Record) -> dict[str, bool]:
    """Which buttons the user gets."""
    user = request.user
    may_change = type(record)._default_manager.changeable_by(user).filter(pk=record.pk).exists()
    return {
        "may_change": may_change,
        "may_delete": may_change and user.may(Permission.DELETE),
        "may_merge": may_change and user.may(Permission.MERGE) and link_of(record) in ("person", "organisation"),
    }


def timeline_context(request: Request, record: Record) -> dict[str, Any]:
    """A page of the record's timeline: of the kind that the address names (`kind=`), with the pinned notes on the first one."""
    kind, before = request.GET.get("kind", history.ALL), _moment(request.GET.get("before", ""))
    kind = kind if kind in history.KINDS else history.ALL
    return {
        "record": record,
        "about": about(record),
        "shown_kind": kind,
        "shown_kinds": history.KINDS.items(),
        "pinned": history.pinned_notes(record, request.user) if before is None and kind in (history.ALL, "notes") else [],
        "timeline": history.timeline_of(record, request.user, before=before, kind=kind),
        "may_change": readers.may_change(request.user, record),
        "is_older": before is not None,
    }


def _moment(text: str) -> datetime | None:
    """A time with its zone; nonsense counts as nothing."""
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment if moment and timezone.is_aware(moment) else None


def about(record: Record) -> str:
    """The record as a parameter, for example "deal=12"."""
    return f"{link_of(record)}={record.pk}"


def mail_address(name: str) -> str:
    """Address of a piece that the mail app serves; records know its name only, for they may not import mail."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def activity_form(request: Request, record: Record, data: Any = None) -> ActivityForm:
    """The short form of a detail page: the record is given, the time is suggested."""
    activity = Activity(owner=request.user, **{link_of(record): record})
    form = ActivityForm(data, instance=activity, user=request.user, initial={"due_at": agenda.suggested_time(timezone.now())})
    for name in ("person", "deal", "organisation", "lead", "owner"):
        del form.fields[name]
    return form


def record_asked_for(request: Request, data: Any) -> Record:
    """The visible record that `person=`, `organisation=`, `deal=` or `lead=` names; 404 otherwise."""
    form = AboutForm({name: data.get(name) for name in RECORDS}, user=request.user)
    if not form.is_valid():
        raise Http404
    return form.record


def prefill(request: Request, *names: str) -> dict[str, Any]:
    """Records named in the address of a form page, as its first values; what cannot be seen is left out."""
    form = AboutForm({name: request.GET.get(name) for name in names}, user=request.user)
    form.is_valid()
    return {name: value for name, value in form.cleaned_data.items() if value is not None and name in names}


@require_safe
def timeline(request: Request) -> HttpResponse:
    """The timeline of a record as a piece: fetched anew when something happened, of one kind, and page by page."""
    context = timeline_context(request, record_asked_for(request, request.GET))
    return render(request, "records/_timeline_lines.html" if context["is_older"] else "records/_timeline.html", context)


@require_safe
def focus(request: Request) -> HttpResponse:
    """Open activities of a record as a piece."""
    record = record_asked_for(request, request.GET)
    laid_out = agenda.lay_out(history.activities_of(record, request.user), timezone.now())
    return render(request, "records/_focus.html", {"agenda": laid_out, "record": record, "about": about(record)})
