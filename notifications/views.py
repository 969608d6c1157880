"""The Sales Assistant: its page and drawer, the bell's list, and the live stream."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST, require_safe

from crm.accounts.requests import signed_in
from crm.lib.primary_keys import primary_key
from notifications import feed, stream, switches
from notifications.kinds import KINDS, SWITCHED
from notifications.models import Card, CardQuerySet

PAGE = 40  # cards
BELL = 6  # cards in the bell's list


@dataclass(frozen=True)
class Day:
    """Cards of one day in the user's zone."""

    date: date
    cards: list[Card]

    @property
    def is_today(self) -> bool:
        return self.date == timezone.localdate()

    @property
    def is_yesterday(self) -> bool:
        return self.date == timezone.localdate() - timedelta(days=1)


@login_not_required  # a stream has no use for the sign-in page: it gets a plain refusal
@require_GET
def live(request: HttpRequest) -> HttpResponseBase:
    """Live events of the signed-in user as Server-Sent Events."""
    if not request.user.is_authenticated:
        return HttpResponse(status=403)
    response = stream.respond(request, request.user.pk)
    stream.release_connection()
    return response


@require_safe
def assistant(request: HttpRequest) -> HttpResponse:
    """The Sales Assistant as a page of its own."""
    return render(request, "notifications/assistant.html", _listing(request))


@require_safe
def cards(request: HttpRequest) -> HttpResponse:
    """The cards without the page around them, for the drawer and for filtering."""
    return render(request, "notifications/_cards.html", _listing(request))


@require_safe
def latest(request: HttpRequest) -> HttpResponse:
    """What changed, for open tabs: the bell's count and list, and the cards named by `?card=`."""
    mine = Card.objects.visible_to(signed_in(request))
    wanted = [primary_key(pk) for pk in request.GET.getlist("card")]
    unseen = mine.unseen()
    context = {"days": by_day(mine.filter(pk__in=wanted)), "unseen": list(unseen[:BELL]), "count": unseen.count()}
    return render(request, "notifications/_latest.html", context)


@require_safe
def card_open(request: HttpRequest, pk: int) -> HttpResponse:
    """Go where the card leads; it is seen then."""
    card = get_object_or_404(Card.objects.visible_to(signed_in(request)).select_related("user"), pk=pk)
    if request.method == "GET":
        feed.mark_seen(card=card, now=timezone.now())
    is_ours = url_has_allowed_host_and_scheme(card.url, allowed_hosts={request.get_host()})
    return redirect(card.url if is_ours else "notifications:assistant")


@require_POST
def card_put_away(request: HttpRequest, pk: int) -> HttpResponse:
    """“Not for this mail”: a suggestion goes, and does not come back."""
    card = get_object_or_404(Card.objects.visible_to(signed_in(request)).filter(is_suggestion=True).select_related("user"), pk=pk)
    feed.refuse(card, now=timezone.now())
    return HttpResponse(status=204) if _is_by_script(request) else redirect("notifications:assistant")


def kinds(request: HttpRequest) -> HttpResponse:
    """Personal settings, Sales Assistant: which kinds of cards are wanted."""
    user = signed_in(request)
    if request.method == "POST":
        switches.switch(user=user, on=request.POST.getlist("kind"), now=timezone.now())
        messages.success(request, _("Saved."))
        return redirect("notifications:kinds")
    off = switches.off(user)
    rows = [(name, KINDS[name], name not in off) for name in SWITCHED]
    return render(request, "notifications/kinds.html", {"section": "settings", "settings_page": "assistant", "rows": rows})


@require_POST
def seen(request: HttpRequest) -> HttpResponse:
    """Mark all as seen."""
    feed.mark_all_seen(user=signed_in(request), now=timezone.now())
    return HttpResponse(status=204) if request.headers.get("HX-Request") else redirect("notifications:assistant")


def _is_by_script(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "").startswith("application/json")


def by_day(cards: Iterable[Card]) -> list[Day]:
    """Group cards, newest first, by the day of the active time zone."""
    return [Day(day, list(group)) for day, group in groupby(cards, key=lambda card: timezone.localdate(card.updated_at))]


def _listing(request: HttpRequest) -> dict[str, Any]:
    """The cards by day, newest first; `?kind=` filters, `?before=` is the last card of the page before."""
    mine = Card.objects.visible_to(signed_in(request))
    kind, before = request.GET.get("kind", ""), request.GET.get("before", "")
    found = list(_before(mine.filter(kind=kind) if kind else mine, before)[: PAGE + 1])
    return {
        "days": by_day(found[:PAGE]),
        "older": found[PAGE - 1].pk if len(found) > PAGE else None,
        "kind": kind,
        "kinds": list(mine.order_by("kind").values_list("kind", flat=True).distinct()),
    }


def _before(mine: CardQuerySet, pk: str) -> CardQuerySet:
    last = mine.filter(pk=primary_key(pk)).first()
    if last:
        mine = mine.filter(Q(updated_at__lt=last.updated_at) | Q(updated_at=last.updated_at, pk__lt=last.pk))
    return mine
