"""Notes on the detail pages; only the author changes or deletes one."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.records import notebook, readers
from crm.records.forms import NoteForm
from crm.records.models import Note
from crm.records.views import detail
from crm.records.views.page import Request, changed, find, form_page, told

RECORD = ("person", "organisation", "deal", "lead", "author")


@require_POST
def note_create(request: Request) -> HttpResponse:
    """Add a note to the record that the form names."""
    record = detail.record_asked_for(request, request.POST)
    form = NoteForm(request.POST)
    about = detail.about(record)
    if not form.is_valid():
        return render(request, "records/_note_form.html", {"note_form": form, "about": about, "record": record}, status=422)
    notebook.write(record=record, author=request.user, now=timezone.now(), **form.words)
    if not request.htmx:
        return told(request, record, _("The note was saved."))
    fresh = {"note_form": NoteForm(), "about": about, "record": record}
    return changed(render(request, "records/_note_form.html", fresh), _("The note was saved."))


def _own(request: Request, pk: int) -> Note:
    notes = Note.objects.visible_to(request.user).select_related(*RECORD)
    note: Note = get_object_or_404(notes, pk=pk, author=request.user)
    return note


def note_edit(request: Request, pk: int) -> HttpResponse:
    note = _own(request, pk)
    form = NoteForm(request.POST or None, initial={"text": note.text, "html": note.html})
    if request.method == "POST" and form.is_valid():
        notebook.rewrite(note=note, now=timezone.now(), **form.words)
        return told(request, note.record, _("The note was saved."))
    context = {"form": form, "note": note, "about": detail.about(note.record) if note.record else ""}
    return form_page(request, "records/note_edit.html", context)


def note_delete(request: Request, pk: int) -> HttpResponse:
    note = _own(request, pk)
    record = note.record
    if request.method == "POST":
        note.delete()
        return told(request, record, _("The note was deleted."))
    return render(
        request, "records/record_delete.html", {"record": note, "kind": "note", "next": record.get_absolute_url() if record else ""}
    )


@require_POST
def note_pin(request: Request, pk: int) -> HttpResponse:
    """Pin (`pinned=1`) or unpin: by the author, or whoever may change the record."""
    note = find(Note, request, pk, *RECORD)
    record = note.record
    if record is None or not (note.author == request.user or readers.may_change(request.user, record)):
        raise Http404
    is_pinned = request.POST.get("pinned") == "1"
    notebook.pin(note=note, is_pinned=is_pinned, now=timezone.now())
    if not request.htmx:
        return redirect(record)
    return changed(HttpResponse(status=204), _("The note stands on top now.") if is_pinned else _("The note is back in its place."))


@require_safe
def mention_options(request: Request) -> HttpResponse:
    """Colleagues who may see a record, for what is typed behind an “@”."""
    record = detail.record_asked_for(request, request.GET)
    users = readers.offered(record, request.GET.get("q", "").strip(), besides=request.user)
    return render(request, "records/_mention_options.html", {"users": users})
