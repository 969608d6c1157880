"""Notes on the detail pages; only the author changes or deletes one."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.records import notebook
from crm.records.forms import NoteForm
from crm.records.models import Note
from crm.records.views import detail
from crm.records.views.page import Request, changed, form_page, told


@require_POST
def note_create(request: Request) -> HttpResponse:
    """Add a note to the record that the form names."""
    record = detail.record_asked_for(request, request.POST)
    form = NoteForm(request.POST)
    about = detail.about(record)
    if not form.is_valid():
        return render(request, "records/_note_form.html", {"note_form": form, "about": about, "record": record}, status=422)
    notebook.write(record=record, text=form.cleaned_data["text"], author=request.user, now=timezone.now())
    if not request.htmx:
        return told(request, record, _("The note was saved."))
    fresh = {"note_form": NoteForm(), "about": about, "record": record}
    return changed(render(request, "records/_note_form.html", fresh), _("The note was saved."))


def _own(request: Request, pk: int) -> Note:
    notes = Note.objects.visible_to(request.user).select_related("person", "organisation", "deal", "author")
    note: Note = get_object_or_404(notes, pk=pk, author=request.user)
    return note


def note_edit(request: Request, pk: int) -> HttpResponse:
    note = _own(request, pk)
    form = NoteForm(request.POST or None, initial={"text": note.text})
    if request.method == "POST" and form.is_valid():
        notebook.rewrite(note=note, text=form.cleaned_data["text"], now=timezone.now())
        return told(request, note.record, _("The note was saved."))
    return form_page(request, "records/note_edit.html", {"form": form, "note": note})


def note_delete(request: Request, pk: int) -> HttpResponse:
    note = _own(request, pk)
    record = note.record
    if request.method == "POST":
        note.delete()
        return told(request, record, _("The note was deleted."))
    return render(
        request, "records/record_delete.html", {"record": note, "kind": "note", "next": record.get_absolute_url() if record else ""}
    )
