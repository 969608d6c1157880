"""The composer: opened with what is known already, saved as typed, sent."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.crypto import get_random_string
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.accounts.models import User
from crm.accounts.requests import signed_in
from crm.lib.primary_keys import primary_key
from crm.records.models import Deal, Organisation, Person
from mail import addresses, attachments, body, drafts, merge_fields, outbox, rendering, replying, signatures, tasks
from mail.forms import ComposeForm
from mail.models import Account, Message, Signature
from mail.reach import why_unreachable
from mail.views import filling
from mail.views.composer_words import words
from mail.views.requests import wants_json
from tracking import instrument, preferences
from tracking.models import Preferences


@dataclass
class Start:
    """What a composer shows when it opens."""

    title: str
    to: str = ""
    cc: str = ""
    bcc: str = ""
    subject: str = ""
    body_html: str = ""
    body_text: str = ""
    draft_pk: int | None = None
    deal: Deal | None = None
    reply_pk: int | None = None
    saved_at: datetime | None = None
    seen: str = ""
    track_opens: bool = False
    track_links: bool = False
    tell_apart: bool = False
    query: str = ""
    organisation_pk: int | None = None
    id: str = field(default_factory=lambda: f"composer-{get_random_string(8)}")

    @property
    def deal_pk(self) -> int | None:
        return self.deal.pk if self.deal else None


@require_safe
def composer(request: HttpRequest) -> HttpResponse:
    """A composer for a new mail, a reply or a draft: as a fragment for the dock and the detail pages, or as a page."""
    user = signed_in(request)
    accounts = list(Account.objects.visible_to(user))
    draft = _draft_of(request, user)
    account = (draft.account if draft else None) or (accounts[0] if accounts else None)
    start = _start_with_draft(draft) if draft else _start_new(request, user, account)
    if not draft and (filled := filling.chosen(request, user, account=account, to=start.to, deal=start.deal)):
        start.subject, start.body_html = start.subject or filled.subject, filled.body_html + start.body_html
        start.body_text = body.to_text(filled.body_html)
    response = _render(request, user, start, accounts=accounts, account=account, draft=draft)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_POST
def draft_save(request: HttpRequest) -> HttpResponse:
    """Keep what is typed. Answers with the draft's number, its time and what is wrong with the addresses so far."""
    user = signed_in(request)
    form = ComposeForm(request.POST, user=user)
    if _is_somebody_elses(request, user) or not form.is_valid():
        return _gone(_("This mail belongs to another sign-in or has been removed; your text is kept in this browser."))
    try:
        message = _save(form, user)
        _attach_posted(request, message)
    except drafts.NotADraft:
        return _gone(_("This mail has been sent already."))
    except attachments.TooLarge as error:
        return _refuse(request, user, form, field="attachments", sentence=error.sentence)
    if not wants_json(request):
        return redirect("mail:folder", "drafts")
    seen, typed_on = form.data.get("seen", ""), form.cleaned_data["draft"]
    return JsonResponse(
        {
            "draft": message.pk,
            "saved": _("Saved %(at)s") % {"at": date_format(timezone.localtime(message.updated_at), "H:i")},
            "seen": message.updated_at.isoformat(),
            "mistakes": drafts.mistakes(message),
            "clipped": _clip_warning(message, form.cleaned_data["track_opens"], form.cleaned_data["track_links"]),
            "changed_elsewhere": bool(typed_on and seen and seen != typed_on.updated_at.isoformat()),
        }
    )


@require_POST
def send(request: HttpRequest) -> HttpResponse:
    """Put the mail on its way, or say beside the field why it cannot go; what was typed is kept as a draft either way."""
    user = signed_in(request)
    form = ComposeForm(request.POST, user=user)
    if _is_somebody_elses(request, user) or not form.is_valid():
        return _gone(_("This mail belongs to another sign-in or has been removed; your text is kept in this browser."))
    try:
        message = _save(form, user)
        _attach_posted(request, message)
        _queue(message, form)
    except drafts.NotADraft:
        return _gone(_("This mail has been sent already."))
    except outbox.CannotSend as error:
        return _refuse(request, user, form, field=error.field, sentence=error.sentence, message=message)
    except attachments.TooLarge as error:
        return _refuse(request, user, form, field="attachments", sentence=error.sentence, message=message)
    if wants_json(request):
        return JsonResponse({"message": message.pk, "toast": _("Sending…"), "url": reverse("mail:folder", args=["outbox"])})
    return redirect("mail:folder", "outbox")


