"""Who listens to the ledger. Sent within the transaction that keeps the entry."""

from django.dispatch import Signal

no_more = Signal()  # `email` (lower case) and `at`: whatever was sent there before is no longer to be recorded
