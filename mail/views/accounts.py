"""Personal settings → Email sync: the mail accounts and the tracking options."""

import json
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.accounts.models import User
from crm.accounts.requests import signed_in
from crm.lib.primary_keys import primary_key
from mail import accounts, diagnosis, discovery, sharing
from mail.account_states import states
from mail.forms import PORTS, AccountForm, AddressForm, OptionsForm
from mail.models import Account, SignIn
from mail.providers import is_registered
from mail.reach import why_unreachable
from mail.settings_found import Found
from mail.views.requests import wants_json
from tracking import preferences

PAGE = {"section": "settings", "settings_page": "email_sync"}


@require_safe
def email_sync(request: HttpRequest) -> HttpResponse:
    """The connected accounts and the tracking options; before there is an account, the first step that connects one."""
    user = signed_in(request)
    return render(request, "mail/email_sync.html", settings_context(user))


@require_http_methods(["GET", "HEAD", "POST"])
def account_create(request: HttpRequest) -> HttpResponse:
    """Connect an account: first its address, then the servers, found or typed (`?by=hand`)."""
    user = signed_in(request)
    if request.method != "POST" and "by" not in request.GET:
        return render(request, "mail/account_find.html", {**PAGE, **find_context(AddressForm(user=user))})
    form = AccountForm(request.POST or None, user=user, instance=Account(owner=user), initial={"sender_name": user.name})
    return _account_page(request, form, done=_("Connected. You can write mail now."))


@require_POST
def account_find(request: HttpRequest) -> HttpResponse:
    """Find the servers of an address and show the form with them, to be looked over and completed."""
    user = signed_in(request)
    step = AddressForm(request.POST, user=user)
    if not step.is_valid():
        return render(request, "mail/account_find.html", {**PAGE, **find_context(step)}, status=422)
    email = step.cleaned_data["email"]
    found = discovery.find(email)
    form = AccountForm(user=user, instance=Account(owner=user), initial=_initial(user, email, found))
    return render(request, "mail/account_form.html", {**_form_context(form), **_found_context(email, found)})


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
    context = _form_context(form, findings)
    template = "mail/_account_outcome.html" if wants_json(request) else "mail/account_form.html"
    return render(request, template, context, status=200 if form.is_valid() else 422)


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


def settings_context(user: User) -> dict[str, Any]:
    """What the page with the accounts and options shows."""
    shown = states(user)
    return {
        **PAGE,
        **find_context(AddressForm(user=user)),
        "accounts": shown,
        "leaving": Account.objects.filter(owner=user, leaving_at__isnull=False),
        "options": preferences.for_user(user),
        "shares_new_mail": sharing.shares_new_mail(user),
        "unreachable": why_unreachable([state.account for state in shown]),
    }


def find_context(form: AddressForm) -> dict[str, Any]:
    """The first step: the address, or a provider at which one can sign in without typing it here."""
    offers = [(sign_in.label, sign_in_url(sign_in)) for sign_in in SignIn if is_registered(sign_in)]
    return {"step": form, "offers": offers}


def sign_in_url(sign_in: str, *, email: str = "", account: Account | None = None) -> str:
    """Where the way to the provider begins."""
    asked = {"email": email} if email else {"account": str(account.pk)} if account else {}
    return reverse("mail:account_sign_in", args=[sign_in]) + (f"?{urlencode(asked)}" if asked else "")


def _account_page(request: HttpRequest, form: AccountForm, *, done: str) -> HttpResponse:
    """Save what is right and works; servers that do not let us in are told, and saved only when the person insists."""
    findings: list[diagnosis.Finding] = []
    if request.method == "POST" and form.is_valid():
        if form.asks_other_servers() and "anyway" not in request.POST:
            findings = diagnosis.check(form.instance)
        if all(finding.is_good for finding in findings):
            accounts.save(account=form.instance, now=timezone.now())
            note(form.instance, findings)
            messages.success(request, done)
            return redirect("mail:email_sync")
    return render(request, "mail/account_form.html", _form_context(form, findings), status=422 if request.method == "POST" else 200)


def note(account: Account, findings: Sequence[diagnosis.Finding]) -> None:
    """Keep with the account what a test has found."""
    bad = [finding for finding in findings if not finding.is_good]
    if bad:
        accounts.fails(account, " ".join(dict.fromkeys(finding.sentence for finding in bad)), now=timezone.now())
    elif findings:
        accounts.works(account)


def _form_context(form: AccountForm, findings: Sequence[diagnosis.Finding] = ()) -> dict[str, Any]:
    return {**PAGE, "form": form, "ports": json.dumps(PORTS), "findings": findings}


def _found_context(email: str, found: Found | None) -> dict[str, Any]:
    provider = found.provider if found else None
    offer = (SignIn(provider.sign_in).label, sign_in_url(provider.sign_in, email=email)) if provider and provider.is_offered else None
    return {"email": email, "found": found, "provider": provider, "offer": offer, "is_searched": True}


def _initial(user: User, email: str, found: Found | None) -> dict[str, Any]:
    initial: dict[str, Any] = {"email": email, "sender_name": user.name}
    for protocol, place in (("smtp", found.smtp), ("imap", found.imap)) if found else ():
        if place:
            initial |= {f"{protocol}_host": place.host, f"{protocol}_port": place.port, f"{protocol}_security": place.security}
    names = {"smtp_username": found.smtp_username, "imap_username": found.imap_username} if found else {}
    return initial | {name: value for name, value in names.items() if value != email}