@require_POST
def draft_discard(request: HttpRequest) -> HttpResponse:
    """Throw the draft away."""
    user = signed_in(request)
    pk = primary_key(request.POST.get("draft", ""))
    if pk:
        draft = get_object_or_404(Message.objects.visible_to(user).in_folder(Message.Folder.DRAFTS), pk=pk)
        drafts.discard(message=draft)
    return JsonResponse({}) if wants_json(request) else redirect("mail:folder", "drafts")


@require_safe
def people(request: HttpRequest) -> JsonResponse:
    """People whom an address field suggests for what is typed, beginnings first; before, the people of the page's organisation."""
    typed, organisation = request.GET.get("q", "").strip()[:100], primary_key(request.GET.get("organisation", ""))
    found = Person.objects.visible_to(signed_in(request)).exclude(email="").select_related("organisation").order_by("name")
    if not typed:
        nearest = list(found.filter(organisation=organisation)[:8])
        return JsonResponse({"people": [_suggestion(person) for person in nearest]})
    low = typed.casefold()
    named = found.filter(Q(name__icontains=typed) | Q(email__icontains=typed))[:50]
    nearest = sorted(named, key=lambda person: (not _begins(person, low), person.name.casefold()))
    return JsonResponse({"people": [_suggestion(person) for person in nearest[:8]]})


def _begins(person: Person, typed: str) -> bool:
    return person.email.casefold().startswith(typed) or any(word.startswith(typed) for word in person.name.casefold().split())


def _suggestion(person: Person) -> dict[str, str]:
    return {
        "name": person.name,
        "email": person.email,
        "organisation": person.organisation.name if person.organisation else "",
        "text": addresses.write(person.name, person.email),
    }


def _save(form: ComposeForm, user: User) -> Message:
    typed = form.cleaned_data
    return drafts.save(
        owner=user,
        message=typed["draft"],
        account=typed["account"] or Account.objects.visible_to(user).first(),
        to=typed["to"],
        cc=typed["cc"],
        bcc=typed["bcc"],
        subject=typed["subject"],
        body_html=form.written_html(),
        deal=typed["deal"],
        in_reply_to=typed["reply"],
    )


@transaction.atomic
def _queue(message: Message, form: ComposeForm) -> None:
    toggles = {name: form.cleaned_data[name] for name in ("track_opens", "track_links", "tell_apart")}
    outbox.queue(message=message, **toggles, now=timezone.now())
    transaction.on_commit(tasks.wake)


def _attach_posted(request: HttpRequest, message: Message) -> None:
    """Files that came with the form itself, as they do without script."""
    for upload in request.FILES.getlist("files"):
        attachments.add(message=message, upload=upload)


def _draft_of(request: HttpRequest, user: User) -> Message | None:
    pk = primary_key(request.GET.get("draft", ""))
    if not pk:
        return None
    return get_object_or_404(Message.objects.visible_to(user).in_folder(Message.Folder.DRAFTS).select_related("account"), pk=pk)


def _start_with_draft(draft: Message) -> Start:
    typed = draft.typed_recipients
    deal = draft.thread.deals.first()
    return Start(
        title=_("Draft"),
        to=typed.get("to", ""),
        cc=typed.get("cc", ""),
        bcc=typed.get("bcc", ""),
        subject=draft.subject,
        body_html=draft.body_html,
        body_text=body.to_text(draft.body_html) if draft.body_html else "",
        draft_pk=draft.pk,
        deal=deal if deal and Deal.objects.visible_to(draft.owner).filter(pk=deal.pk).exists() else None,
        saved_at=draft.updated_at,
        seen=draft.updated_at.isoformat(),
        query=urlencode({"draft": draft.pk}),
    )


def _start_new(request: HttpRequest, user: User, account: Account | None) -> Start:
    signature = signatures.below(account, is_reply="reply" in request.GET)
    for kind, model in (("person", Person), ("organisation", Organisation), ("deal", Deal), ("reply", Message)):
        value = primary_key(request.GET.get(kind, ""))
        if value:
            record = get_object_or_404(model.objects.visible_to(user), pk=value)  # type: ignore[attr-defined]
            start = _start_about(record, signature, everybody="all" in request.GET)
            start.query = urlencode({kind: record.pk})
            return start
    return Start(title=_("New message"), body_html=signature)


