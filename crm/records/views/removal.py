"""The page that asks before a record is deleted."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from crm.records import removal
from crm.records.models import Record
from crm.records.views.page import Request, told


def confirm_delete(request: Request, record: Record, *, then: str, section: str) -> HttpResponse:
    """Say what goes and what stays; a POST does it. The record comes from `find_to_delete`."""
    if request.method == "POST":
        name = str(record)
        removal.delete(record, actor=request.user)
        return told(request, then, _("{name} was deleted.").format(name=name))
    context = {"section": section, "record": record, "kind": removal.link_of(record), "consequences": removal.consequences(record)}
    return render(request, "records/record_delete.html", context)
