"""What is done to conversations, one or many at a time, and taking it back."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from crm.accounts.models import User
from crm.accounts.requests import signed_in
from crm.lib.primary_keys import primary_key
from crm.records.models import Deal
from mail import changing
from mail.choosing import Chosen
from mail.lists import FOLDERS
from mail.models import Change, Message, Thread
from mail.views.about import picked_deal
from mail.views.requests import wants_json

Verb = Change.Verb
MOST = 500  # conversations at once
MESSAGE_VERBS: dict[str, Callable[..., Change]] = {
    Verb.ARCHIVE: changing.archive,
    Verb.TRASH: changing.trash,
    Verb.RESTORE: changing.restore,
    Verb.DELETE: changing.delete_for_good,
}


@require_POST
def bulk(request: HttpRequest) -> HttpResponse:
    """Do one thing to the chosen conversations: `do` is a verb, `one` a verb and the single conversation that it is for."""
    user = signed_in(request)
    verb, chosen = _wish(request, user)
    if verb not in Verb.values:
        raise Http404
    deal = picked_deal(request, user) if verb == Verb.LINK else None
    if verb == Verb.LINK and deal is None:
        return _told(request, _("Pick one of the deals that are suggested while you type its name."), None)
    if not chosen.threads and not chosen.messages:
        return _told(request, _("Choose some conversations first."), None)
    change = _carry_out(verb, chosen, deal)
    return _told(request, sentence(change), change)


@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back what was done, once."""
    change = get_object_or_404(Change.objects.visible_to(signed_in(request)), pk=pk)
    try:
        changing.undo(change=change, now=timezone.now())
    except changing.NothingToUndo:
        return _told(request, _("This was taken back already."), None)
    return _told(request, _("Taken back."), None)


@require_POST
def thread_star(request: HttpRequest, pk: int) -> HttpResponse:
    """Star a conversation, or take the star away."""
    user = signed_in(request)
    thread = get_object_or_404(Thread.objects.visible_to(user), pk=pk)
    changing.star(owner=user, threads=Thread.objects.filter(pk=pk), is_starred=not thread.is_starred, now=timezone.now())
    thread.refresh_from_db()
    return render(request, "mail/_star.html", {"thread": thread})


@require_POST
def trash_empty(request: HttpRequest) -> HttpResponse:
    """Delete for good all that is in the trash."""
    user = signed_in(request)
    change = changing.delete_for_good(owner=user, messages=Message.objects.visible_to(user).in_folder("trash"), now=timezone.now())
    return _told(request, sentence(change), None)


def sentence(change: Change) -> str:
    """What was done, for the person who did it."""
    if not change.count:
        return _("Nothing had to be changed.")
    number = {"count": change.count}
    words = {
        Verb.MOVE: ngettext("Moved.", "%(count)s conversations moved.", change.count),
        Verb.ARCHIVE: ngettext("Archived.", "%(count)s conversations archived.", change.count),
        Verb.TRASH: ngettext("Deleted.", "%(count)s conversations deleted.", change.count),
        Verb.RESTORE: ngettext("Moved back.", "%(count)s conversations moved back.", change.count),
        Verb.READ: ngettext("Marked as read.", "%(count)s conversations marked as read.", change.count),
        Verb.UNREAD: ngettext("Marked as unread.", "%(count)s conversations marked as unread.", change.count),
        Verb.STAR: ngettext("Starred.", "%(count)s conversations starred.", change.count),
        Verb.UNSTAR: ngettext("Star taken away.", "Stars of %(count)s conversations taken away.", change.count),
        Verb.LINK: ngettext("Linked to the deal.", "%(count)s conversations linked to the deal.", change.count),
        Verb.DELETE: ngettext("Deleted for good.", "%(count)s conversations deleted for good.", change.count),
    }
    return words[Verb(change.verb)] % number


def last_change(request: HttpRequest, user: User) -> dict[str, Any] | None:
    """What was just done without script, for the line with its Undo on the page that follows."""
    change = Change.objects.visible_to(user).filter(pk=primary_key(request.GET.get("undo", ""))).first()
    return {"change": change, "sentence": sentence(change)} if change and change.can_be_undone else None


def _wish(request: HttpRequest, user: User) -> tuple[str, Chosen]:
    """The verb and what it is for."""
    folder = request.POST.get("folder", "")
    folder = folder if folder in FOLDERS else ""
    verb, _dash, one = request.POST.get("one", "").partition("-")
    name = "message" if folder in ("drafts", "outbox") else "thread"
    pks = [one] if one else request.POST.getlist(name)
    chosen = [number for number in map(primary_key, pks[:MOST]) if number]
    threads, singles = (chosen, []) if name == "thread" else ([], chosen)
    return verb or request.POST.get("do", ""), Chosen(user, threads, singles, folder)


def _carry_out(verb: str, chosen: Chosen, deal: Deal | None) -> Change:
    owner, now = chosen.user, timezone.now()
    if deal is not None:
        return changing.link(owner=owner, threads=chosen.conversations, deal=deal, now=now)
    if verb in (Verb.STAR, Verb.UNSTAR):
        return changing.star(owner=owner, threads=chosen.conversations, is_starred=verb == Verb.STAR, now=now)
    if verb in (Verb.READ, Verb.UNREAD):
        return changing.mark_read(owner=owner, messages=chosen.concerned(verb), is_read=verb == Verb.READ, now=now)
    if verb == Verb.MOVE:
        raise Http404
    return MESSAGE_VERBS[verb](owner=owner, messages=chosen.concerned(verb), now=now)


def _told(request: HttpRequest, words: str, change: Change | None) -> HttpResponse:
    """Say what was done and how it is taken back: to a script at once, else on the page that follows."""
    can_undo = bool(change and change.can_be_undone)
    if wants_json(request):
        return JsonResponse({"toast": words, "undo": reverse("mail:undo", args=[change.pk]) if change and can_undo else ""})
    where = _next(request)
    if change and can_undo:
        return redirect(f"{where}{'&' if '?' in where else '?'}{urlencode({'undo': change.pk})}")
    messages.info(request, words)
    return redirect(where)


def _next(request: HttpRequest) -> str:
    """Where the person goes on: an address of ours, else the Inbox."""
    wanted = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) and wanted.startswith("/mail/")
    return wanted if is_ours else reverse("mail:folder", args=["inbox"])
