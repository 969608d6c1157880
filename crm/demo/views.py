"""The demo's mailboxes as their owners' web-mail shows them: outside of the CRM, images and links live.

They have no part in Candor's sign-in: whoever sits at this machine may look. Links to them use 127.0.0.1, where the
CRM's cookies are not sent, so that an opening by the same browser is the recipient's and not the sender's own.
"""

from email.utils import parseaddr
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe

from crm.demo import answering, maildir, reading
from crm.demo.clock import local_zone
from crm.demo.company import BORIS, DOMAIN, PAGES
from crm.demo.maildir import StoredMail
from crm.demo.reading import Heading, OpenMail
from mail import tasks
from mail.models import Account

LISTED = 200  # mails
# No script can run in a mail; pictures load and links open a new tab, as in a client that blocks nothing.
MAIL_CSP = (
    "default-src 'none'; img-src http: https: data:; style-src 'unsafe-inline'; font-src http: https: data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)


@login_not_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Every mailbox of the demo's mail server, customers first."""
    rows = []
    for address in maildir.addresses(_root()):
        mails = maildir.mails(maildir.mailbox(_root(), address))
        rows.append({"address": address, "count": len(mails), "latest": reading.heading(mails[0]) if mails else None})
    own = f"@{DOMAIN}"
    groups = {
        "customers": [row for row in rows if not str(row["address"]).endswith(own)],
        "colleagues": [row for row in rows if str(row["address"]).endswith(own)],
    }
    return _page(request, "demo/index.html", {**groups, "site_url": settings.SITE_URL, "boris": BORIS})


@login_not_required
@require_safe
def inbox(request: HttpRequest, address: str, key: str = "") -> HttpResponse:
    """A mailbox: its mails, and the open one beside them."""
    folder = _folder(address)
    opened = reading.open_mail(reading.mark_read(_stored(folder, key))) if key else None
    headings = _headings(folder)
    context = {
        "address": address,
        "owner": _owner(address, folder),
        "headings": headings,
        "newest": _state(headings),
        "mail": opened,
        "site_url": settings.SITE_URL,
    }
    return _page(request, "demo/inbox.html", context)


@login_not_required
@require_safe
def mail_list(request: HttpRequest, address: str) -> HttpResponse:
    """The list alone, for the page's poll; 204 while it is as the page has it already."""
    headings = _headings(_folder(address))
    if _state(headings) == request.GET.get("seen"):
        return HttpResponse(status=204)
    context = {"address": address, "headings": headings, "newest": _state(headings), "open_key": request.GET.get("open", "")}
    return _page(request, "demo/_mail_list.html", context)


@login_not_required
@require_safe
@xframe_options_sameorigin
def body(request: HttpRequest, address: str, key: str) -> HttpResponse:
    """The HTML body in a document of its own, which the inbox shows in a sandboxed frame."""
    mail = _mail(address, key)
    part_url = request.path.removesuffix("body") + "parts/"
    response = _page(request, "demo/body.html", {"html": reading.safe_html(mail, part_url)})
    response.headers["Content-Security-Policy"] = MAIL_CSP
    response.headers["Referrer-Policy"] = "no-referrer"  # mail clients name no referrer
    return response


@login_not_required
@require_safe
def part(request: HttpRequest, address: str, key: str, number: int) -> HttpResponse:
    """A file of a mail: pictures are shown, everything else is saved."""
    found = next((part for part in _mail(address, key).parts if part.number == number), None)
    if found is None:
        raise Http404
    response = HttpResponse(found.content, content_type=found.content_type if found.is_picture else "application/octet-stream")
    response.headers["Content-Disposition"] = content_disposition_header(not found.is_picture, found.name) or "attachment"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@login_not_required
@require_POST
def reply(request: HttpRequest, address: str, key: str) -> HttpResponse:
    """Answer a mail as the mailbox's owner."""
    folder = _folder(address)
    stored, text = _stored(folder, key), request.POST.get("text", "").strip()
    if text:
        name, mail = _owner(address, folder), reading.open_mail(stored)
        answering.answer(_root(), address=address, name=name, mail=mail, stored=stored, text=text, at=timezone.now())
        _tell_sync(parseaddr(mail.sender)[1])
        messages.success(request, _("Your answer is on its way to %(sender)s.") % {"sender": mail.sender})
    return redirect("demo:mail", address, key)


@login_not_required
@require_safe
def source(request: HttpRequest, address: str, key: str) -> HttpResponse:
    """The mail as it came over SMTP."""
    raw = _stored(_folder(address), key).path.read_bytes()
    return HttpResponse(raw, content_type="text/plain; charset=utf-8", headers={"Content-Security-Policy": "default-src 'none'; sandbox"})


@login_not_required
@require_safe
def site(request: HttpRequest, page: str) -> HttpResponse:
    """A page of the demo company's web site: where the links of the demo's mails lead."""
    if page not in PAGES:
        raise Http404
    return render(request, "demo/site.html", {"page": PAGES[page], "pages": PAGES})


def _tell_sync(email: str) -> None:
    """The demo's IMAP server does not see what is put into its Maildirs beside it, so that IDLE says nothing of it."""
    for account_pk in Account.objects.filter(is_demo=True, email__iexact=email).values_list("pk", flat=True):
        tasks.news_of(account_pk)


def _root() -> Path:
    return Path(settings.DATA_DIR, "demo-mail")


def _folder(address: str) -> Path:
    """The mailbox's folder; an address that got no mail yet has an empty one. Raises Http404 for what is no address."""
    try:
        return maildir.mailbox(_root(), address)
    except ValueError:
        raise Http404 from None


def _stored(folder: Path, key: str) -> StoredMail:
    mail = maildir.find(folder, key)
    if mail is None:
        raise Http404
    return mail


def _mail(address: str, key: str) -> OpenMail:
    return reading.open_mail(_stored(_folder(address), key))


def _headings(folder: Path) -> list[Heading]:
    return [reading.heading(mail) for mail in maildir.mails(folder)[:LISTED]]


def _state(headings: list[Heading]) -> str:
    """Changes when a mail arrives or is read."""
    return f"{headings[0].key if headings else 'none'}-{len(headings)}-{sum(heading.is_read for heading in headings)}"


def _owner(address: str, folder: Path) -> str:
    return reading.owner_name(address, [reading.open_mail(mail) for mail in maildir.mails(folder)[:1]])


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    with timezone.override(local_zone()):
        response = render(request, template, context)
    response.headers["Cache-Control"] = "no-store"
    return response
