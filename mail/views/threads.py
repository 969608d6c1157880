"""A conversation and what can be done with it; the bodies of its messages; the mails that could not be sent."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.accounts.models import User
from crm.accounts.requests import signed_in
from crm.lib.primary_keys import primary_key
from crm.records.models import Activity, Deal, Organisation, Person
from mail import filing, lists, outbox, reading, tasks
from mail.models import Message, Thread
from mail.views.folders import folder_links
from tracking.models import TrackedMail
from tracking.reading import with_activity

HOMES = [Message.Folder.INBOX, Message.Folder.SENT, Message.Folder.ARCHIVE, Message.Folder.OUTBOX]


@require_safe
def thread(request: HttpRequest, pk: int) -> HttpResponse:
    """A conversation: its messages, the newest open, and beside them who it is with and which deals it is about."""
    user = signed_in(request)
    found = get_object_or_404(Thread.objects.visible_to(user), pk=pk)
    is_fragment = bool(request.headers.get("HX-Request")) and not request.headers.get("HX-History-Restore-Request")
    response = render(request, "mail/_thread.html" if is_fragment else "mail/thread.html", _thread_context(found, user))
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_safe
def message_body(request: HttpRequest, pk: int) -> HttpResponse:
    """A message's body as a document of its own, under the policy of `mail.reading`."""
    message = get_object_or_404(Message.objects.visible_to(signed_in(request)), pk=pk)
    response = render(request, "mail/body.html", {"message": message, "html": reading.readable_html(message)})
    for name, value in reading.HEADERS.items():
        response[name] = value
    return response


@require_POST
def thread_deals(request: HttpRequest, pk: int) -> HttpResponse:
    """Link the conversation to a deal (`link`), or unlink it (`unlink`)."""
    user = signed_in(request)
    found = get_object_or_404(Thread.objects.visible_to(user), pk=pk)
    verb = "unlink" if "unlink" in request.POST else "link"
    value = primary_key(request.POST.get(verb, ""))
    deal = get_object_or_404(Deal.objects.visible_to(user), pk=value)
    if verb == "link":
        found.deals.add(deal)
    else:
        found.deals.remove(deal)
    if request.headers.get("HX-Request"):
        return render(request, "mail/_thread_side.html", _thread_context(found, user))
    return redirect("mail:thread", found.pk)


@require_POST
def thread_archive(request: HttpRequest, pk: int) -> HttpResponse:
    """Put the conversation into the archive, or back to where it came from."""
    found = get_object_or_404(Thread.objects.visible_to(signed_in(request)), pk=pk)
    if "back" in request.POST:
        filing.take_back(thread=found)
        messages.success(request, _("Moved back."))
    else:
        filing.archive(thread=found)
        messages.success(request, _("Archived."))
    return (
        redirect("mail:folder", request.POST["folder"])
        if request.POST.get("folder") in lists.FOLDERS
        else redirect("mail:thread", found.pk)
    )


@require_POST
def send_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Try a mail that was not sent once more."""
    message = get_object_or_404(Message.objects.visible_to(signed_in(request)), pk=pk)
    try:
        with transaction.atomic():
            outbox.send_again(message=message, now=timezone.now())
            transaction.on_commit(tasks.wake)
    except outbox.CannotSend as error:
        messages.error(request, error.sentence)
    return redirect("mail:folder", "outbox") if message.folder == Message.Folder.OUTBOX else redirect("mail:thread", message.thread_id)


@require_POST
def back_to_drafts(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a mail out of the outbox to change it."""
    message = get_object_or_404(Message.objects.visible_to(signed_in(request)), pk=pk)
    try:
        outbox.back_to_drafts(message=message)
    except outbox.CannotSend as error:
        messages.error(request, error.sentence)
        return redirect("mail:folder", "outbox")
    messages.success(request, _("Moved to Drafts. Open it there to change and send it."))
    return redirect("mail:folder", "drafts")


def _thread_context(found: Thread, user: User) -> dict[str, Any]:
    shown = list(
        Message.objects.visible_to(user)
        .filter(thread=found)
        .exclude(folder=Message.Folder.DRAFTS)
        .order_by("at", "pk")
        .select_related("account")
        .prefetch_related("recipients__person", "attachments", "deliveries__recipients")
    )
    _attach_tracking(shown, user)
    people = _people_of(shown, user)
    deals = list(found.deals.all().select_related("stage") & Deal.objects.visible_to(user))
    newest = shown[-1] if shown else None
    return {
        "section": "mail",
        "thread": found,
        "folder": _home_folder(shown),
        "folders": folder_links(user),
        "shown": shown,
        "newest": newest,
        "drafts": Message.objects.visible_to(user).filter(thread=found).in_folder(Message.Folder.DRAFTS).order_by("-at"),
        "people": people,
        "deals": deals,
        "possible_deals": _possible_deals(people, deals, user),
        "activities": _next_activities(people, deals, user),
    }


def _home_folder(shown: list[Message]) -> str:
    """Where the conversation is looked for: what only passes through the Outbox has its place elsewhere."""
    found = {message.folder for message in shown}
    return next((folder for folder in HOMES if folder in found), Message.Folder.DRAFTS)


def _attach_tracking(shown: list[Message], user: User) -> None:
    """Give each message `tracked`, its tracked mail with its activity, if it is the user's own."""
    wanted = [message.tracked_mail_id for message in shown if message.tracked_mail_id]
    found: dict[int | None, TrackedMail] = {
        mail.pk: mail for mail in with_activity(TrackedMail.objects.visible_to(user).filter(pk__in=wanted))
    }
    for message in shown:
        message.tracked = found.get(message.tracked_mail_id)  # type: ignore[attr-defined]


def _people_of(shown: list[Message], user: User) -> list[Person]:
    """The people at the other end whom the user may see."""
    known = {one.person_id for message in shown for one in message.recipients.all() if one.person_id}
    senders = {message.from_email for message in shown if message.from_email}
    everybody = Person.objects.visible_to(user).select_related("organisation")
    found: list[Person] = list(everybody.filter(pk__in=known) | everybody.filter(email__in=senders))
    return found


def _possible_deals(people: list[Person], linked: list[Deal], user: User) -> list[Deal]:
    """Open deals that the conversation may be about: those of its people and their organisations first, then the user's own."""
    deals = Deal.objects.visible_to(user).filter(status=Deal.Status.OPEN).exclude(pk__in=[deal.pk for deal in linked])
    organisations: set[Organisation | None] = {person.organisation for person in people}
    near = list(deals.filter(person__in=people)[:20])
    near += [deal for deal in deals.filter(organisation__in=[one for one in organisations if one])[:20] if deal not in near]
    return near + [deal for deal in deals.filter(owner=user).order_by("title")[:50] if deal not in near]


def _next_activities(people: list[Person], deals: list[Deal], user: User) -> list[Activity]:
    """What is planned with these people or on these deals."""
    waiting = Activity.objects.visible_to(user).filter(done_at=None)
    found: list[Activity] = list((waiting.filter(person__in=people) | waiting.filter(deal__in=deals)).distinct()[:3])
    return found
