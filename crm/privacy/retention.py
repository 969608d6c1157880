"""What was kept long enough is purged, and the audit log says what."""

from datetime import datetime, timedelta
from typing import Any

from crm.accounts import audit
from crm.consent import questions
from crm.consent.models import Settings
from crm.privacy.models import Request
from tracking import retention

ANSWERED = timedelta(days=30)  # that long it is remembered that somebody wanted to be asked


def purge(*, now: datetime) -> dict[str, int]:
    """Purge; answers how much of what, without what was nothing."""
    days = Settings.load().hits_days
    hits = retention.purge(before=now - timedelta(days=days)) if days else {}
    links = Request.objects.filter(expires_at__lte=now).exclude(link_digest="").update(link_digest="")
    wishes = Request.objects.filter(kind=Request.Kind.ASK, asked_at__lt=now - ANSWERED).delete()[0]
    counts = {**hits, "questions": questions.forget(now=now), "links": links, "wishes": wishes}
    purged: dict[str, Any] = {name: count for name, count in counts.items() if count}
    if purged:
        audit.note("purged", **purged)
    return purged
