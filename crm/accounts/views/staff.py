"""Users and teams, for administrators; to everybody else these pages do not exist."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.accounts import invitations, staff
from crm.accounts.forms import InvitationForm, TeamForm, UserForm
from crm.accounts.models import Team, User
from crm.accounts.requests import signed_in

FRAME = {"section": "settings", "settings_page": "users"}
View = Callable[..., HttpResponseBase]
form_page = require_http_methods(["GET", "HEAD", "POST"])


def for_administrators(view: View) -> View:
    """Answer 404 to everybody who is no administrator."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not signed_in(request).is_admin:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@require_safe
@for_administrators
def user_list(request: HttpRequest) -> HttpResponse:
    """Everybody, and the teams."""
    users = User.objects.select_related("team").order_by("-is_active", "name", "pk")
    teams = Team.objects.annotate(size=Count("members", filter=Q(members__is_active=True))).order_by("name")
    return render(request, "accounts/user_list.html", {**FRAME, "people": users, "teams": teams})


@form_page
@for_administrators
def user_invite(request: HttpRequest) -> HttpResponse:
    """Create a user and mail the link to set a password."""
    admin = signed_in(request)
    form = InvitationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        person = staff.invite(**form.cleaned_data, language=admin.language, time_zone=admin.time_zone)
        _send_invitation(request, person, admin)
        return redirect("accounts:user_edit", person.pk)
    return render(request, "accounts/user_invite.html", {**FRAME, "form": form}, status=422 if form.errors else 200)


@form_page
@for_administrators
def user_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Name, role, team, and whether the user may sign in."""
    person = get_object_or_404(User, pk=pk)
    initial = {"name": person.name, "role": person.role, "team": person.team_id, "is_active": person.is_active}
    form = UserForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            staff.change(user=person, **form.cleaned_data)
        except staff.LastAdministrator as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Saved."))
            return redirect("accounts:user_list")
    person = get_object_or_404(User, pk=pk)  # as it is in the database, whatever the form holds
    is_waiting = not person.has_usable_password() and person.is_active
    context = {**FRAME, "form": form, "person": person, "invitation": invitations.link(person) if is_waiting else ""}
    return render(request, "accounts/user_edit.html", context, status=422 if form.errors else 200)


@require_POST
@for_administrators
def user_reinvite(request: HttpRequest, pk: int) -> HttpResponse:
    """Mail the link again to somebody who has not set a password yet."""
    person = get_object_or_404(User, pk=pk, is_active=True)
    if person.has_usable_password():
        raise Http404
    _send_invitation(request, person, signed_in(request))
    return redirect("accounts:user_edit", person.pk)


@form_page
@for_administrators
def team_create(request: HttpRequest) -> HttpResponse:
    """A new team."""
    return _team_form(request, Team())


@form_page
@for_administrators
def team_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename a team."""
    return _team_form(request, get_object_or_404(Team, pk=pk))


@form_page
@for_administrators
def team_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a team after asking; its members stay."""
    team = get_object_or_404(Team.objects.annotate(size=Count("members")), pk=pk)
    if request.method == "POST":
        staff.delete_team(team=team)
        messages.success(request, _("The team is deleted."))
        return redirect("accounts:user_list")
    return render(request, "accounts/team_delete.html", {**FRAME, "team": team})


def _team_form(request: HttpRequest, team: Team) -> HttpResponse:
    form = TeamForm(request.POST or None, team=team)
    if request.method == "POST" and form.is_valid():
        staff.save_team(team=team, name=form.cleaned_data["name"])
        messages.success(request, _("Saved."))
        return redirect("accounts:user_list")
    return render(request, "accounts/team_form.html", {**FRAME, "form": form, "team": team}, status=422 if form.errors else 200)


def _send_invitation(request: HttpRequest, person: User, admin: User) -> None:
    if invitations.send(user=person, invited_by=admin):
        messages.success(request, _("The invitation is on its way to %(email)s.") % {"email": person.email})
    else:
        messages.warning(
            request, _("The invitation could not be mailed. Hand over the link below yourself, or set EMAIL_URL and send it again.")
        )
