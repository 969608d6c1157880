"""What those who manage users do with users and teams. Nothing here hands over what a user tracked."""

from collections.abc import Collection
from typing import Any

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import transaction
from django.db.models import ProtectedError, QuerySet
from django.utils.translation import gettext as _

from crm.accounts import audit, sessions
from crm.accounts.models import Role, Team, User, Visibility
from crm.accounts.permissions import GRANTED, Permission


class Refused(Exception):
    """It is not done; the message is a sentence for the person."""


class LastAdministrator(Refused):
    """Nobody would be left who can manage users."""


def may_change(actor: User, person: User) -> bool:
    """Whether somebody who manages users may change this one: an administrator anybody, others nobody who may do more than they."""
    return actor.is_admin or (not person.is_admin and person.permissions <= actor.permissions)


def may_give(actor: User, *, role: str, custom_role: Role | None) -> bool:
    """Whether they may give somebody this role: none that allows more than their own; administrators are made by administrators."""
    permissions = frozenset(custom_role.permissions) if custom_role else GRANTED[role]
    return actor.is_admin or (role != User.Role.ADMIN and permissions <= actor.permissions)


def may_edit_role(actor: User, role: Role) -> bool:
    """Whether they may change a custom role: one that allows no more than their own."""
    return actor.is_admin or frozenset(role.permissions) <= actor.permissions


def invited() -> QuerySet[User]:
    """Those who have not chosen a password yet."""
    return User.objects.filter(is_active=True, last_login=None, password__startswith=UNUSABLE_PASSWORD_PREFIX)


@transaction.atomic
def invite(
    *,
    email: str,
    name: str,
    role: str,
    team: Team | None,
    language: str,
    time_zone: str,
    actor: User,
    custom_role: Role | None = None,
) -> User:
    """Create a user who cannot sign in before setting a password. Raises Refused."""
    if not may_give(actor, role=role, custom_role=custom_role):
        raise Refused(_("You cannot give a role that allows more than your own."))
    person = User.objects.create_user(
        email, None, name=name, role=role, custom_role=custom_role, team=team, language=language, time_zone=time_zone
    )
    audit.note("user_invited", actor=actor, about=person.email, role=person.role_name, team=str(team or ""))
    return person


@transaction.atomic
def revoke(*, user: User, actor: User) -> None:
    """Take an invitation back: the user goes, or is switched off where something belongs to them already. Raises Refused."""
    _refuse_unless_may_change(actor, user)
    audit.note("invitation_revoked", actor=actor, about=user.email)
    try:
        with transaction.atomic():
            user.delete()
    except ProtectedError:
        User.objects.filter(pk=user.pk).update(is_active=False)


@transaction.atomic
def change(
    *,
    user: User,
    name: str,
    role: str,
    team: Team | None,
    is_active: bool,
    actor: User,
    custom_role: Role | None = None,
) -> None:
    """Save what is decided about a user; raises Refused, LastAdministrator. Switching off ends the user's sessions."""
    before = User.objects.select_related("team", "custom_role").get(pk=user.pk)
    if (role, custom_role, team, is_active) != (before.role, before.custom_role, before.team, before.is_active):
        _refuse_unless_may_change(actor, before)
    if (role, custom_role) != (before.role, before.custom_role) and not may_give(actor, role=role, custom_role=custom_role):
        raise Refused(_("You cannot give a role that allows more than your own."))
    _refuse_own_team(actor, before, team)
    _keep_an_administrator(user, stays=role == User.Role.ADMIN and is_active)
    user.name, user.role, user.custom_role, user.team, user.is_active = name, role, custom_role, team, is_active
    user.save(update_fields=["name", "role", "custom_role", "team", "is_active"])
    _note_change(before, user, actor)


def _note_change(before: User, user: User, actor: User) -> None:
    if before.is_active and not user.is_active:
        sessions.end_all(user, actor=actor)
        audit.note("user_switched_off", actor=actor, about=user.email)
    if user.is_active and not before.is_active:
        audit.note("user_switched_on", actor=actor, about=user.email)
    pairs = {
        "name": (before.name, user.name),
        "role": (before.role_name, user.role_name),
        "team": (str(before.team or ""), str(user.team or "")),
    }
    changed: dict[str, Any] = {key: list(pair) for key, pair in pairs.items() if pair[0] != pair[1]}
    if changed:
        audit.note("user_changed", actor=actor, about=user.email, **changed)


