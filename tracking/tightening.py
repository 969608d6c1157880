"""What a copy was promised, held to once more before it leaves: the company, or its recipient, may have become stricter meanwhile."""

from crm.consent.decisions import Decision
from tracking.models import Copy

FIELDS = ("is_tracked", "is_coarse", "kept", "kept_days", "reason")


def tighten(copy: Copy, decision: Decision) -> bool:
    """Apply a later decision where it is stricter, never where it is laxer; answers whether anything changed."""
    before = [getattr(copy, name) for name in FIELDS]
    if not decision.may_track:
        copy.is_tracked, copy.reason = False, str(decision.reason)
    copy.is_coarse = copy.is_coarse or decision.is_coarse
    copy.kept = min(copy.kept, decision.kept)
    copy.kept_days = min((days for days in (copy.kept_days, decision.kept_days) if days is not None), default=None)
    if before == [getattr(copy, name) for name in FIELDS]:
        return False
    copy.save(update_fields=FIELDS)
    return True
