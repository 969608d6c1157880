"""The policy's page: the company's rule, what it says to recipients, the stricter rules, and a box to try it all."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.accounts.requests import signed_in
from crm.accounts.views.staff import for_administrators, form_page
from crm.consent import decisions, words
from crm.consent import policy as policies
from crm.consent.forms import CompanyForm, RuleForm, SettingsForm, TryForm, mailboxes
from crm.consent.models import Rule, Settings
from crm.consent.presets import PRESETS

FRAME = {"section": "settings", "settings_page": "policy"}
OWN_SCOPES = [(scope, scope.label) for scope in Rule.Scope if scope != Rule.Scope.COMPANY]


@require_safe
@for_administrators
def policy(request: HttpRequest) -> HttpResponse:
    """Everything that is demanded, and of `?email=…` what comes of it."""
    return _page(request)


@require_POST
@for_administrators
def company_save(request: HttpRequest) -> HttpResponse:
    """What is demanded of everybody's mail."""
    form = CompanyForm(request.POST, prefix="company")
    if not form.is_valid():
        return _page(request, company_form=form)
    return _changed(request, {policies.COMPANY: form.cleaned_data})


@require_POST
@for_administrators
def settings_save(request: HttpRequest) -> HttpResponse:
    """What the company says to recipients."""
    form = SettingsForm(request.POST, prefix="settings")
    if not form.is_valid():
        return _page(request, settings_form=form)
    return _changed(request, {policies.SETTINGS: form.cleaned_data})


@form_page
@for_administrators
def rule_create(request: HttpRequest, scope: str) -> HttpResponse:
    """A stricter rule for a country, a domain, a team or an address of ours."""
    if scope not in dict(OWN_SCOPES):
        raise Http404
    form = RuleForm(request.POST or None, scope=scope, policy=policies.now_in_force())
    return _rule_form(request, form)


@form_page
@for_administrators
def rule_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a stricter rule."""
    rule = get_object_or_404(policies.rules(), pk=pk)
    values = {name: getattr(rule, name) for name in policies.DEMANDS}
    initial = {**CompanyForm.initial_of(values), "which": rule.team_id or rule.value}
    form = RuleForm(request.POST or None, scope=rule.scope, key=policies.key_of(rule), policy=policies.now_in_force(), initial=initial)
    return _rule_form(request, form, rule)


@require_POST
@for_administrators
def rule_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Demand no more of them than of everybody; can be taken back."""
    rule = get_object_or_404(policies.rules(), pk=pk)
    return _changed(request, {policies.key_of(rule): None})


def _rule_form(request: HttpRequest, form: RuleForm, rule: Rule | None = None) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        key, values = f"{form.scope}:{form.cleaned_data['which']}", {name: form.cleaned_data[name] for name in policies.DEMANDS}
        moved = {form.key: None} if form.key and form.key != key else {}
        return _changed(request, {**moved, key: values})
    context = {**FRAME, "form": form, "rule": rule, "scope": Rule.Scope(form.scope), "mailboxes": mailboxes()}
    return render(request, "consent/rule_form.html", context, status=422 if form.errors else 200)


def _changed(request: HttpRequest, changes: policies.Changes) -> HttpResponse:
    if policies.change(changes, actor=signed_in(request)):
        messages.success(request, _("Saved. It holds for mail that is sent from now on."))
    else:
        messages.info(request, _("Nothing was changed."))
    return redirect("consent:policy")


def _page(request: HttpRequest, company_form: CompanyForm | None = None, settings_form: SettingsForm | None = None) -> HttpResponse:
    current = policies.now_in_force()
    company = current.get(policies.COMPANY, policies.AS_SHIPPED)
    is_tried = request.method == "GET" and "try-email" in request.GET
    trial = TryForm(request.GET if is_tried else None, prefix="try", initial={"user": signed_in(request).pk})
    context = {
        **FRAME,
        "company_form": company_form or CompanyForm(prefix="company", initial=CompanyForm.initial_of(company)),
        "settings_form": settings_form or SettingsForm(prefix="settings", initial=current[policies.SETTINGS]),
        "demands": policies.demands_in_words(company),
        "hits": policies.kept_hits(Settings.load().hits_days),
        "rules": [(rule, policies.name(policies.key_of(rule)), _clauses(rule)) for rule in policies.rules()],
        "scopes": OWN_SCOPES,
        "presets": PRESETS,
        "trial": trial,
        "tried": _tried(trial) if is_tried and trial.is_valid() else None,
        "last": _last(),
    }
    return render(request, "consent/policy.html", context, status=422 if company_form or settings_form else 200)


def _clauses(rule: Rule) -> list[str]:
    return policies.demands_in_words({name: getattr(rule, name) for name in policies.DEMANDS})


def _last() -> dict[str, Any] | None:
    """The latest change, in words, with a button that takes it back."""
    entry = policies.last_change()
    if entry is None:
        return None
    return {"entry": entry, "sentences": policies.in_words(entry.details["after"], entry.details["before"])}


def _tried(form: TryForm) -> dict[str, Any]:
    """What would be decided, and why."""
    email, chosen = form.cleaned_data["email"].casefold(), form.cleaned_data
    decision = decisions.decide([email], user=chosen["user"], mailbox=chosen["mailbox"])[email]
    kept = {name: getattr(decision, name) for name in ("is_coarse", "kept", "kept_days")}
    clauses = policies.demands_in_words({**policies.NO_DEMANDS, **kept})
    return {"decision": decision, "why": words.why(decision.as_json(), email), "clauses": clauses if decision.may_track else []}
