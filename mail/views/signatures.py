"""Personal settings → Email sync → an account's signatures."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.accounts.requests import signed_in
from mail import signatures
from mail.letter_forms import SignatureForm
from mail.models import Account, Signature

PAGE = {"section": "settings", "settings_page": "email_sync"}


@require_safe
def signature_list(request: HttpRequest, pk: int) -> HttpResponse:
    """The signatures of an account."""
    account = get_object_or_404(Account.objects.visible_to(signed_in(request)), pk=pk)
    return render(request, "mail/signature_list.html", {**PAGE, "account": account, "signatures": signatures.with_first_words(account)})


@require_http_methods(["GET", "HEAD", "POST"])
def signature_create(request: HttpRequest, pk: int) -> HttpResponse:
    """Write another signature for an account; the first one stands below everything by itself."""
    account = get_object_or_404(Account.objects.visible_to(signed_in(request)), pk=pk)
    is_first = not account.signatures.exists()
    return _signature_page(request, Signature(account=account, is_default=is_first, is_default_for_replies=is_first))


@require_http_methods(["GET", "HEAD", "POST"])
def signature_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a signature."""
    found = Signature.objects.visible_to(signed_in(request)).select_related("account")
    return _signature_page(request, get_object_or_404(found, pk=pk))


@require_POST
def signature_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Throw a signature away; mails that have it keep it."""
    signature = get_object_or_404(Signature.objects.visible_to(signed_in(request)), pk=pk)
    signature.delete()
    messages.success(request, _("“%(name)s” is deleted.") % {"name": signature.name})
    return redirect("mail:signature_list", signature.account_id)


def _signature_page(request: HttpRequest, signature: Signature) -> HttpResponse:
    form = SignatureForm(request.POST or None, instance=signature)
    if request.method == "POST" and form.is_valid():
        form.keep()
        messages.success(request, _("Saved."))
        return redirect("mail:signature_list", signature.account_id)
    context = {**PAGE, "form": form, "signature": signature, "account": signature.account}
    return render(request, "mail/signature_form.html", context, status=422 if request.method == "POST" else 200)
