"""Putting records away without losing them: archived ones stay out of lists and suggestions, and can be brought back."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.records import following, timeline
from crm.records.models import Record
from crm.records.removal import as_link
from crm.records.sentences import Sentence, say


@transaction.atomic
def archive(*, record: Record, actor: User, now: datetime) -> bool:
    """Put a record away; answers whether it was not so already."""
    if not _set(record, before=None, after=now, now=now):
        return False
    timeline.log(kind="archived", text=say("archived"), actor=actor, at=now, **as_link(record))
    following.tell(record=record, sentence=lambda: _("archived"), actor=actor, now=now)
    return True


@transaction.atomic
def restore(*, record: Record, actor: User, now: datetime, sentence: Sentence | None = None) -> bool:
    """Bring a record back; answers whether it was archived. `sentence` is for the timeline, where the usual one does not fit."""
    if record.archived_at is None or not _set(record, before=record.archived_at, after=None, now=now):
        return False
    timeline.log(kind="restored", text=sentence or say("restored"), actor=actor, at=now, **as_link(record))
    following.tell(record=record, sentence=lambda: _("brought back from the archive"), actor=actor, now=now)
    return True


def _set(record: Record, *, before: datetime | None, after: datetime | None, now: datetime) -> bool:
    """Whether this call did it: two clicks at once are one."""
    was = type(record)._default_manager.filter(pk=record.pk, archived_at=before).update(archived_at=after, updated_at=now)
    if was:
        record.archived_at = after
    return bool(was)
