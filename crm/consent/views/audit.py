"""The audit log in words, for administrators. Reading it is noted as well."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from crm.accounts import audit
from crm.accounts.models import AuditEntry, User
from crm.accounts.requests import signed_in
from crm.accounts.views.staff import for_administrators
from crm.consent import policy
from crm.consent.models import Consent

FRAME = {"section": "settings", "settings_page": "audit"}
ROWS = 50
BY = {audit.SYSTEM: gettext_lazy("Candor, by itself"), audit.RECIPIENT: gettext_lazy("A recipient")}
DETAILS = {
    "count": gettext_lazy("entries"),
    "known": gettext_lazy("known already"),
    "faulty": gettext_lazy("with problems"),
    "state": gettext_lazy("consent"),
    "former": gettext_lazy("no longer there"),
}


@require_safe
@for_administrators
def log(request: HttpRequest) -> HttpResponse:
    """Who did what, the latest first; `?action=`, `?by=` (the name as it was noted) and `?about=` choose."""
    chosen = {name: request.GET.get(name, "").strip() for name in ("action", "by", "about")}
    _note_reading(signed_in(request))
    page = Paginator(_chosen(chosen), ROWS).get_page(request.GET.get("page"))
    context = {
        **FRAME,
        "page": page,
        "lines": [_line(entry) for entry in page],
        "chosen": chosen,
        "actions": audit.ACTIONS.items(),
        "names": [
            (name, BY.get(name, name)) for name in AuditEntry.objects.order_by("actor_name").values_list("actor_name", flat=True).distinct()
        ],
    }
    return render(request, "consent/audit.html", context)


def _chosen(chosen: dict[str, str]) -> Any:
    entries = AuditEntry.objects.all()
    if chosen["action"]:
        entries = entries.filter(action=chosen["action"])
    if chosen["by"]:
        entries = entries.filter(actor_name=chosen["by"])
    return entries.filter(about__icontains=chosen["about"]) if chosen["about"] else entries


def _note_reading(user: User) -> None:
    """Once a day for each reader."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    if not AuditEntry.objects.filter(action="log_read", actor=user, at__gte=midnight).exists():
        audit.note("log_read", actor=user)


def _line(entry: AuditEntry) -> dict[str, Any]:
    name = BY.get(entry.actor_name, entry.actor_name) if entry.actor_id is None else entry.actor_name
    return {"entry": entry, "name": name, "did": audit.ACTIONS.get(entry.action, entry.action), "details": _details(entry)}


def _details(entry: AuditEntry) -> list[str]:
    if entry.action == "policy_changed":
        return policy.in_words(entry.details["after"], entry.details["before"])
    return [f"{DETAILS.get(name, name)}: {_plain(name, value)}" for name, value in entry.details.items()]


def _plain(name: str, value: Any) -> str:
    if name == "state" and value in Consent.State.values:
        return str(Consent.State(value).label)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return ", ".join(str(one) for one in value) if isinstance(value, list) else str(value)
