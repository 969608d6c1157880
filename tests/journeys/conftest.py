"""A running demo and browsers of several people for the journeys."""

from collections.abc import Iterator
from typing import Any

import pytest

from scripts.demo_process import Demo, running_demo
from tests.shared import put_migrated_database


@pytest.fixture(scope="package")
def demo() -> Iterator[Demo]:
    """One demo for all journeys of this run."""
    with running_demo(put_migrated_database, UNDO_SECONDS="0") as running:
        yield running


@pytest.fixture
def context(chromium: Any) -> Iterator[Any]:
    """A browser of its own: no cookies, 1440 px wide, English."""
    opened = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    opened.set_default_timeout(60_000)
    yield opened
    opened.close()


@pytest.fixture
def another_context(chromium: Any) -> Iterator[Any]:
    """A second person's browser."""
    opened = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    opened.set_default_timeout(60_000)
    yield opened
    opened.close()
