"""What an account's sync lets in, how it goes, and the mails that it could not read."""

from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.accounts.requests import signed_in
from crm.lib.encryption import CannotDecrypt
from mail import imap, tasks
from mail.faults import ServerFault
from mail.models import Account, KeptMail
from mail.sync import choices, folders, progress
from mail.sync.server import Server
from mail.sync_form import SyncForm

ASKING_SECONDS = 15.0


@require_http_methods(["GET", "HEAD", "POST"])
def sync_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose folders, range and who is kept out; saving turns the sync on."""
    account = _account(request, pk)
    form = SyncForm(request.POST or None, account=account)
    if request.method == "POST" and form.is_valid():
        choices.choose(account=account, **form.chosen(timezone.localdate()), now=timezone.now())
        tasks.wake_sync(account.pk)
        messages.success(request, _("%(email)s is synced now. You can go on working meanwhile.") % {"email": account.email})
        return redirect("mail:email_sync")
    return render(request, "mail/sync_form.html", _form_context(account, form), status=422 if request.method == "POST" else 200)


@require_safe
def sync_folders(request: HttpRequest, pk: int) -> HttpResponse:
    """The folders to choose from, asked from the server; what it did not answer is said, and the inbox can be synced all the same."""
    account, error = _account(request, pk), ""
    try:
        with imap.connected(account, seconds=ASKING_SECONDS) as mailbox:
            folders.take_over(account, Server(mailbox))
    except ServerFault as fault:
        error = fault.sentence
    except CannotDecrypt:
        error = _("The stored password cannot be read. Type it anew under “Edit”.")
    return render(request, "mail/_sync_folders.html", {**_form_context(account, SyncForm(None, account=account)), "error": error})


@require_POST
def sync_now(request: HttpRequest) -> HttpResponse:
    """Have all of one's accounts synced at once."""
    for state in choices.of_user(signed_in(request)):
        choices.ask_now(account=state.account, now=timezone.now())
        tasks.wake_sync(state.pk)
    return _state(request) if request.headers.get("HX-Request") else redirect("mail:email_sync")


@require_POST
def sync_off(request: HttpRequest, pk: int) -> HttpResponse:
    """Sync no longer; the mail that came in stays."""
    account = _account(request, pk)
    choices.turn_off(account=account)
    messages.success(request, _("%(email)s is no longer synced. The mail that came in stays.") % {"email": account.email})
    return redirect("mail:email_sync")


@require_safe
def sync_state(request: HttpRequest) -> HttpResponse:
    """The line above the lists that says how the sync goes."""
    return _state(request)


def _state(request: HttpRequest) -> HttpResponse:
    return render(request, "mail/_sync_state.html", {"sync": progress.together(choices.of_user(signed_in(request)))})


@require_safe
def sync_card(request: HttpRequest, pk: int) -> HttpResponse:
    """How one account's sync goes, for its settings page."""
    account = _account(request, pk)
    return render(request, "mail/_sync_card.html", {"account": account, **progress.card(choices.state_of(account))})


@require_safe
def kept_mail(request: HttpRequest, pk: int) -> FileResponse:
    """A mail that could not be read, as it came."""
    kept = get_object_or_404(KeptMail.objects.visible_to(signed_in(request)), pk=pk)
    if not kept.file:
        raise Http404
    return FileResponse(kept.file.open("rb"), as_attachment=True, filename=f"mail-{kept.pk}.eml", content_type="application/octet-stream")


def _account(request: HttpRequest, pk: int) -> Account:
    return get_object_or_404(Account.objects.visible_to(signed_in(request)).exclude(imap_host=""), pk=pk)


def _form_context(account: Account, form: SyncForm) -> dict[str, Any]:
    context = {"section": "settings", "settings_page": "email_sync", "account": account, "form": form}
    return {**context, "state": choices.state_of(account), "folders": choices.selectable(account)}
