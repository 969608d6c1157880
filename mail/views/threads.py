"""A conversation and what can be done with it; the mails that could not be sent."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.accounts.models import User
from crm.accounts.requests import signed_in
from mail import asking, changing, lists, outbox, tasks
from mail.listing import SEARCH, Listing
from mail.models import Message, Thread
from mail.models.message import MessageQuerySet
from mail.templatetags.mail_rows import is_received
from mail.views import about
from mail.views.changes import last_change
from mail.views.folders import folder_links, is_fragment
from tracking.models import TrackedMail
from tracking.reading import with_activity

HOMES = [Message.Folder.INBOX, Message.Folder.SENT, Message.Folder.ARCHIVE, Message.Folder.OUTBOX, Message.Folder.TRASH]


@require_safe
def thread(request: HttpRequest, pk: int) -> HttpResponse:
    """A conversation: its messages, the newest open, and beside them who it is with and which deals it is about."""
    user = signed_in(request)
    found = get_object_or_404(Thread.objects.visible_to(user), pk=pk)
    if not _is_only_looked_at(request):
        changing.read(thread=found)
    context = _thread_context(found, user, is_trash=request.GET.get("in") == Message.Folder.TRASH)
    context |= {**_place_in_list(request, found, user, home=context["folder"]), "undoable": last_change(request, user)}
    response = render(request, "mail/_thread.html" if is_fragment(request) else "mail/thread.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


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


def _thread_context(found: Thread, user: User, *, is_trash: bool) -> dict[str, Any]:
    shown = _shown(found, user, is_trash=is_trash)
    _attach_tracking(shown, user)
    return {
        "section": "mail",
        "thread": found,
        "folder": _home_folder(shown),
        "folders": folder_links(user),
        "shown": shown,
        "newest": shown[-1] if shown else None,
        "drafts": Message.objects.visible_to(user).filter(thread=found).in_folder(Message.Folder.DRAFTS).order_by("-at"),
        "is_shared": any(message.is_shared for message in shown),
        "has_received": any(is_received(message) for message in shown),
        **about.context(found, shown, user),
    }


def _shown(found: Thread, user: User, *, is_trash: bool) -> list[Message]:
    """The messages, oldest first; deleted ones when the trash is looked at, or when nothing else is left."""
    messages = (
        Message.objects.visible_to(user)
        .filter(thread=found)
        .order_by("at", "pk")
        .select_related("account")
        .prefetch_related("recipients__person", "attachments", "deliveries__recipients", "deliveries__copy")
    )
    deleted = messages.in_folder(Message.Folder.TRASH)
    others = list(messages.exclude(folder__in=[Message.Folder.DRAFTS, Message.Folder.TRASH]))
    return list(deleted) if is_trash or not others else others


def _place_in_list(request: HttpRequest, found: Thread, user: User, *, home: str) -> dict[str, Any]:
    """The list that the conversation was opened from, and its neighbours there: where one goes on once this one is done."""
    listing = Listing.around_thread(request.GET, home=home)
    above, below = lists.neighbours(_rows_of(listing, user), found)
    return {"listing": listing, "above": _address(above, listing), "below": _address(below, listing)}


def _rows_of(listing: Listing, user: User) -> MessageQuerySet:
    if listing.folder != SEARCH:
        return lists.conversations(user=user, folder=listing.folder, filters=listing.filters)
    asked = asking.read(listing.words, user=user, filters=tuple(lists.FILTERS))
    return lists.found_messages(user=user, asked=asked, filters=listing.filters)


def _address(thread: int | None, listing: Listing) -> str:
    return f"{reverse('mail:thread', args=[thread])}{listing.in_thread}" if thread else ""


def _is_only_looked_at(request: HttpRequest) -> bool:
    """A page that brings itself up to date, or a browser that fetches in advance: nobody reads."""
    return "X-Candor-Refresh" in request.headers or "prefetch" in request.headers.get("Sec-Purpose", "")


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
