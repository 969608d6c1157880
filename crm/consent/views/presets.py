"""Policies of one click, and the way back."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.accounts.requests import signed_in
from crm.accounts.views.staff import for_administrators, form_page
from crm.consent import policy as policies
from crm.consent import presets
from crm.consent.views.policy import FRAME
from crm.lib.primary_keys import primary_key


@form_page
@for_administrators
def preset(request: HttpRequest, key: str) -> HttpResponse:
    """What it would change, and the button that does it."""
    found = presets.find(key)
    if found is None:
        raise Http404
    current = policies.now_in_force()
    changes = {key: values for key, values in found.changes(current).items() if current.get(key) != values}
    if request.method == "POST":
        policies.change(changes, actor=signed_in(request))
        messages.success(request, _("“%(name)s” is in force for mail that is sent from now on.") % {"name": found.title})
        return redirect("consent:policy")
    context = {**FRAME, "preset": found, "sentences": policies.in_words(changes, current)}
    return render(request, "consent/preset.html", context)


@require_POST
@for_administrators
def take_back(request: HttpRequest) -> HttpResponse:
    """Have the policy as it was before the change that the button named."""
    last = policies.last_change()
    try:
        if last is None or last.pk != primary_key(request.POST.get("change", "")):
            raise policies.Changed
        policies.take_back(last, actor=signed_in(request))
        messages.success(request, _("Taken back."))
    except policies.Changed:
        messages.warning(request, _("The policy was changed again meanwhile, so nothing was taken back. Look at it as it is now."))
    return redirect("consent:policy")
