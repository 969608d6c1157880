"""Roles: those that Candor comes with, to read, and the company's own."""

from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.db.models.functions import Lower
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from crm.accounts import staff
from crm.accounts.forms import RoleDeleteForm, RoleForm
from crm.accounts.models import Role, User
from crm.accounts.permissions import EXPLAINED, GRANTED, Permission
from crm.accounts.requests import signed_in
from crm.accounts.views.staff import for_managers, form_page

FRAME = {"section": "settings", "settings_page": "roles"}


@require_safe
@for_managers
def role_list(request: HttpRequest) -> HttpResponse:
    """What each role allows, in one table."""
    own = Role.objects.annotate(size=Count("users")).order_by(Lower("name"))
    sizes = dict(User.objects.filter(custom_role=None).values_list("role").annotate(size=Count("pk")))
    shipped = [{"key": key, "name": label, "allows": GRANTED[key], "size": sizes.get(key, 0)} for key, label in User.Role.choices]
    columns = [*shipped, *({"pk": role.pk, "name": role.name, "allows": set(role.permissions), "size": role.size} for role in own)]
    rows = [
        {
            "name": one.label,
            "help": EXPLAINED[one],
            "cells": [{"role": column["name"], "is_on": one in column["allows"]} for column in columns],
        }
        for one in Permission
    ]
    context = {**FRAME, "columns": columns, "rows": rows, "own": own, "shipped": shipped}
    return render(request, "accounts/role_list.html", context)


@form_page
@for_managers
def role_create(request: HttpRequest) -> HttpResponse:
    """A new role; `?copy=` begins with what a shipped one allows."""
    allowed = GRANTED.get(request.GET.get("copy", ""), frozenset())
    own = signed_in(request).permissions
    return _role_form(request, Role(permissions=[value for value in Permission.values if value in allowed & own]))


@form_page
@for_managers
def role_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a role; whoever has it may do so at once."""
    return _role_form(request, _found(request, pk))


@form_page
@for_managers
def role_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a role after asking what its people get instead."""
    actor, role = signed_in(request), _found(request, pk)
    form = RoleDeleteForm(request.POST if request.method == "POST" else None, role=role, actor=actor)
    if request.method == "POST" and form.is_valid():
        try:
            staff.delete_role(role=role, instead=form.cleaned_data["instead"], actor=actor)
        except staff.Refused as refusal:
            form.add_error("instead", str(refusal))
        else:
            messages.success(request, _("The role is deleted."))
            return redirect("accounts:role_list")
    context = {**FRAME, "form": form, "role": role, "size": role.users.count()}
    return render(request, "accounts/role_delete.html", context, status=422 if form.errors else 200)


def _found(request: HttpRequest, pk: int) -> Role:
    """A role that the actor may change; 404 otherwise."""
    role = get_object_or_404(Role, pk=pk)
    if not staff.may_edit_role(signed_in(request), role):
        raise Http404
    return role


def _role_form(request: HttpRequest, role: Role) -> HttpResponse:
    actor, name = signed_in(request), role.name
    form = RoleForm(request.POST if request.method == "POST" else None, role=role, actor=actor)
    if request.method == "POST" and form.is_valid():
        try:
            staff.save_role(role=role, actor=actor, **form.cleaned_data)
        except staff.Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Saved."))
            return redirect("accounts:role_list")
    context: dict[str, Any] = {**FRAME, "form": form, "role": role, "name": name}
    return render(request, "accounts/role_form.html", context, status=422 if form.errors else 200)
