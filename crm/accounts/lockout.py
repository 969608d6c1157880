"""Guessing: which account may not be tried any more for a while, and who hears of it."""

from datetime import timedelta
from typing import Any, Final

from django.utils import timezone

from crm.accounts import audit, notices
from crm.accounts.models import AuditEntry, User

TELL_EVERY: Final = timedelta(hours=1)  # whoever goes on guessing fills neither mailbox nor log


def note(email: str, *, address: str = "") -> bool:
    """Write it down and mail the owner, once an hour; False when nobody has that address or it was told already."""
    user = User.objects.filter(email__iexact=email, is_active=True).first()
    if user is None:
        return False
    since = timezone.now() - TELL_EVERY
    if AuditEntry.objects.filter(action="locked_out", about=user.email, at__gte=since).exists():
        return False
    details: dict[str, Any] = {"address": address} if address else {}
    audit.note("locked_out", by=audit.STRANGER, about=user.email, **details)
    notices.send(user=user, name="locked_out", context={"address": address})
    return True
