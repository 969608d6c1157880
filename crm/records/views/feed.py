"""The calendar feed at its secret address, and the settings page of it."""

import hashlib

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from crm.records import subscribing
from crm.records.models import CalendarFeed
from crm.records.views.page import Request

FRESH = 60  # seconds for which an answer is given out again, however often a program asks


@login_not_required  # calendar programs do not sign in: the address is the secret
@require_safe
def calendar(request: HttpRequest, token: str) -> HttpResponseBase:
    """The activities of the user whose secret this is; 404 for every other word."""
    now, feed = timezone.now(), subscribing.of_token(token)
    if feed is None:
        raise Http404
    key = f"calendar-feed:{feed.digest}"
    content = cache.get(key)
    if content is None:
        content = subscribing.content(feed.user, now=now)
        cache.set(key, content, FRESH)
    subscribing.note_reading(feed, now=now)
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="candor.ics"'
    response["Cache-Control"] = "private, no-cache"  # asked for again each time, and answered by 304 where nothing changed
    response["ETag"] = etag
    response["X-Robots-Tag"] = "noindex"
    response["X-Content-Type-Options"] = "nosniff"
    response["Referrer-Policy"] = "no-referrer"
    return get_conditional_response(request, etag=etag, response=response) or response


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: Request) -> HttpResponse:
    """Personal settings, Calendar: the secret address; POST makes a new one (`do=renew`) or ends it (`do=end`)."""
    if request.method == "POST":
        if request.POST.get("do") == "end":
            subscribing.end(user=request.user)
            messages.success(request, _("The calendar is switched off. Its address answers nobody any more."))
        else:
            subscribing.renew(user=request.user, now=timezone.now())
            messages.success(request, _("Here is your new address."))
        return redirect("records:calendar_settings")
    feed = CalendarFeed.objects.filter(user=request.user).first()
    address = subscribing.address(feed) if feed else ""
    context = {"section": "settings", "settings_page": "calendar", "feed": feed, "address": address}
    return render(request, "records/calendar_settings.html", context)
