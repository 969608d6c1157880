"""Fixtures of tracking: a tracked mail of Alice's and its copy."""

import pytest
from django.utils import timezone

from crm.accounts.models import User
from tracking.instrument import add_copy, track
from tracking.models import Copy, TrackedMail


@pytest.fixture
def mail(alice: User) -> TrackedMail:
    return track(owner=alice, subject="Proposal for Q1", url="/mail/7/", tracks_opens=True, tracks_links=True, now=timezone.now())


@pytest.fixture
def copy(mail: TrackedMail) -> Copy:
    return add_copy(mail=mail)
