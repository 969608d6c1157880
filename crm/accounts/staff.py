"""What administrators do with users and teams. Nothing here hands over what a user tracked."""

from django.db import transaction
from django.utils.translation import gettext as _

from crm.accounts.models import Team, User


class LastAdministrator(Exception):
    """Nobody would be left who can manage users; the message is a sentence for the person."""


@transaction.atomic
def invite(*, email: str, name: str, role: str, team: Team | None, language: str, time_zone: str) -> User:
    """Create a user who cannot sign in before setting a password."""
    return User.objects.create_user(email, None, name=name, role=role, team=team, language=language, time_zone=time_zone)


@transaction.atomic
def change(*, user: User, name: str, role: str, team: Team | None, is_active: bool) -> None:
    """Save what an administrator decides about a user; raises LastAdministrator. Switching off ends the user's sessions."""
    admins = list(User.objects.select_for_update().filter(role=User.Role.ADMIN, is_active=True).values_list("pk", flat=True))
    stays_admin = role == User.Role.ADMIN and is_active
    if admins == [user.pk] and not stays_admin:
        raise LastAdministrator(_("This is the only administrator. Make somebody else an administrator first."))
    user.name, user.role, user.team, user.is_active = name, role, team, is_active
    user.save(update_fields=["name", "role", "team", "is_active"])


@transaction.atomic
def save_team(*, team: Team, name: str) -> Team:
    """Create or rename a team."""
    team.name = name
    team.save()
    return team


@transaction.atomic
def delete_team(*, team: Team) -> None:
    """Delete a team; its members stay, without a team."""
    team.delete()
