"""People: list, page, forms."""

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from crm.records import contacts
from crm.records.forms import PersonForm
from crm.records.models import Organisation, Person
from crm.records.views import detail
from crm.records.views.contacts import find_or_survivor, reach, saved_page
from crm.records.views.listing import listing
from crm.records.views.page import Request, find_to_change, find_to_delete, form_page
from crm.records.views.removal import confirm_delete


@require_safe
def person_list(request: Request) -> HttpResponse:
    """The address book."""
    return listing(request, kind="person", page="records/person_list.html", section="contacts", tab="people")


@require_safe
def person_detail(request: Request, pk: int) -> HttpResponse:
    """Everything about one contact."""
    person = find_or_survivor(Person, request, pk, "organisation", "owner")
    if person.pk != pk:
        return redirect(person)
    deals = person.deals.visible_to(request.user).select_related("stage", "organisation").order_by("-status", "-updated_at")
    organisation = Organisation.objects.visible_to(request.user).filter(pk=person.organisation_id).first()
    colleagues = (
        Person.objects.visible_to(request.user).filter(organisation=organisation).exclude(pk=pk) if organisation else Person.objects.none()
    )
    context = (
        detail.context(request, person)
        | reach(person)
        | {
            "section": "contacts",
            "person": person,
            "organisation": organisation,
            "deals": deals[: detail.ASIDE],
            "colleagues": colleagues.by_name()[: detail.ASIDE],
            "now": timezone.now(),
        }
    )
    return render(request, "records/person_detail.html", context)


def person_create(request: Request) -> HttpResponse:
    """Add a contact; the address may bring first values: `?name=&email=&organisation=`."""
    initial = {"name": request.GET.get("name", ""), "email": request.GET.get("email", ""), **detail.prefill(request, "organisation")}
    return _edit(request, Person(owner=request.user, visibility=request.user.default_visibility), initial)


def person_edit(request: Request, pk: int) -> HttpResponse:
    return _edit(request, find_to_change(Person, request, pk, "owner__team"), {})


def _edit(request: Request, person: Person, initial: dict[str, object]) -> HttpResponse:
    form = PersonForm(request.POST or None, instance=person, user=request.user, initial=initial)
    if request.method == "POST" and form.is_valid():
        organisation, values = form.cleaned_data["organisation"], form.values
        with transaction.atomic():
            saved = contacts.save_person(
                person=form.instance, organisation=organisation, actor=request.user, now=timezone.now(), values=values
            )
            form.keep_custom(saved, now=timezone.now())
        return saved_page(request, saved, otherwise="records:person_list")
    context = {"section": "contacts", "form": form, "record": person if person.pk else None, "kind": "person"}
    return form_page(request, "records/contact_form.html", context)


def person_delete(request: Request, pk: int) -> HttpResponse:
    return confirm_delete(request, find_to_delete(Person, request, pk), then="records:person_list", section="contacts")
