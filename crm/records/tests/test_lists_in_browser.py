"""Lists in a real browser: a filter is built, columns are ordered, a span of rows is ticked; axe finds nothing serious."""

from typing import Any

import pytest

from crm.accounts.models import User
from crm.records.models import Person
from crm.records.tests.test_in_browser import playwright_api
from crm.records.tests.test_in_browser import tab as tab  # a fixture
from tests.accessibility import faults

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_list_is_filtered_ordered_and_changed_by_hand(tab: Any, alice: User) -> None:
    for name, city in (("Anna", "Oslo"), ("Bert", "Oslo"), ("Carl", "Oslo"), ("Dora", "Paris")):
        Person.objects.create(owner=alice, name=name, city=city)
    tab.goto("/people/")
    tab.get_by_role("button", name="Filter").click()
    tab.get_by_label("Field", exact=True).select_option(label="City")
    tab.get_by_label("Value", exact=True).fill("oslo")
    playwright_api.expect(tab.get_by_text("3 fit")).to_be_visible()
    assert faults(tab) == []
    tab.get_by_role("button", name="Show", exact=True).click()
    playwright_api.expect(tab.locator("tbody tr")).to_have_count(3)
    playwright_api.expect(tab.get_by_text("City contains “oslo”")).to_be_visible()
    tab.locator("summary", has_text="Columns").press("Enter")
    tab.get_by_label("City", exact=True).check()
    for _step in range(9):
        tab.get_by_role("button", name="City: further to the front").press("Enter")
    tab.get_by_role("button", name="Show these").click()
    tab.wait_for_load_state("networkidle")  # a span is ticked by the script
    assert tab.locator("thead th").all_inner_texts()[1:3] == ["Name", "City"]
    tab.get_by_label("Choose Anna").check()
    tab.get_by_label("Choose Carl").click(modifiers=["Shift"])
    playwright_api.expect(tab.get_by_text("3 chosen")).to_be_visible()
    assert faults(tab) == []
    tab.get_by_role("button", name="Set a field").click()
    tab.wait_for_load_state("networkidle")  # by the script a field that is chosen brings its box
    tab.get_by_label("Field").select_option(label="Job title")
    tab.wait_for_url("**field=job_title**")
    tab.get_by_label("New value").fill("Buyer")
    tab.get_by_role("button", name="Preview").click()
    playwright_api.expect(tab.get_by_text("3 records will change.")).to_be_visible()
    tab.get_by_role("button", name="Change", exact=True).click()
    playwright_api.expect(tab.get_by_text("3 records were changed.")).to_be_visible()
    assert Person.objects.filter(job_title="Buyer").count() == 3
    tab.get_by_role("button", name="Undo").click()
    playwright_api.expect(tab.get_by_text("3 records have back what they held.")).to_be_visible()
