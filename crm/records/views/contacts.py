"""What the pages of people and of organisations share."""

from typing import Any, TypeVar, cast

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _

from crm.lib import countries
from crm.records import merging
from crm.records.models import ContactPoint, Organisation, Person
from crm.records.views.page import Request, find, told

AnyContact = TypeVar("AnyContact", Person, Organisation)


def find_or_survivor(model: type[AnyContact], request: Request, pk: int, *related: str) -> AnyContact:
    """The contact; of one that was merged the one that it is part of, which has another number. 404 for what the user may not see."""
    try:
        return find(model, request, pk, *related)
    except Http404:
        survivor = merging.survivor_of(str(model._meta.model_name), pk, request.user)
        if survivor is None:
            raise
        return cast(AnyContact, survivor)


def reach(contact: Person | Organisation) -> dict[str, Any]:
    """How to reach a contact, for its page: the further points by kind, and the postal address in lines."""
    points = list(contact.points.all())
    return {
        "further": {str(kind): [point for point in points if point.kind == kind] for kind in ContactPoint.Kind},
        "place": place(contact),
        "visibility_words": contact.get_visibility_display(),
    }


def place(contact: Person | Organisation) -> list[str]:
    """The first postal address in lines."""
    country = countries.name_of(contact.country) if contact.country else ""
    lines = [*contact.address.splitlines(), f"{contact.postcode} {contact.city}".strip(), contact.region, country]
    return [line.strip() for line in lines if line.strip()]


def saved_page(request: Request, saved: AnyContact, *, otherwise: str) -> HttpResponse:
    """The record's page; whoever may not see it any more, since they hid it, gets the list."""
    is_seen = type(saved)._default_manager.visible_to(request.user).filter(pk=saved.pk).exists()
    sentence = _("{name} was saved.").format(name=saved.name)
    return told(request, saved if is_seen else otherwise, sentence)
