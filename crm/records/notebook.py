"""Notes: written, changed, torn out."""

from datetime import datetime

from django.db import transaction

from crm.accounts.models import User
from crm.records.models import Note, Record
from crm.records.removal import as_link


def write(*, record: Record, text: str, author: User, now: datetime) -> Note:
    """Note something about a person, an organisation or a deal."""
    return Note.objects.create(author=author, text=text, created_at=now, **as_link(record))


@transaction.atomic
def rewrite(*, note: Note, text: str, now: datetime) -> Note:
    """Change a note; the day it was first written stays, and the page says that it was edited."""
    if note.text != text:
        note.text, note.edited_at = text, now
        note.save(update_fields=["text", "edited_at"])
    return note
