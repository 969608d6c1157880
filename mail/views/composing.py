"""The composer: opened with what is known already, saved as typed, sent."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
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
from crm.records.models import RECORDS, ContactPoint, Deal, Organisation, Person, Record
from mail import (
    addresses,
    attachments,
    body,
    consent_block,
    correspondents,
    drafts,
    forwarding,
    merge_fields,
    outbox,
    reminders,
    rendering,
    replying,
    scheduling,
    signatures,
    tasks,
)
from mail.before_sending import Said
from mail.forms import TOGGLES, ComposeForm
from mail.models import Account, Message, Signature
from mail.reach import why_unreachable
from mail.reminders import Reminder
from mail.views import consenting, filling
from mail.views.composer_words import words
from mail.views.requests import wants_json
from tracking import instrument, preferences
from tracking.models import Preferences

MOST_SUGGESTED = 8


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
    send_at: datetime | None = None
    copy_of: int | None = None
    reminders: list[Reminder] = field(default_factory=list)
    reminded: str = ""
    is_fresh: bool = False
    query: str = ""
    organisation_pk: int | None = None
    offered: list[addresses.Mailbox] = field(default_factory=list)  # others who take part
    id: str = field(default_factory=lambda: f"composer-{get_random_string(8)}")

    @property
    def send_at_value(self) -> str:
        return scheduling.written(self.send_at) if self.send_at else ""

    @property
    def deal_pk(self) -> int | None:
        return self.deal.pk if self.deal else None


@require_safe
def composer(request: HttpRequest) -> HttpResponse:
    """A composer for a new mail, a reply or a draft: as a fragment for the dock and the detail pages, or as a page."""
    user = signed_in(request)
    accounts = list(Account.objects.visible_to(user))
    draft = _draft_of(request, user)
    account = (draft.account if draft else _account_of(request, user)) or (accounts[0] if accounts else None)
    start = _start_with_draft(draft) if draft else _start_new(request, user, account)
    if not draft and (filled := filling.chosen(request, user, account=account, to=start.to, deal=start.deal)):
        start.subject, start.body_html = start.subject or filled.subject, filled.body_html + start.body_html
        start.body_text = body.to_text(filled.body_html)
    if draft and "fresh" in request.GET:
        start.title, start.is_fresh = _("Forward"), True
    start.reminded = request.GET.get("reminded", "")[:100]
    response = _render(request, user, start, accounts=accounts, account=account, draft=draft)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_POST
def forward(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin to pass a message on: a draft with its words and copies of its files, opened in the composer."""
    user = signed_in(request)
    message = get_object_or_404(Message.objects.visible_to(user).exclude(folder=Message.Folder.DRAFTS), pk=pk)
    account = message.account or Account.objects.visible_to(user).first()
    draft = forwarding.begin(message=message, account=account, above=signatures.below(account))
    return redirect(f"{reverse('mail:composer')}?draft={draft.pk}&fresh=1")


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
    except drafts.ChangedElsewhere:
        return _changed_elsewhere(request, user, form)
    except attachments.TooLarge as error:
        return _refuse(request, user, form, field="attachments", sentence=error.sentence)
    if not wants_json(request):
        return redirect("mail:preview", message.pk) if "preview" in request.POST else redirect("mail:folder", "drafts")
    return JsonResponse(
        {
            "draft": message.pk,
            "saved": _("Saved %(at)s") % {"at": date_format(timezone.localtime(message.updated_at), "H:i")},
            "seen": drafts.version(message),
            "mistakes": drafts.mistakes(message),
            "clipped": _clip_warning(message, form.cleaned_data["track_opens"], form.cleaned_data["track_links"]),
            "files": _files_html(request, message) if form.cleaned_data["copy_of"] else None,
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
        now = timezone.now()
        send_at = form.wanted_time(zone=user.zone, now=now)
        outbox.check(message)
        if waiting := reminders.due(message, put=form.cleaned_data["reminded"].split(",")):
            return _remind(request, user, form, message, waiting)
        _queue(message, form, send_at, now)
    except drafts.NotADraft:
        return _gone(_("This mail has been sent already."))
    except drafts.ChangedElsewhere:
        return _changed_elsewhere(request, user, form)
    except scheduling.NotATime as error:
        return _refuse(request, user, form, field="send_at", sentence=error.sentence, message=message)
    except outbox.CannotSend as error:
        return _refuse(request, user, form, field=error.field, sentence=error.sentence, message=message)
    except attachments.TooLarge as error:
        return _refuse(request, user, form, field="attachments", sentence=error.sentence, message=message)
    if wants_json(request):
        return JsonResponse(_on_its_way(message))
    if message.send_at:
        messages.success(request, scheduling.goes_at(message.send_at))
    return redirect("mail:folder", "outbox")


def _on_its_way(message: Message) -> dict[str, Any]:
    """What the browser says of a mail in the outbox, and for how long its sender is offered to take it back."""
    return {
        "message": message.pk,
        "toast": scheduling.goes_at(message.send_at) if message.send_at else _("Sending…"),
        "undo": _("Undo"),
        "seconds": settings.UNDO_SECONDS,
        "is_planned": message.send_at is not None,
        "undo_url": reverse("mail:take_back", args=[message.pk]),
        "url": reverse("mail:folder", args=["outbox"]),
    }


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
    """People whom an address field suggests for what is typed, beginnings first; before, those of the page's deal or organisation."""
    typed, organisation, deal = (request.GET.get(name, "").strip()[:100] for name in ("q", "organisation", "deal"))
    user = signed_in(request)
    found = Person.objects.visible_to(user).current().select_related("organisation").prefetch_related("points").order_by("name")
    if not typed:
        deals = Deal.objects.visible_to(user).filter(pk=primary_key(deal))
        organisations = Organisation.objects.visible_to(user).filter(pk=primary_key(organisation))
        near = Q(organisation__in=organisations) | Q(deals__in=deals) | Q(joined_deals__in=deals)
        nearest = _suggestions(found.filter(near).distinct()[:MOST_SUGGESTED], "")
        return JsonResponse({"people": nearest[:MOST_SUGGESTED]})
    return JsonResponse({"people": _suggestions(found.search(typed)[:50], typed.casefold())[:MOST_SUGGESTED]})


def _suggestions(found: Iterable[Person], typed: str) -> list[dict[str, str]]:
    """Each address of each; of whom an address was typed, that address alone. What begins with it comes first."""
    pairs: list[tuple[Person, str]] = []
    for person in found:
        emails = _written(person)
        meant = [email for email in emails if typed in email.casefold()] if typed and typed not in person.name.casefold() else emails
        pairs += [(person, email) for email in meant]
    pairs.sort(key=lambda pair: (not _begins(pair[0], pair[1], typed), pair[0].name.casefold()))
    return [_suggestion(person, email) for person, email in pairs]


def _written(person: Person) -> list[str]:
    """Every address as it was entered, the first one first."""
    further = [point.value for point in person.points.all() if point.kind == ContactPoint.Kind.EMAIL]
    return [person.email, *further] if person.email else further


def _begins(person: Person, email: str, typed: str) -> bool:
    return email.casefold().startswith(typed) or any(word.startswith(typed) for word in person.name.casefold().split())


def _suggestion(person: Person, email: str) -> dict[str, str]:
    return {
        "name": person.name,
        "email": email,
        "organisation": person.organisation.name if person.organisation else "",
        "text": addresses.write(person.name, email),
    }


@transaction.atomic
def _save(form: ComposeForm, user: User) -> Message:
    typed, window, beside = form.cleaned_data, form.from_window(), form.cleaned_data["copy_of"]
    draft = drafts.second(message=beside, window=window) if beside and window and not typed["draft"] else typed["draft"]
    return drafts.save(
        owner=user,
        message=draft,
        account=typed["account"] or Account.objects.visible_to(user).first(),
        to=typed["to"],
        cc=typed["cc"],
        bcc=typed["bcc"],
        subject=typed["subject"],
        body_html=form.written_html(),
        deal=typed["deal"],
        in_reply_to=typed["reply"],
        toggles=form.toggles(),
        window=window,
    )


@transaction.atomic
def _queue(message: Message, form: ComposeForm, send_at: datetime | None, now: datetime) -> None:
    toggles = {name: form.cleaned_data[name] for name in TOGGLES}
    outbox.queue(message=message, **toggles, now=now, send_at=send_at, undo_seconds=settings.UNDO_SECONDS)
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


def _account_of(request: HttpRequest, user: User) -> Account | None:
    """The account that the message to be answered belongs to."""
    pk = primary_key(request.GET.get("reply", ""))
    return Account.objects.visible_to(user).filter(messages=pk).first() if pk else None


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
        seen=drafts.version(draft),
        send_at=draft.send_at,
        query=urlencode({"draft": draft.pk}),
    )


def _start_new(request: HttpRequest, user: User, account: Account | None) -> Start:
    signature = signatures.below(account, is_reply="reply" in request.GET)
    for kind, model in ({**RECORDS, "reply": Message}).items():
        value = primary_key(request.GET.get(kind, ""))
        if value:
            record = get_object_or_404(model.objects.visible_to(user), pk=value)  # type: ignore[attr-defined]
            start = _start_with(record, signature, everybody="all" in request.GET) if kind == "reply" else _start_about(record, user)
            start.body_html = start.body_html or signature
            start.query = urlencode({kind: record.pk})
            return _to_address(start, record, request.GET) if isinstance(record, Person | Organisation) else start
    return Start(title=_("New message"), body_html=signature)


def _to_address(start: Start, contact: Person | Organisation, asked: QueryDict) -> Start:
    """The same to a further address of the contact (`point=`, the number of the address) or to an organisation's own (`first`)."""
    further = contact.points.filter(kind=ContactPoint.Kind.EMAIL)
    point = further.filter(pk=primary_key(asked.get("point", ""))).first()
    if point is None and isinstance(contact, Person) and not contact.email:
        point = further.first()
    if point:
        start.to = addresses.write(contact.name, point.value)
        start.query += f"&point={point.pk}"
    elif "first" in asked and contact.email:
        start.to = addresses.write(contact.name, contact.email)
        start.query += "&first=1"
    return start


def _start_with(message: Message, signature: str, *, everybody: bool) -> Start:
    """An answer."""
    reply = replying.reply_to(message, everybody=everybody)
    html = f"{signature or '<div><br></div>'}<div><br></div>{reply.quote_html}"
    return Start(title=_("Reply"), to=reply.to, cc=reply.cc, subject=reply.subject, body_html=html, reply_pk=message.pk)


def _start_about(record: Record, user: User) -> Start:
    """A mail to a person, to a lead or to the contact of a deal, where the others who take part are offered."""
    to, offered = correspondents.mailboxes(record, user)
    return Start(
        title=_("New message"),
        to=str(to or ""),
        offered=offered,
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
        _set_toggles(start, options, draft.toggles if draft else {})
    is_fragment = bool(request.headers.get("HX-Request"))
    context: dict[str, Any] = {
        "section": "mail",
        "start": start,
        "accounts": accounts,
        "account": account,
        "signatures": Signature.objects.visible_to(user),
        "merge_fields": merge_fields.all_fields(archived=True),
        "is_reply": bool(start.reply_pk or (draft and draft.in_reply_to)),
        "tracking": options,
        "unreachable": why_unreachable(accounts) if options.open_tracking or options.link_tracking else "",
        "errors": errors or {},
        "clipped": _clip_warning(draft, start.track_opens, start.track_links) if draft else "",
        "is_page": not is_fragment,
        "place": _place(request) if is_fragment else "page",
        "consent": _consent_line(user, account, start),
        "ask_block": consent_block.html((account.sender_name if account else "") or user.name),
        "attachments": list(draft.attachments.all()) if draft else [],
        "max_bytes": attachments.limit(account),
        "presets": scheduling.presets(timezone.now(), user.zone),
        "earliest": scheduling.written(timezone.now()),
        "copies_limit": settings.COPIES_LIMIT,
        "words": json.dumps(words(), ensure_ascii=False),
    }
    return render(request, "mail/_composer.html" if is_fragment else "mail/composer.html", context, status=200 if errors is None else 422)


def _consent_line(user: User, account: Account | None, start: Start) -> Said:
    toggles = {name: getattr(start, name) for name in TOGGLES}
    return consenting.line(user, account, [start.to, start.cc, start.bcc], toggles, start.body_html)


def _place(request: HttpRequest) -> str:
    return "dock" if request.headers.get("HX-Target") == "composer-dock" else "inline"


def _set_toggles(start: Start, options: Preferences, chosen: dict[str, bool]) -> None:
    """As they stood in this draft, else as in the last mail."""
    start.track_opens = chosen.get("track_opens", options.last_track_opens)
    start.track_links = chosen.get("track_links", options.last_track_links)
    start.tell_apart = chosen.get("tell_apart", options.last_tell_apart)


def _files_html(request: HttpRequest, message: Message) -> str:
    return "".join(
        render_to_string("mail/_composer_file.html", {"attachment": attachment}, request=request)
        for attachment in message.attachments.all()
    )


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
        return JsonResponse({"errors": {field: sentence}, **_saved(message)}, status=422)
    start = _start_with_draft(message) if message else Start(title=_("New message"))
    return _render_again(request, user, form, start, message, errors={field or "form": sentence})


def _remind(request: HttpRequest, user: User, form: ComposeForm, message: Message, waiting: list[Reminder]) -> HttpResponse:
    """422 with what to ask before sending; the next sending has them put."""
    put = ",".join(filter(None, [form.cleaned_data["reminded"], *(one.key for one in waiting)]))
    if wants_json(request):
        return JsonResponse({"reminders": [str(one.sentence) for one in waiting], "reminded": put, **_saved(message)}, status=422)
    start = _start_with_draft(message)
    start.reminders, start.reminded = waiting, put
    start.send_at = form.wanted_time(zone=user.zone, now=timezone.now())
    return _render_again(request, user, form, start, message, errors={})


def _changed_elsewhere(request: HttpRequest, user: User, form: ComposeForm) -> HttpResponse:
    """409: another window has saved other words. Without script what was typed comes back, to become a second draft."""
    sentence, typed = _("This draft was changed in another window meanwhile."), form.cleaned_data
    if wants_json(request):
        return JsonResponse({"conflict": sentence}, status=409)
    start = Start(title=_("Draft"), subject=typed["subject"], body_html=form.written_html(), body_text=typed["body_text"])
    start.to, start.cc, start.bcc, start.deal, start.copy_of = typed["to"], typed["cc"], typed["bcc"], typed["deal"], typed["draft"].pk
    kept = _("What you typed stands here; it becomes a second draft when you save or send it.")
    return _render_again(request, user, form, start, None, errors={"form": f"{sentence} {kept}"})


def _render_again(
    request: HttpRequest, user: User, form: ComposeForm, start: Start, message: Message | None, *, errors: dict[str, str]
) -> HttpResponse:
    """The composer once more, its toggles as they were posted."""
    for name in TOGGLES:
        setattr(start, name, form.cleaned_data[name])
    accounts = list(Account.objects.visible_to(user))
    account = message.account if message else form.cleaned_data["account"]
    return _render(request, user, start, accounts=accounts, account=account, draft=message, errors=errors)


def _saved(message: Message | None) -> dict[str, Any]:
    return {"draft": message.pk, "seen": drafts.version(message)} if message else {}
