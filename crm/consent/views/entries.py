"""The ledger of one contact: entered by hand, its evidence, its table. Whoever may see the contact may do so."""

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from crm.accounts import audit
from crm.accounts.requests import signed_in
from crm.accounts.views.staff import form_page
from crm.consent import evidence as files
from crm.consent import exporting, ledger
from crm.consent.card import history
from crm.consent.forms import EntryForm
from crm.consent.models import Consent
from crm.records.models import Person


@form_page
def entry_create(request: HttpRequest, pk: int) -> HttpResponse:
    """Enter what a contact said."""
    person = _person(request, pk)
    emails = person.emails
    if not emails:
        messages.warning(request, _("Consent belongs to an email address: add one to the contact first."))
        return redirect(person)
    form = EntryForm(request.POST or None, request.FILES or None, emails=emails)
    if request.method == "POST" and form.is_valid() and _recorded(request, person, form):
        messages.success(request, _("The entry is in the ledger."))
        return redirect(person)
    context = {"section": "contacts", "person": person, "form": form}
    return render(request, "consent/entry_form.html", context, status=422 if form.errors else 200)


def _recorded(request: HttpRequest, person: Person, form: EntryForm) -> bool:
    try:
        entry = ledger.record(actor=signed_in(request), **form.cleaned_data)
    except ledger.CannotRecord as refusal:
        form.add_error(None, refusal.sentence)
        return False
    audit.note("consent_recorded", actor=signed_in(request), about=entry.email, state=entry.state)
    return True


@require_safe
def evidence(request: HttpRequest, pk: int) -> FileResponse:
    """The file of an entry, to be saved and never shown."""
    entry = get_object_or_404(Consent.objects.visible_to(signed_in(request)).exclude(evidence=""), pk=pk)
    try:
        return files.as_download(entry)
    except FileNotFoundError as error:
        raise Http404 from error


@require_safe
def person_export(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """All entries about a contact as CSV."""
    person = _person(request, pk)
    audit.note("consent_exported", actor=signed_in(request), about=person.email or person.name)
    return exporting.as_download(history(person, signed_in(request)), f"consent-{person.pk}")


def _person(request: HttpRequest, pk: int) -> Person:
    person: Person = get_object_or_404(Person.objects.visible_to(signed_in(request)), pk=pk)
    return person
