"""The rows of the audit log in words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.accounts import audit
from crm.accounts.models import AuditEntry
from crm.accounts.permissions import Permission
from crm.consent import policy
from crm.consent.models import Consent
from crm.records.changes import kind_of
from crm.records.fields import book
from crm.records.models import FieldChange

BY = {
    audit.SYSTEM: gettext_lazy("Candor, by itself"),
    audit.RECIPIENT: gettext_lazy("A recipient"),
    audit.STRANGER: gettext_lazy("Somebody not signed in"),
}
DETAILS = {
    "count": gettext_lazy("entries"),
    "known": gettext_lazy("known already"),
    "faulty": gettext_lazy("with problems"),
    "state": gettext_lazy("consent"),
    "address": gettext_lazy("address"),
    "browser": gettext_lazy("browser"),
    "name": gettext_lazy("name"),
    "before": gettext_lazy("before"),
    "into": gettext_lazy("replaced by"),
    "deals": gettext_lazy("deals"),
    "role": gettext_lazy("role"),
    "team": gettext_lazy("team"),
    "kind": gettext_lazy("kind"),
    "allowed": gettext_lazy("allowed"),
    "forbidden": gettext_lazy("no longer allowed"),
    "records": gettext_lazy("records"),
    "former": gettext_lazy("no longer there"),
    "joined": gettext_lazy("came in"),
    "left": gettext_lazy("went"),
    "visibility": gettext_lazy("new records are seen by"),
    "counts": gettext_lazy("given"),
    "to": gettext_lazy("to"),
    "currency": gettext_lazy("currency"),
    "first_weekday": gettext_lazy("week begins on"),
    "needs_won_reason": gettext_lazy("asks why a deal was won"),
    "needs_lost_reason": gettext_lazy("asks why a deal was lost"),
    "needs_second_factor": gettext_lazy("two-factor sign-in for everybody"),
}
CHANGES = {"name", "role", "team", "currency", "first_weekday", "needs_won_reason", "needs_lost_reason", "needs_second_factor"}  # pairs
RECORD_KINDS = {
    "person": gettext_lazy("Person"),
    "organisation": gettext_lazy("Organisation"),
    "deal": gettext_lazy("Deal"),
    "lead": gettext_lazy("Lead"),
    "activity": gettext_lazy("Activity"),
}


@dataclass(frozen=True)
class Line:
    """One row: who did what to what, and more about it."""

    row: AuditEntry | FieldChange
    who: str
    did: str
    about: str = ""
    url: str = ""
    details: list[str] = field(default_factory=list)


class Words:
    """Turns rows into lines; the labels of fields are read once for all of them."""

    def __init__(self) -> None:
        self.labels = {kind: {one.key: str(one.label) for one in book.of(kind, archived=True)} for kind in book.SHIPPED}

    def line(self, row: AuditEntry | FieldChange) -> Line:
        return self._change(row) if isinstance(row, FieldChange) else _entry(row)

    def _change(self, row: FieldChange) -> Line:
        record = row.record
        label = self.labels[kind_of(record)].get(row.field, row.field) if record else row.field
        change = f"{label}: {row.before or '–'} → {row.after or '–'}"
        url = record.get_absolute_url() if record else ""
        return Line(row, row.actor_name, _("changed a record"), str(record or ""), url, [change])


def _entry(entry: AuditEntry) -> Line:
    who = str(BY.get(entry.actor_name, entry.actor_name)) if entry.actor_id is None else entry.actor_name
    return Line(entry, who, str(audit.ACTIONS.get(entry.action, entry.action)), entry.about, details=_details(entry))


def _details(entry: AuditEntry) -> list[str]:
    if entry.action == "policy_changed":
        return policy.in_words(entry.details["after"], entry.details["before"])
    return [f"{DETAILS.get(name, name)}: {_plain(name, value)}" for name, value in entry.details.items() if value not in ("", None)]


def _plain(name: str, value: Any) -> str:
    if name in CHANGES and isinstance(value, list) and len(value) == 2:
        return f"{_one(name, value[0]) or '–'} → {_one(name, value[1]) or '–'}"
    if isinstance(value, dict):
        return ", ".join(f"{RECORD_KINDS.get(key, key)}: {one}" for key, one in value.items())
    return ", ".join(_one(name, one) for one in value) if isinstance(value, list) else _one(name, value)


def _one(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return KNOWN[name](str(value)) if name in KNOWN else str(value)


def _label(choices: Any) -> Callable[[str], str]:
    """The label of a value; what is no value of the choices stays as it is."""
    return lambda value: str(choices(value).label) if value in choices.values else value


KNOWN: Mapping[str, Callable[[str], str]] = {
    "state": _label(Consent.State),
    "allowed": _label(Permission),
    "forbidden": _label(Permission),
    "kind": lambda value: str(RECORD_KINDS.get(value, value)),
}
