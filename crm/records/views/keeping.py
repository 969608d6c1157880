"""Small verbs on any record: archive, restore, follow, tag. Pieces for htmx; without script the record's page again."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.lib.primary_keys import primary_key
from crm.records import archive, following, tags
from crm.records.fields import writing
from crm.records.models import RECORDS, Record, Tag
from crm.records.views.page import Request, changed, find, find_open_to_change, told

OPTIONS = 8


@require_POST
def record_archive(request: Request, kind: str, pk: int) -> HttpResponse:
    """Put a record away."""
    record = _to_change(request, kind, pk)
    archive.archive(record=record, actor=request.user, now=timezone.now())
    return told(request, record, _("{name} is in the archive now. Nothing of it is lost.").format(name=record))


@require_POST
def record_restore(request: Request, kind: str, pk: int) -> HttpResponse:
    """Bring a record back."""
    record = _to_change(request, kind, pk)
    archive.restore(record=record, actor=request.user, now=timezone.now())
    return told(request, record, _("{name} is back.").format(name=record))


@require_POST
def record_follow(request: Request, kind: str, pk: int) -> HttpResponse:
    """Follow (`follow=1`) or no more; whoever sees the record may."""
    record: Any = find(_model(kind), request, pk)
    if request.POST.get("follow") == "1":
        following.follow(record=record, user=request.user)
    else:
        following.unfollow(record=record, user=request.user)
    if not request.htmx:
        return redirect(record)
    return render(request, "records/_followers.html", {"record": record, "kind": kind, **followers(request, record)})


@require_POST
def record_tags(request: Request, kind: str, pk: int) -> HttpResponse:
    """Put a tag on (`add`, by its name) or take one off (`remove`, by its number)."""
    record: Any = _to_change(request, kind, pk)
    taken_off = primary_key(request.POST.get("remove", ""))
    kept = [tag for tag in record.tags.all() if tag.pk != taken_off]
    added = tags.named(tags.split(request.POST.get("add", "")))
    writing.change(record=record, values={"tags": list(dict.fromkeys([*kept, *added]))}, actor=request.user, now=timezone.now())
    if not request.htmx:
        return redirect(record)
    fresh = {"record": record, "kind": kind, "tags": record.tags.all(), "may_change": True, "is_adding": bool(added)}
    return changed(render(request, "records/_tags.html", fresh))


@require_safe
def tag_options(request: Request) -> HttpResponse:
    """Tags that begin with or hold what was typed."""
    text = " ".join(request.GET.get("q", "").split())[: tags.LONGEST]
    known = [tag for tag in Tag.objects.all() if text.casefold() in tag.name.casefold()]
    known.sort(key=lambda tag: not tag.name.casefold().startswith(text.casefold()))
    is_known = any(tag.name.casefold() == text.casefold() for tag in known)
    context = {"tags": known[:OPTIONS], "text": text, "may_create": bool(text) and not is_known}
    return render(request, "records/_tag_options.html", context)


def followers(request: Request, record: Any) -> dict[str, Any]:
    """Who follows a record, and whether the user does."""
    people = list(record.followers.filter(is_active=True).order_by("name"))
    return {"followers": people, "is_following": request.user in people}


def _model(kind: str) -> Any:
    if kind not in RECORDS:
        raise Http404
    return RECORDS[kind]


def _to_change(request: Request, kind: str, pk: int) -> Record:
    record: Record = find_open_to_change(_model(kind), request, pk)
    return record
