"""Duplicates: the list of likely ones, choosing another one, and two side by side."""

from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_POST, require_safe

from crm.accounts.permissions import Permission
from crm.accounts.requests import needs
from crm.lib.primary_keys import primary_key
from crm.records import duplicates, merging
from crm.records.fields import reading
from crm.records.fields.book import Field
from crm.records.models import Activity, Deal, Note, StoredFile
from crm.records.picking import PickField
from crm.records.removal import link_of
from crm.records.views.page import Request, find_to_change, told

COUNTED: tuple[tuple[Any, Any], ...] = (
    (_lazy("Deals"), Deal),
    (_lazy("Activities"), Activity),
    (_lazy("Notes"), Note),
    (_lazy("Files"), StoredFile),
)


class PickForm(forms.Form):
    """The other one."""

    def __init__(self, *args: Any, kind: str, user: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        label = _("The same contact a second time") if kind == "person" else _("The same organisation a second time")
        field = PickField(kind, may_create=False, label=label, required=True)
        field.for_user(user)
        field.widget.attrs["class"] = "form-control"
        self.fields["other"] = field


@require_safe
@needs(Permission.MERGE)
def duplicate_list(request: Request) -> HttpResponse:
    """Pairs that may be the same: people, or `?kind=organisation`."""
    kind = "organisation" if request.GET.get("kind") == "organisation" else "person"
    pairs = duplicates.likely_pairs(request.user, kind)
    context = {"section": "contacts", "tab": "duplicates", "kind": kind, "pairs": pairs, "most": duplicates.MOST_PAIRS}
    return render(request, "records/duplicate_list.html", context)


@require_POST
@needs(Permission.MERGE)
def duplicate_dismiss(request: Request) -> HttpResponse:
    """Say that two are not the same."""
    kind = _known(request.POST.get("kind", ""))
    first, second = (_to_merge(request, kind, primary_key(request.POST.get(name, ""))) for name in ("first", "second"))
    if first.pk != second.pk:
        duplicates.dismiss(kind=kind, one=first.pk, other=second.pk, actor=request.user, now=timezone.now())
    return told(request, f"{reverse('records:duplicate_list')}?kind={kind}", _("Noted: these are two."))


@needs(Permission.MERGE)
def record_merge(request: Request, kind: str, pk: int) -> HttpResponse:
    """Choose with whom."""
    record = _to_merge(request, _known(kind), pk)
    form = PickForm(request.POST or None, kind=kind, user=request.user)
    if request.method == "POST" and form.is_valid():
        other = form.cleaned_data["other"]
        if other.pk != record.pk:
            return redirect("records:record_merge_with", kind, record.pk, other.pk)
        form.add_error("other", _("This is the very same one. Pick another one."))
    context = {"section": "contacts", "form": form, "record": record, "kind": kind}
    return render(request, "records/record_merge.html", context, status=422 if form.errors else 200)


@needs(Permission.MERGE)
def record_merge_with(request: Request, kind: str, pk: int, other: int) -> HttpResponse:
    """Two side by side: what is kept of which; a POST makes one of them."""
    left, right = _to_merge(request, _known(kind), pk), _to_merge(request, kind, other)
    if left.pk == right.pk:
        raise Http404
    fields = merging.fields_of(kind)
    if request.method == "POST":
        return _merge(request, left, right, fields)
    context = {
        "section": "contacts",
        "kind": kind,
        "left": left,
        "right": right,
        "rows": [row for row in (_row(left, right, field) for field in fields) if row["left"] or row["right"]],
        "moves": _moves(request, left, right),
    }
    return render(request, "records/record_merge_with.html", context)


def _merge(request: Request, left: Any, right: Any, fields: list[Field]) -> HttpResponse:
    """`stays` says which of the two keeps its address; choices are as the page showed left and right."""
    choices = {field.key: request.POST[field.key] for field in fields if request.POST.get(field.key) in _offered(field)}
    if request.POST.get("stays") == merging.RIGHT:
        left, right = right, left
        swapped = {merging.LEFT: merging.RIGHT, merging.RIGHT: merging.LEFT}
        choices = {key: swapped.get(choice, choice) for key, choice in choices.items()}
    name = str(right)
    try:
        one = merging.merge(survivor=left, goes=right, choices=choices, actor=request.user, now=timezone.now())
    except merging.CannotMerge:
        raise Http404 from None
    is_seen = type(one)._default_manager.visible_to(request.user).filter(pk=one.pk).exists()
    to = one if is_seen else reverse("records:duplicate_list")
    return told(request, to, _("{name} and {other} are one now.").format(name=one, other=name))


def _offered(field: Field) -> tuple[str, ...]:
    """Both can be kept where there may be several."""
    return (merging.LEFT, merging.RIGHT, merging.BOTH) if field.kind in merging.SEVERAL else (merging.LEFT, merging.RIGHT)


def _row(left: Any, right: Any, field: Field) -> dict[str, Any]:
    mine, theirs = reading.words(reading.read(left, field), field), reading.words(reading.read(right, field), field)
    return {
        "key": field.key,
        "label": field.label,
        "left": mine,
        "right": theirs,
        "has_both": field.kind in merging.SEVERAL,
        "is_points": bool(field.point),
        "is_same": mine == theirs,
        "chosen": merging.suggested(left, right, field),
    }


def _moves(request: Request, *sides: Any) -> list[dict[str, Any]]:
    """How much, that the user may see, belongs to each; mails are counted by mail itself."""
    link = link_of(sides[0])
    return [
        {"label": label, "counts": [model.objects.visible_to(request.user).filter(**{link: side}).count() for side in sides]}
        for label, model in COUNTED
    ]


def _known(kind: str) -> str:
    if kind not in duplicates.CONTACTS:
        raise Http404
    return kind


def _to_merge(request: Request, kind: str, pk: int) -> Any:
    model = duplicates.CONTACTS[kind]
    found = find_to_change(model, request, pk, "owner")
    return get_object_or_404(model.objects.prefetch_related(*reading.PREFETCH[kind]), pk=found.pk)
