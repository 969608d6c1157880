"""What the composer says of who will be tracked."""

from collections.abc import Mapping

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from crm.accounts.models import User
from crm.accounts.requests import signed_in
from mail import addresses, before_sending, body
from mail.before_sending import Said
from mail.forms import TOGGLES, ComposeForm
from mail.models import Account


@require_POST
def consent_line(request: HttpRequest) -> JsonResponse:
    """The line for the recipients, the account and the toggles as they stand in the composer; the body need hold its question alone."""
    user = signed_in(request)
    form = ComposeForm(request.POST, user=user)
    form.is_valid()
    typed = form.cleaned_data
    fields = [typed.get(name, "") for name in ("to", "cc", "bcc")]
    toggles = {name: bool(typed.get(name)) for name in TOGGLES}
    account = typed.get("account") or Account.objects.visible_to(user).first()
    said = line(user, account, fields, toggles, body.clean(typed.get("body_html", "")))
    return JsonResponse({"sentence": said.sentence, "is_warning": said.is_warning, "is_nobody_tracked": said.is_nobody_tracked})


def line(user: User, account: Account | None, fields: list[str], toggles: Mapping[str, bool], html: str) -> Said:
    """The line for address fields as they are typed."""
    mailboxes = [mailbox for field in reversed(fields) for mailbox in reversed(addresses.parse(field).mailboxes)]
    names = {mailbox.email.casefold(): mailbox.name for mailbox in mailboxes}  # the first mention of an address counts
    return before_sending.say(
        user=user, account=account, names=dict(reversed(names.items())), toggles=toggles, html=html, now=timezone.now()
    )
