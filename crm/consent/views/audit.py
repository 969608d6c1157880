"""The audit log in words: administration, sign-ins and what was changed of records. Reading it is noted as well."""

from collections.abc import Iterator
from datetime import date

from django import forms
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from crm.accounts import audit
from crm.accounts.models import AuditEntry, User
from crm.accounts.permissions import Permission
from crm.accounts.requests import needs, signed_in
from crm.consent import trail
from crm.consent.trail_words import BY, Line, Words
from crm.lib import tables

FRAME = {"section": "settings", "settings_page": "audit"}


class FilterForm(forms.Form):
    """What of the log is wanted; what cannot be read chooses everything."""

    kind = forms.ChoiceField(label=gettext_lazy("What"), required=False, choices=[("", gettext_lazy("Everything")), *audit.Kind.choices])
    by = forms.CharField(required=False, max_length=15)
    since = forms.DateField(label=gettext_lazy("From"), required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
    until = forms.DateField(label=gettext_lazy("Until"), required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
    q = forms.CharField(label=gettext_lazy("Name or words"), required=False, max_length=200)
    action = forms.CharField(required=False, max_length=40)

    def wanted(self) -> trail.Wanted:
        self.is_valid()
        chosen = self.cleaned_data
        return trail.Wanted(
            kind=chosen.get("kind", ""),
            action=chosen.get("action", ""),
            by=chosen.get("by", ""),
            since=_sensible(chosen.get("since")),
            until=_sensible(chosen.get("until")),
            text=chosen.get("q", "").strip(),
        )


def _sensible(day: date | None) -> date | None:
    """A day that has a day before and after it in every zone."""
    return day if day and 1970 <= day.year <= 9000 else None


@require_safe
@needs(Permission.READ_AUDIT)
def log(request: HttpRequest) -> HttpResponse:
    """Who did what, the latest first; see FilterForm for the query, and `?before=` pages on."""
    reader, form = signed_in(request), FilterForm(request.GET)
    _note_reading(reader)
    wanted = form.wanted()
    page = trail.page(reader, wanted, before=trail.Position.read(request.GET.get("before", "")))
    words = Words()
    context = {
        **FRAME,
        "form": form,
        "wanted": wanted,
        "lines": [words.line(row) for row in page.rows],
        "older": str(page.older) if page.older else "",
        "export": f"{reverse('consent:audit_export')}?{_without_position(request)}",
        "is_first": "before" not in request.GET,
        "names": [*BY.items(), *((str(user.pk), str(user)) for user in User.objects.order_by("name", "pk"))],
        "sees_everything": reader.may(Permission.SEE_EVERYTHING),
    }
    return render(request, "consent/audit.html", context)


@require_safe
@needs(Permission.READ_AUDIT)
def log_export(request: HttpRequest) -> StreamingHttpResponse:
    """The same as a table, with the same filters, all of it."""
    reader, wanted = signed_in(request), FilterForm(request.GET).wanted()
    audit.note("log_exported", actor=reader)
    response = StreamingHttpResponse(_table(reader, wanted), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="candor-audit-log.csv"'
    return response


def _without_position(request: HttpRequest) -> str:
    """The filters of the page's address."""
    parameters = request.GET.copy()
    parameters.pop("before", None)
    return parameters.urlencode()


def _table(reader: User, wanted: trail.Wanted) -> Iterator[str]:
    """Lines of CSV; times in the reader's zone, with its difference to UTC."""
    words, zone = Words(), reader.zone
    yield tables.MARK + tables.line([_("Time"), _("Who"), _("What"), _("About"), _("Details")])
    for row in trail.everything(reader, wanted):
        line = words.line(row)
        yield tables.line([row.at.astimezone(zone).isoformat(" ", "seconds"), line.who, line.did, line.about, _joined(line)])


def _joined(line: Line) -> str:
    return "; ".join(line.details)


def _note_reading(user: User) -> None:
    """Once a day for each reader."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    if not AuditEntry.objects.filter(action="log_read", actor=user, at__gte=midnight).exists():
        audit.note("log_read", actor=user)