def _refuse_unless_may_change(actor: User, person: User) -> None:
    if not may_change(actor, person):
        raise Refused(_("This person may do more than you. Only an administrator can change that."))


def _refuse_own_team(actor: User, before: User, team: Team | None) -> None:
    """Who shares a team sees more of one another's records: nobody gives themselves that, be it by their own move or by another's."""
    if before.team == team or actor.may(Permission.SEE_EVERYTHING):
        return
    if before.pk == actor.pk:
        raise Refused(_("You cannot put yourself into another team: it would show you its records. Ask an administrator."))
    if team is not None and team == actor.team:
        raise Refused(_("You cannot bring somebody into your own team: it would show you their records. Ask an administrator."))


def _keep_an_administrator(user: User, *, stays: bool) -> None:
    admins = list(User.objects.select_for_update().filter(role=User.Role.ADMIN, is_active=True).values_list("pk", flat=True))
    if admins == [user.pk] and not stays:
        raise LastAdministrator(_("This is the only administrator. Make somebody else an administrator first."))


@transaction.atomic
def save_team(*, team: Team, name: str, visibility: str, members: Collection[User], actor: User) -> Team:
    """Create or change a team; its members are these, and no longer of another one. Raises Refused."""
    is_new, before = team.pk is None, set(User.objects.filter(team=team.pk)) if team.pk else set()
    team.name, team.default_visibility = name, visibility
    team.save()
    for person in {*members} ^ before:
        _refuse_unless_may_change(actor, person)
        _refuse_own_team(actor, person, team if person in members else None)
    User.objects.filter(pk__in=[person.pk for person in before - {*members}]).update(team=None)
    User.objects.filter(pk__in=[person.pk for person in members]).update(team=team)
    moved = {"joined": _names({*members} - before), "left": _names(before - {*members})}
    details: dict[str, Any] = {**moved, "visibility": str(Visibility(visibility).label)}
    audit.note(
        "team_added" if is_new else "team_changed", actor=actor, about=name, **{key: value for key, value in details.items() if value}
    )
    return team


def _names(people: Collection[User]) -> list[str]:
    return sorted(str(person) for person in people)


@transaction.atomic
def delete_team(*, team: Team, actor: User) -> None:
    """Delete a team; its members stay, without a team."""
    for person in team.members.all():
        _refuse_own_team(actor, person, None)
    audit.note("team_deleted", actor=actor, about=team.name)
    team.delete()


@transaction.atomic
def save_role(*, role: Role, name: str, permissions: Collection[str], actor: User) -> Role:
    """Create or change a custom role. Raises Refused where it allows, or allowed, more than the actor may do."""
    is_new = role.pk is None
    before = frozenset() if is_new else frozenset(role.permissions)
    wanted = frozenset(permissions)
    if not actor.is_admin and not (wanted | before) <= actor.permissions:
        raise Refused(_("A role that you set up can allow no more than your own."))
    if not is_new and actor.custom_role_id == role.pk and not wanted <= before:
        raise Refused(_("You cannot widen your own role."))
    role.name, role.permissions = name, [value for value in Permission.values if value in wanted]
    role.save()
    changed: dict[str, Any] = {"allowed": sorted(wanted - before), "forbidden": sorted(before - wanted)}
    audit.note(
        "role_added" if is_new else "role_changed", actor=actor, about=name, **{key: value for key, value in changed.items() if value}
    )
    return role


@transaction.atomic
def delete_role(*, role: Role, instead: tuple[str, Role | None] | None, actor: User) -> None:
    """Delete a custom role; whoever has it gets the one `instead`. Raises Refused."""
    people = User.objects.select_for_update().filter(custom_role=role)
    if not may_edit_role(actor, role):
        raise Refused(_("This role allows more than your own. Only an administrator can change it."))
    if people.exists():
        if instead is None:
            raise Refused(_("Choose the role that its people get."))
        if not may_give(actor, role=instead[0], custom_role=instead[1]):
            raise Refused(_("You cannot give a role that allows more than your own."))
        people.update(role=instead[0], custom_role=instead[1])
    audit.note("role_deleted", actor=actor, about=role.name)
    role.delete()
