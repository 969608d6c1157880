"""Fixtures of tracking: a tracked mail of Alice's, its copy, and an empty spool."""

import pytest
from django.utils import timezone

from crm.accounts.models import User
from tracking import hits
from tracking.instrument import add_copy, track
from tracking.models import Copy, TrackedMail


@pytest.fixture
def mail(alice: User) -> TrackedMail:
    return track(owner=alice, subject="Proposal for Q1", url="/mail/7/", tracks_opens=True, tracks_links=True, now=timezone.now())


@pytest.fixture
def copy(mail: TrackedMail) -> Copy:
    return add_copy(mail=mail)


@pytest.fixture
def spool(settings, tmp_path):
    """A folder of its own for this test's hits."""
    settings.SPOOL_DIR = tmp_path / "spool"
    yield settings.SPOOL_DIR
    hits.release()
