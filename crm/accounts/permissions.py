"""What a role may do, by name. A permission widens what somebody does with records; none shows the tracking of others."""

from collections.abc import Mapping

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
