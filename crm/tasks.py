"""Periodic chores of the whole installation."""

import time
from datetime import timedelta
from pathlib import Path

from celery import shared_task
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from crm.accounts import audit, sessions
from crm.lib.heartbeat import beat
from crm.records.lists import bulk
from mail import kept_pictures

STALE_MESSAGE = timedelta(days=1)


@shared_task
def heartbeat() -> None:
    """Leave a sign of life that the health page reads."""
    beat()


@shared_task
def tidy() -> None:
    """Drop what was kept long enough: sessions, addresses of sign-ins, pictures of mails, changes of many records, messages nobody took."""
    call_command("clearsessions")
    sessions.forget_ended()
    audit.forget_addresses(now=timezone.now())
    kept_pictures.drop_old(now=timezone.now())
    bulk.drop_old(now=timezone.now())
    oldest = time.time() - STALE_MESSAGE.total_seconds()
    for path in Path(settings.QUEUE_DIR).glob("*/*.msg"):
        if path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)
