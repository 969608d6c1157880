"""Beside a conversation: who it is with, which deals it is about, what is planned, and who may read it."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import trigger_client_event

from crm.accounts.models import User
from crm.accounts.requests import signed_in
from crm.lib.primary_keys import primary_key
from crm.records.models import Activity, Deal, Organisation, Person
from crm.records.picking import PICKED, PickField
from mail import linking, sharing
from mail.models import Account, Message, Thread

OFFERED = 3  # deals, and addresses that are no contacts yet
PARTS = ("recipients__person",)


def context(found: Thread, shown: list[Message], user: User) -> dict[str, Any]:
    """What the side panel shows; the messages come with their recipients."""
    people = _people_of(shown, user)
    deals = list(found.deals.all().select_related("stage") & Deal.objects.visible_to(user))
    return {
        "people": people,
        "strangers": _strangers(shown, people, user),
        "deals": deals,
        "possible_deals": _possible_deals(people, deals, user),
        "activities": _next_activities(people, deals, user),
        "audience": _audience(people, deals),
    }


@require_POST
def thread_deals(request: HttpRequest, pk: int) -> HttpResponse:
    """Link the conversation to a deal (`link`, or the one picked by its name), or unlink it (`unlink`)."""
    user = signed_in(request)
    found = get_object_or_404(Thread.objects.visible_to(user), pk=pk)
    if "unlink" in request.POST:
        found.deals.remove(get_object_or_404(Deal.objects.visible_to(user), pk=primary_key(request.POST["unlink"])))
    elif "link" in request.POST:
        found.deals.add(get_object_or_404(Deal.objects.visible_to(user), pk=primary_key(request.POST["link"])))
    else:
        deal = picked_deal(request, user)
        if deal is None:
            return _side(request, found, user, mistake=_("Pick one of the deals that are suggested while you type its name."))
        found.deals.add(deal)
    return _side(request, found, user)


@require_POST
def thread_contact(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a contact of an address in the conversation; nobody becomes one by writing."""
    user = signed_in(request)
    found = get_object_or_404(Thread.objects.visible_to(user), pk=pk)
    try:
        person = linking.add_contact(thread=found, email=request.POST.get("email", ""), actor=user, now=timezone.now())
    except linking.NoSuchAddress:
        return _side(request, found, user, mistake=_("This address is not in the conversation, or it is a contact already."))
    return _side(request, found, user, toast=_("%(name)s is among your contacts now.") % {"name": person.name})


@require_POST
def thread_share(request: HttpRequest, pk: int) -> HttpResponse:
    """Share a conversation, or one `message` of it, with who may see its contacts and deals; or make it private again."""
    user = signed_in(request)
    found = get_object_or_404(Thread.objects.visible_to(user), pk=pk)
    one = primary_key(request.POST.get("message", ""))
    message = get_object_or_404(Message.objects.visible_to(user).filter(thread=found), pk=one) if one else None
    is_shared = request.POST.get("shared") == "1"
    sharing.share(thread=found, is_shared=is_shared, message=message)
    words = _("Shared.") if is_shared else _("Private again.")
    if message and request.headers.get("HX-Request"):
        message.refresh_from_db()
        return _changed(render(request, "mail/_message_privacy.html", {"message": message}), words)
    return _side(request, found, user, toast=words)


def picked_deal(request: HttpRequest, user: User) -> Deal | None:
    """The deal that was picked by its name, as far as the user may see it."""
    field = PickField("deal", may_create=False)
    field.for_user(user)
    try:
        found: Deal | None = field.clean((request.POST.get("deal", ""), request.POST.get("deal" + PICKED, "")))
    except ValidationError:
        return None
    return found


def _side(request: HttpRequest, found: Thread, user: User, *, mistake: str = "", toast: str = "") -> HttpResponse:
    """The panel anew; without script the whole page."""
    if not request.headers.get("HX-Request"):
        return redirect("mail:thread", found.pk)
    shown = list(_written(found, user).prefetch_related(*PARTS))
    values = {"thread": found, "shown": shown, "is_shared": any(one.is_shared for one in shown), "mistake": mistake}
    response = render(request, "mail/_thread_side.html", {**values, **context(found, shown, user)})
    return _changed(response, toast) if toast else response


def _changed(response: HttpResponse, toast: str) -> HttpResponse:
    """Say what was done; the other pieces of the page bring themselves up to date."""
    return trigger_client_event(trigger_client_event(response, "mail:changed"), "toast", {"value": toast})


def _written(found: Thread, user: User) -> Any:
    return Message.objects.visible_to(user).filter(thread=found).exclude(folder=Message.Folder.DRAFTS).order_by("at", "pk")


def _addresses(shown: list[Message]) -> dict[str, str]:
    """Everybody's address in small letters, with the name that was written."""
    found: dict[str, str] = {}
    for message in shown:
        pairs = [(message.from_email, message.from_name), *((one.email, one.name) for one in message.recipients.all())]
        for email, name in pairs:
            if email:
                found[email.lower()] = found.get(email.lower()) or name
    return found


def _people_of(shown: list[Message], user: User) -> list[Person]:
    """The people at the other end whom the user may see."""
    known = {one.person_id for message in shown for one in message.recipients.all() if one.person_id}
    everybody = Person.objects.visible_to(user).select_related("organisation").prefetch_related("points")
    found = {person.pk: person for person in [*everybody.filter(pk__in=known), *everybody.with_address(_addresses(shown))]}
    return sorted(found.values(), key=lambda person: person.pk)


def _strangers(shown: list[Message], people: list[Person], user: User) -> list[tuple[str, str]]:
    """Addresses and names of those who wrote and are no contacts."""
    wrote = {message.from_email.lower() for message in shown if message.from_email and not message.sent_at}
    own = {email.lower() for email in Account.objects.visible_to(user).values_list("email", flat=True)}
    known = {email for person in people for email in person.emails}
    names = _addresses(shown)
    return [(email, names[email]) for email in sorted(wrote - own - known)][:OFFERED]


def _audience(people: list[Person], deals: list[Deal]) -> list[str]:
    """The records whose readers may read what is shared."""
    organisations = dict.fromkeys(person.organisation.name for person in people if person.organisation)
    return [*organisations, *(person.name for person in people if not person.organisation), *(deal.title for deal in deals)][:OFFERED]


def _possible_deals(people: list[Person], linked: list[Deal], user: User) -> list[Deal]:
    """Open deals of the conversation's people and their organisations: one click links them."""
    deals = Deal.objects.visible_to(user).filter(status=Deal.Status.OPEN).exclude(pk__in=[deal.pk for deal in linked])
    organisations: set[Organisation | None] = {person.organisation for person in people}
    near = list(deals.filter(person__in=people)[:OFFERED])
    near += [deal for deal in deals.filter(organisation__in=[one for one in organisations if one])[:OFFERED] if deal not in near]
    return near[:OFFERED]


def _next_activities(people: list[Person], deals: list[Deal], user: User) -> list[Activity]:
    """What is planned with these people or on these deals."""
    waiting = Activity.objects.visible_to(user).filter(done_at=None)
    found: list[Activity] = list((waiting.filter(person__in=people) | waiting.filter(deal__in=deals)).distinct()[:3])
    return found
