"""Requests of people about their data, for administrators; to everybody else these pages do not exist. No address stands in a URL."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.accounts import audit
from crm.accounts.models import User
from crm.accounts.requests import signed_in
from crm.accounts.views.staff import for_administrators
from crm.consent import ledger
from crm.privacy import asking, erasing, mails, words
from crm.privacy.forms import DeedForm, LookupForm
from crm.privacy.models import Request
from crm.records.models import Person

FRAME = {"section": "settings", "settings_page": "privacy_requests"}
PAGE = 50
Kind = Request.Kind
DEEDS: dict[str, Callable[..., Request]] = {
    Kind.EXPORT: asking.send_export,
    Kind.ERASE_TRACKING: erasing.erase_tracking,
    Kind.ERASE_PERSON: erasing.erase_person,
    Kind.RESTRICT: erasing.restrict,
    Kind.LIFT: erasing.lift,
}


@require_http_methods(["GET", "HEAD", "POST"])
@for_administrators
def request_list(request: HttpRequest) -> HttpResponse:
    """Receipts, and a look-up: a POST, since addresses in URLs end up in logs."""
    form = LookupForm(request.POST or None)
    found = _looked_up(form.cleaned_data["email"], signed_in(request)) if request.method == "POST" and form.is_valid() else None
    receipts = Request.objects.exclude(kind=Kind.ASK)
    if found:
        receipts = receipts.about(found["email"])
    shown = Paginator(receipts, PAGE).get_page(request.GET.get("page"))
    context = {**FRAME, "form": form, "found": found, "receipts": shown}
    return render(request, "privacy/request_list.html", context, status=422 if form.errors else 200)


@require_POST
@for_administrators
def request_create(request: HttpRequest, kind: str) -> HttpResponse:
    """Ask once more, then do it."""
    if kind not in DEEDS:
        raise Http404
    is_confirmed = "confirmed" in request.POST
    form = DeedForm(request.POST if is_confirmed else None, initial={"email": request.POST.get("email", "")}, can_mail=kind != Kind.EXPORT)
    if not is_confirmed or not form.is_valid():
        question, explanation, button = words.CONFIRMATIONS[kind]
        values = {"kind": kind, "question": question, "explanation": explanation, "button": button, "form": form, "email": _typed(request)}
        return render(request, "privacy/request_confirm.html", {**FRAME, **values}, status=422 if form.errors else 200)
    email = form.cleaned_data["email"]
    language = mails.language_of(email)
    done = DEEDS[kind](email=email, note=form.cleaned_data["note"], by=signed_in(request), now=timezone.now())
    if form.cleaned_data.get("mails_receipt"):
        _mail_receipt(request, done, email, language)
    return redirect("privacy:request_detail", done.pk)


@require_safe
@for_administrators
def request_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A receipt, to be printed; of an export when, never what."""
    found = get_object_or_404(Request.objects.exclude(kind=Kind.ASK), pk=pk)
    return render(request, "privacy/request_detail.html", {**FRAME, "receipt": found, "lines": _lines(found)})


def _typed(request: HttpRequest) -> str:
    return request.POST.get("email", "").strip().casefold()[:254]


def _looked_up(email: str, by: User) -> dict[str, Any]:
    """The same, written down: of somebody who was erased, or was never here, without the address."""
    found = _found(email)
    is_known = found["people"].exists() or found["entry"] or Request.objects.filter(email=email).exists()
    audit.note("looked_up", actor=by, about=email if is_known else ledger.digest(email))
    return found


def _found(email: str) -> dict[str, Any]:
    """What an administrator learns of an address: that it is known, and what holds for it. Nothing of mail, nothing of tracking."""
    return {
        "email": email,
        "people": Person.objects.with_address([email]),
        "entry": ledger.in_force([email]).get(email),  # of an erased one what is remembered
        "is_restricted": email in ledger.restricted([email]),
    }


def _lines(request: Request) -> list[tuple[str, int]]:
    return [(str(label), request.receipt[name]) for name, label in words.LABELS.items() if request.receipt.get(name)]


def _mail_receipt(request: HttpRequest, done: Request, email: str, language: str) -> None:
    try:
        with mails.language(language):
            mails.receipt(email=email, lines=_lines(done), title=done.get_kind_display(), at=done.done_at)
    except mails.CannotMail:
        messages.warning(request, _("It is done, but the receipt could not be mailed. Print it, or check EMAIL_URL."))
    else:
        messages.success(request, _("The receipt is on its way to the person."))
