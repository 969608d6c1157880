"""Tags, for administrators."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from crm.accounts.permissions import Permission
from crm.accounts.requests import needs
from crm.records.forms.setup import MergeTagForm, TagForm
from crm.records.models import Tag
from crm.records.setup import tags
from crm.records.views.page import Request, told
from crm.records.views.setup.page import ask, frame, posted

PAGE = "tags"
LIST = reverse_lazy("records:tag_list")
manages = needs(Permission.MANAGE_FIELDS)


@require_safe
@manages
def tag_list(request: Request) -> HttpResponse:
    """All tags, and how many records that one sees have them."""
    counts = tags.uses(request.user)
    rows = [{"tag": tag, "count": counts.get(tag.pk, 0)} for tag in Tag.objects.all()]
    return render(request, "records/setup/tag_list.html", {**frame(PAGE), "rows": rows})


@manages
def tag_create(request: Request) -> HttpResponse:
    return _edit(request, Tag(), _("New tag"))


@manages
def tag_edit(request: Request, pk: int) -> HttpResponse:
    return _edit(request, get_object_or_404(Tag, pk=pk), _("Change a tag"))


def _edit(request: Request, tag: Tag, title: str) -> HttpResponse:
    form = TagForm(posted(request), instance=tag)
    if request.method == "POST" and form.is_valid():
        saved = tags.save_tag(tag=form.instance, actor=request.user)
        return told(request, LIST, _("{name} was saved.").format(name=saved.name))
    return ask(request, PAGE, title=title, form=form, cancel=LIST)


@manages
def tag_merge(request: Request, pk: int) -> HttpResponse:
    """Let another tag take the place of this one."""
    tag = get_object_or_404(Tag, pk=pk)
    form = MergeTagForm(posted(request), tag=tag)
    if request.method == "POST" and form.is_valid():
        into: Tag = form.cleaned_data["into"]
        tags.merge_tag(tag=tag, into=into, actor=request.user, now=timezone.now())
        return told(request, LIST, _("“{tag}” is now “{into}”.").format(tag=tag.name, into=into.name))
    title = _("Merge “{name}” into another tag").format(name=tag.name)
    return ask(request, PAGE, title=title, form=form, sentences=[_on_records(tag)], cancel=LIST, button=_("Merge"))


@manages
def tag_delete(request: Request, pk: int) -> HttpResponse:
    """Take a tag off all records."""
    tag = get_object_or_404(Tag, pk=pk)
    if request.method == "POST":
        tags.delete_tag(tag=tag, actor=request.user, now=timezone.now())
        return told(request, LIST, _("{name} was deleted.").format(name=tag.name))
    title = _("Delete the tag “{name}”?").format(name=tag.name)
    sentences = [_on_records(tag), _("The records stay. This cannot be undone.")]
    return ask(request, PAGE, title=title, sentences=sentences, cancel=LIST, button=_("Delete"), is_danger=True)


def _on_records(tag: Tag) -> str:
    """Of all of them, whoever sees them: that many change."""
    count = tags.tagged_count(tag)
    return ngettext("{count} record has it.", "{count} records have it.", count).format(count=count) if count else _("No record has it.")
