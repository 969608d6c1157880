"""What holds for the whole installation, changed by those who may."""

from typing import Any

from django.db import transaction

from crm.accounts import audit, second_factor, sessions
from crm.accounts.models import Company, User

FIELDS = ("currency", "first_weekday", "needs_won_reason", "needs_lost_reason", "needs_second_factor")


@transaction.atomic
def change(*, values: dict[str, Any], actor: User, but: str = "") -> Company:
    """Save the settings. Whoever lacks a second factor that is asked for from now on signs in anew, but for the session `but`."""
    company, _is_new = Company.objects.select_for_update().get_or_create(pk=1)
    before = {name: getattr(company, name) for name in FIELDS}
    for name in FIELDS:
        setattr(company, name, values[name])
    company.save()
    changed: dict[str, Any] = {name: [before[name], values[name]] for name in FIELDS if before[name] != values[name]}
    if changed:
        audit.note("company_changed", actor=actor, **changed)
    if company.needs_second_factor and not before["needs_second_factor"]:
        sessions.end_of_everybody(second_factor.with_state(User.objects.all()).filter(has_second_factor=False), but=but)
    return company
