"""The page that asks before a record is deleted."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.records import removal
from crm.records.models import Record
from crm.records.views.page import Request, told


def confirm_delete(request: Request, record: Record, *, then: str, section: str) -> HttpResponse:
    """Say what goes and what stays; a POST does it. 404 to those who may not change the record or delete at all."""
    if not _may_delete(request.user, record):
        raise Http404
    if request.method == "POST":
        name = str(record)
        removal.delete(record, actor=request.user)
        return told(request, then, _("{name} was deleted.").format(name=name))
    context = {"section": section, "record": record, "kind": removal.link_of(record), "consequences": removal.consequences(record)}
    return render(request, "records/record_delete.html", context)


def _may_delete(user: User, record: Record) -> bool:
    return user.may(Permission.DELETE) and type(record).objects.changeable_by(user).filter(pk=record.pk).exists()
