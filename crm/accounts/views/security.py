"""How one signs in: password, second factor, and the browsers that are signed in."""

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from crm.accounts import browsers, second_factor, sessions
from crm.accounts.models import User, company
from crm.accounts.requests import signed_in

CODES = 10  # that allauth makes at once


@require_safe
def security(request: HttpRequest) -> HttpResponse:
    """The page of the three."""
    user = signed_in(request)
    sessions.touch(request)
    context = {
        "section": "settings",
        "settings_page": "security",
        "has_second_factor": second_factor.is_on(user),
        "is_required": company().needs_second_factor,
        "codes_left": _codes_left(user),
        "sessions": [{"row": session, "browser": browsers.words(session.user_agent)} for session in sessions.of(user)],
        "session_key": request.session.session_key,
    }
    return render(request, "accounts/security.html", context)


@require_POST
def session_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign one of one's browsers out."""
    user = signed_in(request)
    session = get_object_or_404(UserSession, pk=pk, user=user)
    sessions.end(session, actor=user)
    messages.success(request, _("That browser is signed out."))
    return redirect("mfa_index")


@require_POST
def sessions_end(request: HttpRequest) -> HttpResponse:
    """Sign all of one's other browsers out."""
    user = signed_in(request)
    count = sessions.end_all(user, but=request.session.session_key or "", actor=user)
    messages.success(
        request, ngettext("%(count)s other browser is signed out.", "%(count)s other browsers are signed out.", count) % {"count": count}
    )
    return redirect("mfa_index")


def _codes_left(user: User) -> int:
    """How many recovery codes are unused; without looking at them."""
    row = Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).first()
    used = row.data.get("used_mask", 0) if row else 0
    return CODES - used.bit_count() if row else 0
