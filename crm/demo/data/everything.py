"""Loads the whole of the demo's data in one transaction."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone, translation

from crm.accounts.models import Role, Team, User
from crm.demo.clock import local_zone
from crm.demo.company import COLLEAGUES, PASSWORD
from crm.demo.data import agenda, consents, contacts, deals, extras, leads, wordings
from crm.demo.data.correspondence import Correspondence
from notifications.models import LiveEvent


@transaction.atomic
def load(*, now: datetime) -> None:
    """Fill an empty database, relative to `now`; the mails go into the mailboxes under DATA_DIR as well."""
    with timezone.override(local_zone()), translation.override("en"):
        users = add_colleagues(now)
        people = contacts.load(users, now=now)
        sales = deals.load(users, people, now=now)
        extras.load(users["adam@brightwater.test"], people, sales)
        leads.load(users, now=now)
        agenda.load(users, people, sales, now=now)
        Correspondence(users, people, sales, now).load()
        wordings.load(users, now=now)
        consents.load(users["anna@brightwater.test"], now=now)
    LiveEvent.objects.all().delete()  # no tab was open while all that happened


def add_colleagues(now: datetime) -> dict[str, User]:
    """The users and their teams, by email address."""
    teams = {name: Team.objects.create(name=name) for name in dict.fromkeys(colleague.team for colleague in COLLEAGUES)}
    Role.objects.create(name="Back office", permissions=["see_everything", "export", "read_audit"])
    return {
        colleague.email: User.objects.create_user(
            colleague.email,
            PASSWORD,
            name=colleague.name,
            role=colleague.role,
            team=teams[colleague.team],
            time_zone=str(local_zone()),
            joined_at=now,
        )
        for colleague in COLLEAGUES
    }
