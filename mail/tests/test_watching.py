"""Waiting for news by IDLE, whatever happens meanwhile."""

import pytest
from django.db import OperationalError

from mail.sync import watching
from mail.sync.watching import Watch


class Interrupted(Watch):
    """A watch whose looks end as it is told: by an exception, or by what the server can."""

    def __init__(self, *ends: Exception | bool) -> None:
        super().__init__(1, lambda account_pk: None)
        self.ends = list(ends)

    def _watch(self) -> bool:
        end = self.ends.pop(0)
        if isinstance(end, Exception):
            raise end
        return end


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "FIRST_PAUSE", 0.0)


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_away_for_a_while_ends_no_watch():
    watch = Interrupted(OperationalError("away"), OperationalError("away"), False)
    watch._go_on()
    assert not watch.ends
    assert not watch.is_able  # its server does not know IDLE, so nobody begins another
