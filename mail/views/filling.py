"""Templates in the composer: found, inserted with their fields filled, filled again for others, and made from a mail."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.accounts.models import User
from crm.accounts.requests import signed_in
from crm.lib.primary_keys import primary_key
from crm.records.models import Deal
from mail import letters, merge_fields, merging
from mail.addresses import one_line
from mail.forms import ComposeForm
from mail.merge_fields import Subjects
from mail.models import Account, Message, Template


@require_safe
def template_options(request: HttpRequest) -> HttpResponse:
    """The templates that fit what is typed, for the composer's list."""
    user, typed = signed_in(request), one_line(request.GET.get("q", ""))[:100]
    return render(request, "mail/_template_options.html", {"templates": letters.suggest(user, typed), "typed": typed})


@require_POST
def template_fill(request: HttpRequest, pk: int) -> JsonResponse:
    """A template filled for the mail that the composer holds; says what is wrong with one that cannot be filled."""
    user = signed_in(request)
    template = get_object_or_404(Template.objects.visible_to(user), pk=pk)
    try:
        filled = letters.fill(template, _subjects(request, user))
    except merging.CannotFill as error:
        sentence = _("“%(name)s” cannot be inserted: %(reason)s") % {"name": template.name, "reason": error.sentence}
        return JsonResponse({"sentence": sentence}, status=422)
    letters.count_use(template=template, now=timezone.now())
    return JsonResponse({"subject": filled.subject, "subject_source": template.subject, "body_html": filled.body_html})


@require_POST
def fields_fill(request: HttpRequest) -> JsonResponse:
    """The fields of a mail filled for the recipients that it has now, in the order in which they were asked for."""
    user = signed_in(request)
    known = merge_fields.values(_subjects(request, user))
    pieces = merging.fill_again(request.POST.getlist("source"), known)
    shown = [{"shown": piece.shown, "is_missing": piece.is_missing} if piece else None for piece in pieces]
    return JsonResponse({"pieces": shown, "subject": _subject(request.POST.get("subject_source", ""), known)})


@require_POST
def template_from_mail(request: HttpRequest) -> JsonResponse:
    """Keep what the composer holds as a template of one's own."""
    user = signed_in(request)
    name = request.POST.get("name", "").strip()
    if not name:
        return JsonResponse({"sentence": _("Give the template a name.")}, status=422)
    try:
        written = letters.from_mail(
            owner=user, name=name, subject=request.POST.get("subject", "")[:500], body_html=request.POST.get("body_html", "")
        )
    except letters.NothingWritten as error:
        return JsonResponse({"sentence": error.sentence}, status=422)
    except merging.CannotFill as error:
        return JsonResponse({"sentence": error.sentence}, status=422)
    toast = _("Saved as the template “%(name)s”.") % {"name": written.name}
    return JsonResponse({"toast": toast, "url": reverse("mail:template_edit", args=[written.pk])})


def chosen(request: HttpRequest, user: User, *, account: Account | None, to: str, deal: Deal | None) -> letters.Filled | None:
    """The template that a composer is opened with (`?template=`), filled; nothing when it cannot be."""
    pk = primary_key(request.GET.get("template", ""))
    if not pk:
        return None
    template = get_object_or_404(Template.objects.visible_to(user), pk=pk)
    try:
        return letters.fill(template, merge_fields.subjects(user=user, account=account, to=to, deal=deal))
    except merging.CannotFill:
        return None


def _subjects(request: HttpRequest, user: User) -> Subjects:
    """Whom and what the mail in the composer is about."""
    form = ComposeForm(request.POST, user=user)
    form.is_valid()
    typed = form.cleaned_data  # what is not the user's is not in there
    account = typed.get("account") or Account.objects.visible_to(user).first()
    deal = typed.get("deal") or _deal_of(typed.get("draft") or typed.get("reply"), user)
    return merge_fields.subjects(user=user, account=account, to=typed.get("to", ""), deal=deal)


def _deal_of(message: Message | None, user: User) -> Deal | None:
    if message is None:
        return None
    found: Deal | None = Deal.objects.visible_to(user).filter(mail_threads=message.thread_id).order_by("-pk").first()
    return found


def _subject(source: str, known: dict[str, str]) -> str | None:
    try:
        return merging.fill_text(source[:500], known) if source else None
    except merging.CannotFill:
        return None
