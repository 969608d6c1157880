"""Users, for those who manage them; to everybody else these pages do not exist."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.accounts import audit, invitations, notices, second_factor, staff
from crm.accounts.forms import InvitationForm, UserForm
from crm.accounts.models import Team, User
from crm.accounts.permissions import Permission
from crm.accounts.requests import needs, signed_in

FRAME = {"section": "settings", "settings_page": "users"}
View = Callable[..., HttpResponseBase]
form_page = require_http_methods(["GET", "HEAD", "POST"])
for_managers = needs(Permission.MANAGE_USERS)


def for_administrators(view: View) -> View:
    """Answer 404 to everybody who is no administrator."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not signed_in(request).is_admin:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@require_safe
@for_managers
def user_list(request: HttpRequest) -> HttpResponse:
    """Everybody but those who are invited, who stand in a list of their own; `?q=` and `?team=` choose."""
    q, team = request.GET.get("q", "").strip(), request.GET.get("team", "")
    people = second_factor.with_state(User.objects.select_related("team", "custom_role"))
    if q:
        people = people.filter(Q(name__icontains=q) | Q(email__icontains=q))
    if team.isdecimal():
        people = people.filter(team=team)
    waiting = people.filter(pk__in=staff.invited()).order_by("-joined_at")
    context = {
        **FRAME,
        "people": people.exclude(pk__in=staff.invited()).order_by("-is_active", "name", "pk"),
        "waiting": [{"person": person, "may_change": staff.may_change(signed_in(request), person)} for person in waiting],
        "teams": Team.objects.order_by("name"),
        "chosen": {"q": q, "team": team},
    }
    return render(request, "accounts/user_list.html", context)


@form_page
@for_managers
def user_invite(request: HttpRequest) -> HttpResponse:
    """Create a user and mail the link to set a password."""
    actor = signed_in(request)
    form = InvitationForm(request.POST or None, actor=actor)
    if request.method == "POST" and form.is_valid():
        person = staff.invite(**form.values(), language=actor.language, time_zone=actor.time_zone, actor=actor)
        _send_invitation(request, person, actor)
        return redirect("accounts:user_edit", person.pk)
    return render(request, "accounts/user_invite.html", {**FRAME, "form": form}, status=422 if form.errors else 200)


@form_page
@for_managers
def user_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Name, role, team, whether the user may sign in, and what else can be done about them."""
    actor, person = signed_in(request), get_object_or_404(User, pk=pk)
    form = UserForm(request.POST or None, actor=actor, person=person)
    if request.method == "POST" and form.is_valid():
        try:
            staff.change(user=person, actor=actor, **form.values())
        except staff.Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Saved."))
            return redirect("accounts:user_list")
    context = {**FRAME, "form": form, **_about(actor, pk)}
    return render(request, "accounts/user_edit.html", context, status=422 if form.errors else 200)


def _about(actor: User, pk: int) -> dict[str, Any]:
    """The user as the database has them, whatever a form holds, and what the actor may do about them."""
    person = second_factor.with_state(User.objects.select_related("team", "custom_role")).get(pk=pk)
    may_change = staff.may_change(actor, person)
    is_waiting = may_change and not person.has_usable_password() and person.is_active
    return {
        "person": person,
        "may_change": may_change,
        "may_hand_over": may_change and actor.may(Permission.SEE_EVERYTHING),
        "invitation": invitations.link(person) if is_waiting else "",
    }


@require_POST
@for_managers
def user_reinvite(request: HttpRequest, pk: int) -> HttpResponse:
    """Mail the link again to somebody who has not set a password yet."""
    person, actor = _waiting(request, pk), signed_in(request)
    audit.note("invitation_sent", actor=actor, about=person.email)
    _send_invitation(request, person, actor)
    return redirect("accounts:user_edit", person.pk)


@require_POST
@for_managers
def user_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an invitation back."""
    person = _waiting(request, pk)
    staff.revoke(user=person, actor=signed_in(request))
    messages.success(request, _("The invitation of %(email)s is taken back; its link no longer works.") % {"email": person.email})
    return redirect("accounts:user_list")


@require_POST
@for_managers
def second_factor_reset(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a lost second factor away, and mail the user so."""
    person, actor = _changeable(request, pk), signed_in(request)
    if second_factor.take_away(user=person, actor=actor):
        notices.send(user=person, name="second_factor_reset", context={"actor": actor.name})
        messages.success(request, _("The second factor is taken away, and %(name)s is told by mail.") % {"name": person.name})
    return redirect("accounts:user_edit", person.pk)


def _changeable(request: HttpRequest, pk: int) -> User:
    """A user whom the actor may change; 404 otherwise."""
    person = get_object_or_404(User, pk=pk)
    if not staff.may_change(signed_in(request), person):
        raise Http404
    return person


def _waiting(request: HttpRequest, pk: int) -> User:
    """Somebody invited who has chosen no password yet."""
    person = _changeable(request, pk)
    if person.has_usable_password() or not person.is_active:
        raise Http404
    return person


def _send_invitation(request: HttpRequest, person: User, actor: User) -> None:
    if invitations.send(user=person, invited_by=actor):
        messages.success(request, _("The invitation is on its way to %(email)s.") % {"email": person.email})
    else:
        messages.warning(
            request, _("The invitation could not be mailed. Hand over the link below yourself, or set EMAIL_URL and send it again.")
        )
