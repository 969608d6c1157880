"""What the buttons of an account's card do."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from crm.accounts.requests import signed_in
from mail import accounts, diagnosis, leaving, tasks
from mail.models import Account
from mail.views.accounts import PAGE, note, settings_context
from mail.views.requests import wants_json


@require_POST
def account_check(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign in at an account's servers as they are stored, and say what was found."""
    user = signed_in(request)
    account = get_object_or_404(Account.objects.visible_to(user), pk=pk)
    findings = diagnosis.check(account)
    note(account, findings)
    if wants_json(request):
        return render(request, "mail/_account_outcome.html", {"findings": findings})
    return render(request, "mail/email_sync.html", {**settings_context(user), "checked": account.pk, "findings": findings})


@require_POST
def account_pause(request: HttpRequest, pk: int) -> HttpResponse:
    """Let an account rest."""
    account = get_object_or_404(Account.objects.visible_to(signed_in(request)), pk=pk)
    accounts.pause(account=account)
    messages.success(request, _("%(email)s is paused. Its mail waits in the outbox.") % {"email": account.email})
    return redirect("mail:email_sync")


@require_POST
def account_resume(request: HttpRequest, pk: int) -> HttpResponse:
    """Let an account go on; what waited goes out now."""
    account = get_object_or_404(Account.objects.visible_to(signed_in(request)), pk=pk)
    accounts.resume(account=account, now=timezone.now())
    transaction.on_commit(tasks.wake)
    messages.success(request, _("%(email)s goes on.") % {"email": account.email})
    return redirect("mail:email_sync")


@require_POST
def account_move(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the order of the accounts: new mail is sent from the first one."""
    account = get_object_or_404(Account.objects.visible_to(signed_in(request)), pk=pk)
    accounts.move(account=account, to=request.POST.get("to", accounts.FIRST))
    return redirect("mail:email_sync")


@require_http_methods(["GET", "HEAD", "POST"])
def account_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Disconnect an account: its mails stay in Candor, or go as well (`mail=remove`). A page asks first."""
    account = get_object_or_404(Account.objects.visible_to(signed_in(request)), pk=pk)
    if request.method != "POST":
        return render(request, "mail/account_disconnect.html", {**PAGE, "account": account, "leftovers": leaving.leftovers(account)})
    if request.POST.get("mail") == "remove":
        leaving.begin(account=account, now=timezone.now())
        transaction.on_commit(tasks.wake_leaving)
        messages.success(request, _("%(email)s is disconnected. Its mail is being removed from Candor.") % {"email": account.email})
    else:
        leaving.keep_mail(account=account)
        messages.success(request, _("%(email)s is disconnected. Its mails stay where they are.") % {"email": account.email})
    return redirect("mail:email_sync")
