"""The bytes of stored files, which no cascade of the database takes along."""

from collections.abc import Iterable

from django.db import transaction

from crm.records.models import StoredFile


def take_along(files: Iterable[StoredFile]) -> None:
    """Have the bytes of rows deleted that this transaction deletes; nothing happens to them where it is undone."""
    gone = [(file.file.storage, file.file.name) for file in files if file.file.name]

    def delete() -> None:
        for storage, name in gone:
            storage.delete(name)

    transaction.on_commit(delete)
