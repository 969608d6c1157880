"""Teams: who is of them, and who sees what their people add."""

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from crm.accounts import staff
from crm.accounts.forms import TeamForm
from crm.accounts.models import Team
from crm.accounts.requests import signed_in
from crm.accounts.views.staff import for_managers, form_page

FRAME = {"section": "settings", "settings_page": "teams"}


@require_safe
@for_managers
def team_list(request: HttpRequest) -> HttpResponse:
    """All teams, and what being of one means."""
    teams = Team.objects.annotate(size=Count("members", filter=Q(members__is_active=True))).order_by("name")
    return render(request, "accounts/team_list.html", {**FRAME, "teams": teams})


@form_page
@for_managers
def team_create(request: HttpRequest) -> HttpResponse:
    """A new team."""
    return _team_form(request, Team())


@form_page
@for_managers
def team_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a team's name, people, and who sees what they add."""
    return _team_form(request, get_object_or_404(Team, pk=pk))


@form_page
@for_managers
def team_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a team after asking; its members stay."""
    team = get_object_or_404(Team.objects.annotate(size=Count("members")), pk=pk)
    if request.method == "POST":
        try:
            staff.delete_team(team=team, actor=signed_in(request))
        except staff.Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("The team is deleted."))
        return redirect("accounts:team_list")
    return render(request, "accounts/team_delete.html", {**FRAME, "team": team})


def _team_form(request: HttpRequest, team: Team) -> HttpResponse:
    name = team.name
    form = TeamForm(request.POST or None, team=team)
    if request.method == "POST" and form.is_valid():
        try:
            staff.save_team(team=team, actor=signed_in(request), **form.cleaned_data)
        except staff.Refused as refusal:
            form.add_error("members", str(refusal))
        else:
            messages.success(request, _("Saved."))
            return redirect("accounts:team_list")
    context = {**FRAME, "form": form, "team": team, "name": name}
    return render(request, "accounts/team_form.html", context, status=422 if form.errors else 200)
