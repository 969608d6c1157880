"""Taking a suggested step by keyboard: the card's place, the focus, the toast that takes it back."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from crm.records.models import Activity
from mail import suggesting
from mail.tests.posting import sent
from tests.accessibility import faults
from tracking import preferences
from tracking.models import Copy
from tracking.tests.seen import hit

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def suggested(alice: Any, draft: Any) -> None:
    """Two mails that were opened three times each."""
    preferences.update(user=alice, open_tracking=True, link_tracking=True, notify_activity=True)
    now = timezone.now()
    for name in ("boris", "carla"):
        message = sent(draft(subject=f"Offer to {name}", to=f"{name}@client.test"), days_ago=1, tracked=True)
        for minutes in (1, 2, 3):
            hit(Copy.objects.get(mail=message.tracked_mail), now - timedelta(minutes=minutes))
    suggesting.suggest(now=now)


def test_a_call_is_planned_and_taken_back_by_keyboard(tab: Any, suggested: None):
    tab.goto("/assistant/")
    card = tab.locator("[data-card]", has_text="Offer to boris")
    assert faults(tab) == []
    card.get_by_role("button", name="Plan a call").press("Enter")

    planned = tab.locator("[data-card]", has_text="planned for")
    expect(planned).to_have_count(1)
    expect(card.get_by_role("button", name="Plan a call")).to_have_count(0)
    expect(planned.get_by_role("link", name="Change")).to_be_focused()
    assert Activity.objects.count() == 1

    tab.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(card.get_by_role("button", name="Plan a call")).to_have_count(1)
    expect(planned).to_have_count(0)
    assert not Activity.objects.exists()

    card.get_by_role("button", name="Not for this mail").press("Enter")
    expect(card).to_have_count(0)
    expect(tab.locator("[data-card]", has_text="Offer to carla").get_by_role("button", name="Plan a call")).to_be_focused()
