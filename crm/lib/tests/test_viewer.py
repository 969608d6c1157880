"""The viewer cookie: ours is read, everything else is nobody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from crm.lib import viewer


@given(st.integers(min_value=1, max_value=2**62))
def test_a_signed_id_is_read_back(user_id: int) -> None:
    assert viewer.read(viewer.sign(user_id)) == user_id


@given(st.text(max_size=60))
def test_any_other_text_is_nobody(text: str) -> None:
    assert viewer.read(text) is None


def test_another_id_under_the_same_mac_is_nobody() -> None:
    mac = viewer.sign(7).partition(".")[2]
    assert viewer.read(f"8.{mac}") is None


def test_a_cookie_of_an_older_key_is_still_read(settings: Settings) -> None:
    value = viewer.sign(7)
    settings.TRACKING_KEYS = ["newer", *settings.TRACKING_KEYS]
    assert viewer.read(value) == 7
    settings.TRACKING_KEYS = ["newer"]
    assert viewer.read(value) is None


@pytest.mark.parametrize("value", ["", ".", "7", "7.", "-7.abc", "٧.abc", "7" * 40 + ".abc", "7.äöü"])
def test_malformed_values_are_nobody(value: str) -> None:
    assert viewer.read(value) is None
