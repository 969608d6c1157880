from datetime import UTC, datetime, timedelta

import pytest

from crm.demo.data import moments
from crm.demo.tests.loading import NOW, loaded_at
from tracking.models import Event


@pytest.mark.parametrize(
    ("days", "expected"), [(1, "2026-11-20"), (5, "2026-11-16"), (0, "2026-11-23"), (-1, "2026-11-24"), (-5, "2026-11-30")]
)
def test_days_are_counted_by_working_days(days, expected):
    assert moments.on(days, "12:00", now=NOW).date().isoformat() == expected


@pytest.mark.parametrize("clock", ["00:05", "09:30", "16:45", "22:50", "23:15"])
def test_what_is_due_today_lies_ahead_whenever_it_is_loaded(clock):
    now = moments.on(0, clock, now=NOW)
    assert now < moments.later_today("15:00", now=now) < moments.on(0, "00:00", now=NOW) + timedelta(days=1)


def test_it_loads_on_a_sunday_too(db, tmp_path):
    with loaded_at(datetime(2026, 11, 22, 11, 0, tzinfo=UTC), tmp_path):
        assert Event.objects.count() > 50
