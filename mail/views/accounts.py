"""Personal settings → Email sync: the mail accounts and the tracking options."""

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.accounts.models import User
from crm.accounts.requests import signed_in
from crm.lib.primary_keys import primary_key
from mail import diagnosis
from mail.forms import PORTS, AccountForm, OptionsForm
from mail.models import Account
from mail.reach import why_unreachable
from mail.views.requests import wants_json
from tracking import preferences


@require_safe
def email_sync(request: HttpRequest) -> HttpResponse:
    """The connected accounts and the tracking options; before there is an account, the form that connects one."""
    user = signed_in(request)
    return render(request, "mail/email_sync.html", _settings_context(user, form=AccountForm(user=user)))


@require_http_methods(["GET", "HEAD", "POST"])
def account_create(request: HttpRequest) -> HttpResponse:
    """Connect an account."""
    user = signed_in(request)
    form = AccountForm(request.POST or None, user=user, instance=Account(owner=user))
    return _account_page(request, form, done=_("Connected. You can write mail now."))


@require_http_methods(["GET", "HEAD", "POST"])
def account_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change an account."""
    user = signed_in(request)
    account = get_object_or_404(Account.objects.visible_to(user), pk=pk)
    return _account_page(request, AccountForm(request.POST or None, user=user, instance=account), done=_("Saved."))


@require_POST
def account_test(request: HttpRequest) -> HttpResponse:
    """Try the servers as they are typed, saving and sending nothing; answers with what was found, in plain words."""
    user = signed_in(request)
    pk = request.POST.get("account", "")
    account = get_object_or_404(Account.objects.visible_to(user), pk=primary_key(pk)) if pk else Account(owner=user)
    form = AccountForm(request.POST, user=user, instance=account)
    findings = diagnosis.check(form.instance) if form.is_valid() else []
    context = {"section": "settings", "settings_page": "email_sync", "form": form, "ports": json.dumps(PORTS), "findings": findings}
    template = "mail/_account_outcome.html" if wants_json(request) else "mail/account_form.html"
    return render(request, template, context, status=200 if form.is_valid() else 422)


@require_POST
def account_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Disconnect an account; its mails stay."""
    account = get_object_or_404(Account.objects.visible_to(signed_in(request)), pk=pk)
    account.delete()
    messages.success(request, _("%(email)s is disconnected. Its mails stay where they are.") % {"email": account.email})
    return redirect("mail:email_sync")


@require_POST
def options(request: HttpRequest) -> HttpResponse:
    """Keep the tracking options."""
    user = signed_in(request)
    form = OptionsForm(request.POST)
    if form.is_valid():
        preferences.update(user=user, **form.cleaned_data)
    if wants_json(request):
        return JsonResponse({"toast": _("Saved.")})
    messages.success(request, _("Saved."))
    return redirect("mail:email_sync")


def _account_page(request: HttpRequest, form: AccountForm, *, done: str) -> HttpResponse:
    """Save what is right and works; servers that do not let us in are told, and saved only when the person insists."""
    findings: list[diagnosis.Finding] = []
    if request.method == "POST" and form.is_valid():
        if form.asks_other_servers() and "anyway" not in request.POST:
            findings = diagnosis.check(form.instance)
        if all(finding.is_good for finding in findings):
            form.save()
            messages.success(request, done)
            return redirect("mail:email_sync")
    context = {"section": "settings", "settings_page": "email_sync", "form": form, "ports": json.dumps(PORTS), "findings": findings}
    return render(request, "mail/account_form.html", context, status=422 if request.method == "POST" else 200)


def _settings_context(user: User, *, form: AccountForm) -> dict[str, Any]:
    accounts = list(Account.objects.visible_to(user))
    return {
        "section": "settings",
        "settings_page": "email_sync",
        "accounts": accounts,
        "options": preferences.for_user(user),
        "unreachable": why_unreachable(accounts),
        "form": form,
        "ports": json.dumps(PORTS),
    }
