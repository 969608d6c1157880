"""The audit log: a line for each use of a tool that reaches into other people's data."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from crm.accounts.models import AuditEntry, User

SYSTEM, RECIPIENT = "system", "recipient"
ACTIONS = {
    "consent_recorded": _("entered consent"),
    "consent_imported": _("imported consent"),
    "consent_exported": _("exported the consent ledger"),
    "policy_changed": _("changed the tracking policy"),
    "looked_up": _("looked up a person's requests"),
    "export_sent": _("had somebody's data sent to them"),
    "export_fetched": _("fetched their own data"),
    "tracking_erased": _("erased the tracking of a person"),
    "person_erased": _("erased a person"),
    "restricted": _("restricted the use of a person's data"),
    "restriction_lifted": _("lifted a restriction"),
    "purged": _("purged what was kept long enough"),
    "records_imported": _("imported records"),
    "records_exported": _("exported what they may see"),
    "log_read": _("read the audit log"),
}


def note(action: str, *, actor: User | None = None, by: str = SYSTEM, about: str = "", **details: Any) -> AuditEntry:
    """Add a line; `by` says who it was where it was no user. `action` is a key of ACTIONS."""
    if action not in ACTIONS:
        raise ValueError(action)
    name = str(actor) if actor else by
    return AuditEntry.objects.create(actor=actor, actor_name=name[:200], action=action, about=about[:254], details=details)
