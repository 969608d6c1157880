"""The ladder that a mail climbs, as questions to the database: sent → opened → clicked → replied. Whoever followed a link or
answered has read."""

from django.db.models import Q


def is_opened(path: str = "", *, with_undecided: bool = False) -> Q:
    """Read by a person, as far as anybody can know; `path` leads to the TrackedMail, `with_undecided` is the user's own setting."""
    columns = (
        "first_opened_at",
        "last_open_on",
        "first_clicked_at",
        "first_replied_at",
        *(("first_loaded_at", "first_requested_at") if with_undecided else ()),
    )
    return _any(path, columns)


def is_clicked(path: str = "", *, with_undecided: bool = False) -> Q:
    """A link was followed by a person."""
    return _any(path, ("first_clicked_at", *(("first_requested_at",) if with_undecided else ())))


def is_loaded_only(path: str = "") -> Q:
    """Its image was asked for, perhaps by software alone, and nothing tells of a person."""
    return Q(**{f"{path}first_loaded_at__isnull": False}) & ~is_opened(path)


def _any(path: str, columns: tuple[str, ...]) -> Q:
    found = Q()
    for column in columns:
        found |= Q(**{f"{path}{column}__isnull": False})
    return found
