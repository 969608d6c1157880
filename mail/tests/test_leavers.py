"""Mailboxes of somebody who may not sign in any more are left alone, and taken up again when they may."""

from datetime import timedelta

from django.utils import timezone

from mail.models import Account, SyncState
from mail.sync import pace


def test_a_mailbox_is_synced_only_while_its_owner_may_sign_in(alice):
    now = timezone.now()
    account = Account.objects.create(owner=alice, email=alice.email, smtp_host="127.0.0.1", imap_host="127.0.0.1")
    SyncState.objects.update_or_create(account=account, defaults={"is_on": True, "due_at": now - timedelta(minutes=1)})
    assert pace.due(now) == [account.pk]
    alice.is_active = False
    alice.save()
    assert pace.due(now) == []
    assert pace.claim(account.pk, now=now) is None
    alice.is_active = True
    alice.save()
    assert pace.due(now) == [account.pk]
