"""Lists that people keep by a name."""

from django.core.exceptions import PermissionDenied
from django.db import transaction

from crm.accounts.models import User, Visibility
from crm.accounts.permissions import Permission
from crm.records.lists.looking import Look
from crm.records.models import ListChoice, SavedList


def listed(kind: str, user: User) -> list[SavedList]:
    """All lists that somebody may open, their own first."""
    found = SavedList.objects.visible_to(user).filter(kind=kind).select_related("owner")
    return sorted(found, key=lambda one: (one.owner_id != user.pk, one.name.casefold(), one.pk))


def default(kind: str, user: User) -> int | None:
    """The list that opens at first."""
    return ListChoice.objects.filter(user=user, kind=kind).values_list("opens", flat=True).first()


def keep(*, look: Look, name: str, visibility: str) -> SavedList:
    """Save what somebody looks at as a new list of theirs."""
    _refuse_sharing(look.user, visibility)
    saved: SavedList = SavedList.objects.create(
        owner=look.user,
        kind=look.kind,
        name=name,
        filter=look.filter,
        columns=look.keys,
        sort=str(look.sort),
        visibility=visibility,
    )
    return saved


def update(*, saved: SavedList, look: Look) -> None:
    """Keep the filter, columns and order that somebody looks at in a list of theirs."""
    saved.filter, saved.columns, saved.sort = look.filter, look.keys, str(look.sort)
    saved.save(update_fields=["filter", "columns", "sort"])


def rename(*, saved: SavedList, name: str, visibility: str, actor: User) -> None:
    """Give a list another name, and show it to others."""
    if visibility != saved.visibility:
        _refuse_sharing(actor, visibility)
    saved.name, saved.visibility = name, visibility
    saved.save(update_fields=["name", "visibility"])


@transaction.atomic
def open_first(*, kind: str, user: User, saved: SavedList | None) -> None:
    """Have a list open at first, or none."""
    ListChoice.objects.update_or_create(user=user, kind=kind, defaults={"opens": saved})


def _refuse_sharing(user: User, visibility: str) -> None:
    if visibility != Visibility.OWNER and not user.may(Permission.SHARE_LISTS):
        raise PermissionDenied
