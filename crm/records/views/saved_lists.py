"""Saving, renaming and deleting lists, and taking one away as a file."""

from django import forms
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from crm.accounts.models import Visibility
from crm.accounts.permissions import Permission
from crm.accounts.requests import needs
from crm.lib.primary_keys import primary_key
from crm.records.lists import exporting, looking, saved
from crm.records.models import SavedList
from crm.records.views.listing import PAGES, address, checked
from crm.records.views.page import Request, back, find, find_to_change, form_page, told

SHARING = [
    (Visibility.OWNER, gettext_lazy("Only me")),
    (Visibility.TEAM, gettext_lazy("My team")),
    (Visibility.EVERYONE, gettext_lazy("Everyone")),
]
SECTIONS = {"person": "contacts", "organisation": "contacts", "deal": "deals", "lead": "deals"}


class ListForm(forms.Form):
    """The name of a list and who else sees it."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    visibility = forms.ChoiceField(label=gettext_lazy("Seen by"), choices=SHARING, required=False, initial=Visibility.OWNER)

    def clean_visibility(self) -> str:
        return self.cleaned_data["visibility"] or Visibility.OWNER


@require_POST
def list_save(request: Request, kind: str) -> HttpResponse:
    """Keep what is looked at as a new list; `look` of the form are the parameters of the page."""
    form, seen = ListForm(request.POST), looking.look(request.POST, kind=checked(kind), user=request.user, now=timezone.now())
    if not form.is_valid() or seen.fault:
        if seen.fault:
            form.add_error("name", seen.fault)
        kept = {name: request.POST[name] for name in looking.PARAMETERS if name in request.POST}
        context = {
            "form": form,
            "kind": kind,
            "kept": kept,
            "section": SECTIONS[kind],
            "may_share": request.user.may(Permission.SHARE_LISTS),
        }
        return form_page(request, "records/list_form.html", context)
    new = saved.keep(look=seen, name=form.cleaned_data["name"], visibility=form.cleaned_data["visibility"])
    return told(request, address(kind, list=new.pk), _("The list “{name}” was saved.").format(name=new.name))


@require_POST
def list_update(request: Request, pk: int) -> HttpResponse:
    """Keep the filter, columns and order of the page in the list that is open."""
    kept = find_to_change(SavedList, request, pk)
    parameters = {**request.POST.dict(), "list": str(pk)}
    saved.update(saved=kept, look=looking.look(parameters, kind=kept.kind, user=request.user, now=timezone.now()))
    return told(request, address(kept.kind, list=pk), _("The list “{name}” was saved.").format(name=kept.name))


def list_edit(request: Request, pk: int) -> HttpResponse:
    """Another name, other readers."""
    kept = find_to_change(SavedList, request, pk)
    form = ListForm(request.POST or None, initial={"name": kept.name, "visibility": kept.visibility})
    if request.method == "POST" and form.is_valid():
        saved.rename(saved=kept, actor=request.user, **form.cleaned_data)
        return told(request, address(kept.kind, list=pk), _("The list “{name}” was saved.").format(name=kept.name))
    context = {"form": form, "kind": kept.kind, "record": kept, "section": SECTIONS[kept.kind]}
    return form_page(request, "records/list_form.html", {**context, "may_share": request.user.may(Permission.SHARE_LISTS)})


def list_delete(request: Request, pk: int) -> HttpResponse:
    """Delete a list; the records stay."""
    kept = find_to_change(SavedList, request, pk)
    if request.method == "POST":
        kept.delete()
        return told(request, address(kept.kind), _("The list “{name}” was deleted.").format(name=kept.name))
    return render(
        request, "records/list_delete.html", {"record": kept, "section": SECTIONS[kept.kind], "back": address(kept.kind, list=pk)}
    )


@require_POST
def list_default(request: Request, kind: str) -> HttpResponse:
    """Have a list open at first, for the user alone; without one, all records."""
    checked(kind)
    wanted = primary_key(request.POST.get("list", ""))
    kept = find(SavedList, request, wanted) if wanted else None
    saved.open_first(kind=kind, user=request.user, saved=kept if kept and kept.kind == kind else None)
    return redirect(back(request, address(kind)))


@require_safe
@needs(Permission.EXPORT)
def list_export(request: Request, kind: str) -> HttpResponseBase:
    """The list as a file: `whole=1` with all fields."""
    seen = looking.look(request.GET, kind=checked(kind), user=request.user, now=timezone.now())
    if seen.fault:
        return redirect(address(kind, **{name: request.GET.get(name, "") for name in looking.PARAMETERS}))
    shown = exporting.chosen(seen, whole=request.GET.get("whole") == "1")
    exporting.note(seen)
    response = StreamingHttpResponse(exporting.lines(seen, shown), content_type="text/csv; charset=utf-8")
    name = f"{PAGES[kind].removesuffix('_list')}-{timezone.localdate(seen.now).isoformat()}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
