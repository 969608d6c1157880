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
    "log_read": _("read the audit log"),
    "field_added": _("added a custom field"),
    "field_changed": _("changed a custom field"),
    "field_archived": _("archived a custom field"),
    "field_restored": _("restored a custom field"),
    "field_deleted": _("deleted a custom field"),
    "choice_added": _("added a choice of a custom field"),
    "choice_changed": _("renamed a choice of a custom field"),
    "choice_deleted": _("deleted a choice of a custom field"),
    "tag_added": _("added a tag"),
    "tag_changed": _("changed a tag"),
    "tag_merged": _("merged a tag into another one"),
    "tag_deleted": _("deleted a tag"),
    "pipeline_added": _("added a pipeline"),
    "pipeline_changed": _("renamed a pipeline"),
    "pipeline_deleted": _("deleted a pipeline"),
    "stage_added": _("added a stage"),
    "stage_changed": _("changed a stage"),
    "stage_deleted": _("deleted a stage"),
    "reason_added": _("added a reason for closing deals"),
    "reason_changed": _("renamed a reason for closing deals"),
    "reason_deleted": _("deleted a reason for closing deals"),
    "activity_kind_added": _("added a kind of activity"),
    "activity_kind_changed": _("changed a kind of activity"),
    "activity_kind_archived": _("archived a kind of activity"),
    "activity_kind_restored": _("restored a kind of activity"),
    "activity_kind_deleted": _("deleted a kind of activity"),
    "order_changed": _("changed the order of a list"),
}


def note(action: str, *, actor: User | None = None, by: str = SYSTEM, about: str = "", **details: Any) -> AuditEntry:
    """Add a line; `by` says who it was where it was no user. `action` is a key of ACTIONS."""
    if action not in ACTIONS:
        raise ValueError(action)
    name = str(actor) if actor else by
    return AuditEntry.objects.create(actor=actor, actor_name=name[:200], action=action, about=about[:254], details=details)
