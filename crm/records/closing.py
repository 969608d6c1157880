"""Why deals are won and lost: what is offered as a reason, and whether one has to be given."""

from django.utils.translation import gettext as _

from crm.accounts.models import company
from crm.records.models import ClosingReason

WON, LOST = ClosingReason.Outcome.WON, ClosingReason.Outcome.LOST


def needs_reason(outcome: str) -> bool:
    """Whether the company wants a reason with each deal that ends so."""
    settings = company()
    return settings.needs_won_reason if outcome == WON else settings.needs_lost_reason


def reasons(outcome: str) -> list[str]:
    """The reasons to choose from, in the company's own order."""
    return list(ClosingReason.objects.filter(outcome=outcome).values_list("name", flat=True))


def missing(outcome: str) -> str:
    """What to say where a reason is wanted and none was given."""
    if outcome == WON:
        return _("Say what decided it: choose a reason, or write one of your own.")
    return _("Say why it was lost: choose a reason, or write one of your own.")
