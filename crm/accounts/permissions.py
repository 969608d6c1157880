"""What a role may do, by name. A permission widens what somebody does with records; none shows the tracking of others."""

from collections.abc import Mapping
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class Permission(models.TextChoices):
    """One thing that a role may allow."""

    SEE_EVERYTHING = "see_everything", _("See the records of every team")
    CHANGE_OTHERS = "change_others", _("Change records that others own")
    DELETE = "delete", _("Delete records for good")
    MERGE = "merge", _("Merge duplicates")
    BULK_EDIT = "bulk_edit", _("Change many records at once")
    IMPORT = "import", _("Import from files")
    EXPORT = "export", _("Export to files")
    SHARE_LISTS = "share_lists", _("Share lists with others")
    MANAGE_PIPELINES = "manage_pipelines", _("Set up pipelines, stages, reasons and kinds of activities")
    MANAGE_FIELDS = "manage_fields", _("Set up custom fields and tags")
    MANAGE_USERS = "manage_users", _("Invite and manage users, teams and roles")
    MANAGE_COMPANY = "manage_company", _("Change the company's settings")
    READ_AUDIT = "read_audit", _("Read the audit log")


EXPLAINED: Mapping[str, Any] = {
    Permission.SEE_EVERYTHING: _("Without it: one’s own, what the team shares, and what everyone may see."),
    Permission.CHANGE_OTHERS: _("Of the records that one sees. Without it: only one’s own."),
    Permission.DELETE: _("With their notes and activities, for all. Archiving needs no permission."),
    Permission.MERGE: _("Make one record of two that mean the same person or organisation."),
    Permission.BULK_EDIT: _("Change or hand over a whole selection in one go."),
    Permission.IMPORT: _("Add and update records from a table."),
    Permission.EXPORT: _("Take what one sees out of Candor as a table."),
    Permission.SHARE_LISTS: _("Show a list that one has saved to a team or to everyone."),
    Permission.MANAGE_PIPELINES: _("What deals go through, why they are closed, what is planned."),
    Permission.MANAGE_FIELDS: _("What a record has besides the fields that Candor comes with."),
    Permission.MANAGE_USERS: _(
        "Within one’s own permissions: nobody gives away what they do not have. Administrators are changed by administrators."
    ),
    Permission.MANAGE_COMPANY: _("Currency, first day of the week, second factor for everybody."),
    Permission.READ_AUDIT: _("Who did what and when. Without the permission to see everything: changes of visible records alone."),
}

MEMBER = frozenset(
    {
        Permission.CHANGE_OTHERS,
        Permission.DELETE,
        Permission.MERGE,
        Permission.BULK_EDIT,
        Permission.IMPORT,
        Permission.EXPORT,
        Permission.SHARE_LISTS,
    }
)
# what the roles that Candor comes with may do; keys are those of `User.Role`
GRANTED: Mapping[str, frozenset[str]] = {
    "member": MEMBER,
    "manager": MEMBER | {Permission.SEE_EVERYTHING},
    "admin": frozenset(Permission),
}