def _start_about(record: Person | Organisation | Deal | Message, signature: str, *, everybody: bool) -> Start:
    if isinstance(record, Message):
        reply = replying.reply_to(record, everybody=everybody)
        html = f"{signature or '<div><br></div>'}<div><br></div>{reply.quote_html}"
        return Start(title=_("Reply"), to=reply.to, cc=reply.cc, subject=reply.subject, body_html=html, reply_pk=record.pk)
    person = record if isinstance(record, Person) else record.person if isinstance(record, Deal) else None
    to = addresses.write(person.name, person.email) if person and person.email else ""
    return Start(
        title=_("New message"),
        to=to,
        body_html=signature,
        deal=record if isinstance(record, Deal) else None,
        organisation_pk=record.pk if isinstance(record, Organisation) else record.organisation_id,
    )


def _render(
    request: HttpRequest,
    user: User,
    start: Start,
    *,
    accounts: list[Account],
    account: Account | None,
    draft: Message | None,
    errors: dict[str, str] | None = None,
) -> HttpResponse:
    options = preferences.for_user(user)
    if errors is None:
        _toggle_as_last(start, options)
    is_fragment = bool(request.headers.get("HX-Request"))
    context: dict[str, Any] = {
        "section": "mail",
        "start": start,
        "accounts": accounts,
        "account": account,
        "signatures": Signature.objects.visible_to(user),
        "merge_fields": merge_fields.FIELDS.values(),
        "is_reply": bool(start.reply_pk or (draft and draft.in_reply_to)),
        "tracking": options,
        "unreachable": why_unreachable(accounts) if options.open_tracking or options.link_tracking else "",
        "errors": errors or {},
        "clipped": _clip_warning(draft, start.track_opens, start.track_links) if draft else "",
        "is_page": not is_fragment,
        "place": _place(request) if is_fragment else "page",
        "attachments": list(draft.attachments.all()) if draft else [],
        "max_bytes": settings.MAX_MESSAGE_BYTES,
        "copies_limit": settings.COPIES_LIMIT,
        "words": json.dumps(words(), ensure_ascii=False),
    }
    return render(request, "mail/_composer.html" if is_fragment else "mail/composer.html", context, status=422 if errors else 200)


def _place(request: HttpRequest) -> str:
    return "dock" if request.headers.get("HX-Target") == "composer-dock" else "inline"


def _toggle_as_last(start: Start, options: Preferences) -> None:
    start.track_opens, start.track_links = options.last_track_opens, options.last_track_links
    start.tell_apart = options.last_tell_apart


def _is_somebody_elses(request: HttpRequest, user: User) -> bool:
    """Whether the composer was opened under another sign-in of this browser."""
    return request.POST.get("user", str(user.pk)) != str(user.pk)


def _clip_warning(message: Message, track_opens: bool, track_links: bool) -> str:
    """What to say of a mail so long that Gmail hides its end; "" of any other."""
    html = rendering.document(message.body_html, language=message.owner.language)
    if not instrument.is_nearly_clipped(html, sender=message.from_email, tracks_opens=track_opens, tracks_links=track_links):
        return ""
    return _("This mail is very long: Gmail shows about 102 KB and hides the rest behind a link. Shorten it, or send the rest as a file.")


def _gone(sentence: str) -> JsonResponse:
    return JsonResponse({"errors": {"": sentence}}, status=409)


def _refuse(
    request: HttpRequest, user: User, form: ComposeForm, *, field: str, sentence: str, message: Message | None = None
) -> HttpResponse:
    """422 with the sentence for its field, and the form as it was filled in."""
    if wants_json(request):
        saved = {"draft": message.pk, "seen": message.updated_at.isoformat()} if message else {}
        return JsonResponse({"errors": {field: sentence}, **saved}, status=422)
    accounts = list(Account.objects.visible_to(user))
    start = _start_with_draft(message) if message else Start(title=_("New message"))
    start.track_opens, start.track_links = form.cleaned_data["track_opens"], form.cleaned_data["track_links"]
    start.tell_apart = form.cleaned_data["tell_apart"]
    account = message.account if message else None
    return _render(request, user, start, accounts=accounts, account=account, draft=message, errors={field or "form": sentence})
