"""The audit log: a line for each use of a tool that reaches into other people's data, and for what happens at the sign-in."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import AuditEntry, User

SYSTEM, RECIPIENT, STRANGER = "system", "recipient", "stranger"  # whoever is not signed in
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
    "merged": _("merged two contacts"),
    "list_exported": _("exported a list"),
    "bulk_changed": _("changed many records at once"),
    "bulk_deleted": _("deleted many records at once"),
    "bulk_undone": _("undid a change of many records"),
    "records_imported": _("imported records"),
    "records_exported": _("exported what they may see"),
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
    "log_exported": _("exported the audit log"),
    "user_invited": _("invited a person"),
    "invitation_sent": _("sent an invitation again"),
    "invitation_revoked": _("took back an invitation"),
    "user_changed": _("changed a user"),
    "user_switched_off": _("switched off a user"),
    "user_switched_on": _("switched on a user"),
    "user_handed_over": _("handed over what a user owned"),
    "role_added": _("added a role"),
    "role_changed": _("changed a role"),
    "role_deleted": _("deleted a role"),
    "team_added": _("added a team"),
    "team_changed": _("changed a team"),
    "team_deleted": _("deleted a team"),
    "company_changed": _("changed the company’s settings"),
    "second_factor_reset": _("took away a user’s second factor"),
    "signed_in": _("signed in"),
    "signed_out": _("signed out"),
    "sign_in_failed": _("tried to sign in with a wrong password"),
    "code_failed": _("tried to sign in with a wrong code"),
    "locked_out": _("was held off an account after too many attempts"),
    "password_changed": _("changed their password"),
    "password_reset": _("set a new password by a link"),
    "second_factor_on": _("switched on the second factor"),
    "second_factor_off": _("switched off the second factor"),
    "recovery_codes_made": _("made new recovery codes"),
    "sessions_ended": _("signed browsers out"),
    "record_deleted": _("deleted a record"),
}


class Kind(models.TextChoices):
    """By what the log is sifted."""

    ADMINISTRATION = "administration", _("Administration")
    RECORDS = "records", _("Records")
    SIGN_IN = "sign_in", _("Sign-in")
    CONSENT = "consent", _("Consent and privacy")


OF_KIND: Mapping[Kind, tuple[str, ...]] = {
    Kind.RECORDS: ("record", "merged", "bulk_", "list_exported"),
    Kind.SIGN_IN: (
        *("signed_", "sign_in_", "code_failed", "locked_out", "password_", "second_factor_on", "second_factor_off"),
        *("recovery_codes", "sessions_"),
    ),
    Kind.CONSENT: ("consent_", "policy_", "looked_up", "export_", "tracking_", "person_", "restrict", "purged"),
}  # beginnings of the names of actions; what has none of these is administration


WITH_ADDRESS = ("signed_in", "sign_in_failed", "code_failed", "locked_out", "password_changed", "password_reset")
ADDRESS_KEPT = timedelta(days=90)  # long enough to look into an attack


@transaction.atomic
def forget_addresses(*, now: datetime) -> int:
    """Take address and browser out of sign-ins of long ago; the lines themselves stay. Answers how many."""
    old = AuditEntry.objects.filter(at__lt=now - ADDRESS_KEPT, action__in=WITH_ADDRESS).exclude(details={})
    return old.update(details={})


def kind_of(action: str) -> Kind:
    """What an action belongs to."""
    return next((kind for kind, beginnings in OF_KIND.items() if action.startswith(beginnings)), Kind.ADMINISTRATION)


def actions_of(kind: Kind) -> list[str]:
    """The actions of a kind."""
    return [action for action in ACTIONS if kind_of(action) is kind]


def note(action: str, *, actor: User | None = None, by: str = SYSTEM, about: str = "", **details: Any) -> AuditEntry:
    """Add a line; `by` says who it was where it was no user. `action` is a key of ACTIONS."""
    if action not in ACTIONS:
        raise ValueError(action)
    name = str(actor) if actor else by
    return AuditEntry.objects.create(actor=actor, actor_name=name[:200], action=action, about=about[:254], details=details)
