"""The recipient's pages: open to whoever holds a link, in their language, without session or script. Only a POST changes anything."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.consent import questions
from crm.consent.models import Settings as Company
from crm.privacy import archive, asking, limits, recipients, words
from tracking import tokens
from tracking.models import Copy

SAID = ("refused", "asked", "sent")  # what a page tells after a button was pressed
HEADERS = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow", "Cache-Control": "private, no-store"}
View = Callable[..., HttpResponseBase]


def for_strangers(view: View) -> View:
    """No sign-in; the link is the capability, so no cookie guards the form; in the language of `?lang=`, else the browser's."""

    @login_not_required
    @csrf_exempt
    @wraps(view)
    def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with translation.override(_language(request)):
            response = _answer(view, request, *args, **kwargs)
        for name, value in HEADERS.items():
            response.headers[name] = value
        return response

    return opened


def _answer(view: View, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
    """What the view says; a link that nobody signed gets a plain 404, without the CRM's frame."""
    if request.method == "POST" and limits.is_too_often(request, now=timezone.now()):
        return _page(request, "too_often", status=429)
    try:
        return view(request, *args, **kwargs)
    except Http404:
        return HttpResponse(_("Not found."), status=404, content_type="text/plain; charset=utf-8")


@for_strangers
@require_safe
def page(request: HttpRequest, token: str) -> HttpResponse:
    """What is tracked of this copy, and the three things that its recipient can do."""
    copy = _copy(token)
    if copy is None:
        return _page(request, "gone")
    said = request.GET.get("said", "")
    return _page(request, "page", token=token, shown=recipients.show(copy), said=said if said in SAID else "")


@for_strangers
@require_POST
def refuse(request: HttpRequest, token: str) -> HttpResponse:
    """One click, no question asked back."""
    copy = _copy(token)
    if copy:
        recipients.refuse(copy=copy, typed=request.POST.get("email", ""), now=timezone.now())
    return _back(request, token, "refused")


@for_strangers
@require_POST
def allow(request: HttpRequest, token: str) -> HttpResponse:
    """Mail the question to the recipient: whoever pressed may be somebody else."""
    copy = _copy(token)
    email = recipients.address(copy, request.POST.get("email", "")) if copy else ""
    if copy and email:
        asking.invite(email=email, sender=copy.mail.owner.name, language=_language(request), now=timezone.now())
    return _back(request, token, "asked")


@for_strangers
@require_POST
def data_request(request: HttpRequest, token: str) -> HttpResponse:
    """Mail the recipient a link to what is stored about them."""
    copy = _copy(token)
    email = recipients.address(copy, request.POST.get("email", "")) if copy else ""
    if email:
        asking.request_own(email=email, language=_language(request), now=timezone.now())
    return _back(request, token, "sent")


@for_strangers
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, token: str) -> HttpResponse:
    """The question, and its answer, which comes once."""
    now = timezone.now()
    question = questions.find(token, now=now)
    answer = {"yes": True, "no": False}.get(request.POST.get("answer", ""))
    if question is None:
        return _page(request, "used", status=410)
    if request.method != "POST" or answer is None:
        return _page(request, "ask", question=question, masked=words.mask(question.email), token=token)
    try:
        entry = questions.answer(token, agrees=answer, now=now)
    except questions.AlreadyAnswered:
        return _page(request, "used", status=410)
    return _page(request, "answered", entry=entry)


@for_strangers
@require_safe
def data(request: HttpRequest, token: str) -> HttpResponse:
    """What the link is for, and the button that fetches it."""
    found = asking.find_export(token, now=timezone.now())
    if found is None:
        return _page(request, "used", status=410)
    return _page(request, "data", token=token, masked=words.mask(found.email), expires_at=found.expires_at)


@for_strangers
@require_POST
def data_fetch(request: HttpRequest, token: str) -> HttpResponseBase:
    """Everything about the person, as one file."""
    now = timezone.now()
    found = asking.find_export(token, now=now)
    if found is None:
        return _page(request, "used", status=410)
    file = archive.make(found.email, now=now)
    asking.note_fetched(found, now=now)
    return FileResponse(file, as_attachment=True, filename="data.zip", content_type="application/zip")


def _copy(token: str) -> Copy | None:
    """The copy, or None when it was erased. A link that we did not sign leads nowhere."""
    public_id = tokens.read_page(f"/p/{token}/")
    if public_id is None:
        raise Http404
    return recipients.find(public_id)


def _language(request: HttpRequest) -> str:
    wanted = request.GET.get("lang", "")
    return wanted if wanted in dict(settings.LANGUAGES) else translation.get_language_from_request(request)


def _page(request: HttpRequest, name: str, *, status: int = 200, **values: Any) -> HttpResponse:
    company = Company.load()
    context = {"languages": settings.LANGUAGES, "here": request.path, "company": company.company, "contact": company.contact, **values}
    return render(request, f"privacy/{name}.html", context, status=status)


def _back(request: HttpRequest, token: str, said: str) -> HttpResponse:
    language = f"&lang={_language(request)}" if "lang" in request.GET else ""
    return HttpResponseRedirect(f"{reverse('privacy:page', args=[token])}?said={said}{language}")
