"""What mail does when somebody says that they are no longer to be tracked: the copies that they share with others stop as well."""

from datetime import datetime
from typing import Any

from django.db.models.functions import Lower

from mail.models.message import Recipient
from tracking import stopping
from tracking.models import Copy


def stop_shared(*, email: str, at: datetime, **signal: Any) -> None:
    """Record nothing more of the copies that went to this address and others in one: nobody can say who opens them."""
    theirs = Recipient.objects.annotate(low=Lower("email")).filter(low=email.casefold())
    shared = Copy.objects.filter(email="", deliveries__recipients__in=theirs)
    stopping.stop_copies(shared.values_list("pk", flat=True), at=at)
