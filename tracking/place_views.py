"""Personal settings → Your places: where openings are taken for one's own, and how to stop that."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.accounts.requests import signed_in
from tracking import places
from tracking.models import KnownPlace


@require_safe
def place_list(request: HttpRequest) -> HttpResponse:
    """The user's own places, the latest first; those of one day alone wait for a second."""
    user, now = signed_in(request), timezone.now()
    known = KnownPlace.objects.visible_to(user).kept(now).order_by("-last_on", "network")
    in_use = set(KnownPlace.objects.visible_to(user).in_use(now).values_list("pk", flat=True))
    context = {"section": "settings", "settings_page": "places", "places": known, "in_use": in_use}
    return render(request, "tracking/places.html", context)


@require_POST
def place_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """From now on openings from there count."""
    place = get_object_or_404(KnownPlace.objects.visible_to(signed_in(request)), pk=pk)
    places.remove(place=place)
    messages.success(request, _("Openings from %(network)s count from now on.") % {"network": place.network})
    return redirect("tracking:places")
