"""Handing over what a user owns, for those who manage users and see everything."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from crm.accounts import staff
from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.accounts.requests import needs
from crm.records import handing_over
from crm.records.forms.handing_over import HandOverForm
from crm.records.views.page import Request, told


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_USERS)
@needs(Permission.SEE_EVERYTHING)
def hand_over(request: Request, pk: int) -> HttpResponse:
    """What the user owns, with counts; a POST gives it away and perhaps switches the account off."""
    person = get_object_or_404(User, pk=pk)
    if not staff.may_change(request.user, person):
        raise Http404
    form = HandOverForm(request.POST if request.method == "POST" else None, user=person, holdings=handing_over.holdings(person))
    if request.method == "POST" and form.is_valid():
        is_off = form.cleaned_data.get("switch_off", False)
        try:
            count = handing_over.hand_over(user=person, to=form.to(), actor=request.user, now=timezone.now(), switch_off=is_off)
        except staff.Refused as refusal:
            form.add_error("switch_off", str(refusal))
        else:
            return told(request, "accounts:user_list", _sentence(person, count, is_off=is_off))
    context = {"section": "settings", "settings_page": "users", "person": person, "form": form}
    return render(request, "records/hand_over.html", context, status=422 if form.errors else 200)


def _sentence(person: User, count: int, *, is_off: bool) -> str:
    given = ngettext("%(count)s thing of %(name)s has a new owner.", "%(count)s things of %(name)s have a new owner.", count)
    words = given % {"count": count, "name": person}
    return f"{words} {_('The account is switched off.')}" if is_off else words
