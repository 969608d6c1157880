"""Fixtures of tracking: a tracked mail of Alice's, its copy, which went out an hour before START, and an empty spool."""

from collections.abc import Coroutine
from datetime import UTC, datetime

import pytest
from django.utils import timezone

from crm.accounts.models import User
from tracking import hits
from tracking.instrument import add_copy, mark_dispatched, track
from tracking.models import Copy, TrackedMail

START = 1_800_000_000.0  # when the tests' hits begin


def finish(coroutine: Coroutine[object, None, object]) -> None:
    """Run to its end what never waits, without a loop: a browser's driver may keep one in this thread."""
    with pytest.raises(StopIteration):
        coroutine.send(None)


@pytest.fixture
def mail(alice: User) -> TrackedMail:
    return track(owner=alice, subject="Proposal for Q1", url="/mail/7/", tracks_opens=True, tracks_links=True, now=timezone.now())


@pytest.fixture
def copy(mail: TrackedMail) -> Copy:
    copy = add_copy(mail=mail)
    mark_dispatched(copy=copy, at=datetime.fromtimestamp(START - 3600, UTC))
    return copy


@pytest.fixture
def spool(settings, tmp_path):
    """A folder of its own for this test's hits."""
    settings.SPOOL_DIR = tmp_path / "spool"
    yield settings.SPOOL_DIR
    hits.release()
