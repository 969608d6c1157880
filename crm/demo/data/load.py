"""Loads the whole of the demo's data in one transaction."""

from datetime import datetime

from django.db import transaction

from crm.accounts.models import Team, User
from crm.demo.company import COLLEAGUES, PASSWORD


@transaction.atomic
def load(*, now: datetime) -> None:
    """Fill an empty database, relative to `now`."""
    add_colleagues()


def add_colleagues() -> dict[str, User]:
    """The users and their teams, by email address."""
    teams = {name: Team.objects.create(name=name) for name in {colleague.team for colleague in COLLEAGUES}}
    return {
        colleague.email: User.objects.create_user(
            colleague.email, PASSWORD, name=colleague.name, role=colleague.role, team=teams[colleague.team]
        )
        for colleague in COLLEAGUES
    }
