"""Reasons that are offered when a deal is won or lost. Deals keep their own words, whatever happens to these."""

from django.db import transaction

from crm.accounts import audit
from crm.accounts.models import User
from crm.records.models import ClosingReason
from crm.records.setup.ordering import foot


@transaction.atomic
def save_reason(*, reason: ClosingReason, actor: User) -> ClosingReason:
    """Add a reason at the foot of its list, or keep its new words."""
    before = ClosingReason.objects.select_for_update().filter(pk=reason.pk).first()
    if before is None:
        reason.position = foot(ClosingReason.objects.filter(outcome=reason.outcome))
    reason.save()
    about = f"{reason.get_outcome_display()}: {reason.name}"
    audit.note("reason_changed" if before else "reason_added", actor=actor, about=about, **({"before": before.name} if before else {}))
    return reason


@transaction.atomic
def delete_reason(*, reason: ClosingReason, actor: User) -> None:
    """Offer it no more."""
    audit.note("reason_deleted", actor=actor, about=f"{reason.get_outcome_display()}: {reason.name}")
    reason.delete()
