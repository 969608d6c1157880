"""Settings of records in a real browser: rows put in order by keyboard and by hand, a field changed in place."""

from typing import Any

import pytest
from django.test import Client

from crm.accounts.models import User
from crm.records.fields import book
from crm.records.models import CustomField, Person, Stage

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.django_db(transaction=True)]
playwright_api = pytest.importorskip("playwright.sync_api")


def test_stages_are_sorted_and_a_field_is_changed_by_keyboard(
    chromium: Any, live_server: Any, no_stream: None, settings: Any, ada: User, boris: Person, stages: list[Stage]
) -> None:
    settings.SITE_HOST = live_server.url.partition("//")[2]
    signed_in = Client()
    signed_in.force_login(ada)
    field = CustomField.objects.create(of="person", name="Hobby", kind="text")
    context = chromium.new_context(base_url=live_server.url, viewport={"width": 390, "height": 844}, reduced_motion="reduce")
    context.add_cookies([{"name": "candor_session", "value": signed_in.cookies["candor_session"].value, "url": live_server.url}])
    tab = context.new_page()
    tab.goto(f"/settings/pipelines/{stages[0].pipeline_id}/")
    with tab.expect_response("**/order/"):
        tab.get_by_role("button", name="Move Qualified down").press("Enter")
    playwright_api.expect(tab.get_by_role("button", name="Move Qualified down")).to_be_focused()
    playwright_api.expect(tab.locator("[data-order-said]")).to_have_text("Qualified is at place 2 now.")
    handles = [handle.bounding_box() for handle in tab.locator(".order-handle").all()]
    with tab.expect_response("**/order/"):
        x, first, way = handles[4]["x"] + 8, handles[0]["y"] - 4, handles[4]["y"] - handles[0]["y"]
        tab.mouse.move(x, handles[4]["y"] + 8)
        tab.mouse.down()
        for step in range(60):  # a hand takes its time, and lets go when it sees the row in its place
            tab.mouse.move(x, first + max(way * (1 - step / 10), 0) + step % 2)
            tab.wait_for_timeout(20)
            if step > 10 and "Negotiation" in tab.locator("[data-order]").first.inner_text():
                break
        tab.mouse.up()
    assert [stage.name for stage in stages[0].pipeline.stages.all()][:3] == ["Negotiation", "Contacted", "Qualified"]
    tab.goto(boris.get_absolute_url())
    tab.get_by_role("link", name="Change Hobby").press("Enter")
    playwright_api.expect(tab.get_by_label("Hobby", exact=True)).to_be_focused()
    playwright_api.expect(tab.locator(".htmx-added, .htmx-settling, .htmx-request")).to_have_count(0)
    tab.keyboard.press("Escape")
    playwright_api.expect(tab.get_by_role("link", name="Change Hobby")).to_be_focused()
    playwright_api.expect(tab.locator(".htmx-added, .htmx-settling, .htmx-request")).to_have_count(0)
    tab.keyboard.press("Enter")
    tab.get_by_label("Hobby", exact=True).fill("Chess")
    playwright_api.expect(tab.locator(".htmx-added, .htmx-settling, .htmx-request")).to_have_count(0)
    tab.keyboard.press("Enter")
    playwright_api.expect(tab.get_by_role("link", name="Change Hobby")).to_contain_text("Chess")
    playwright_api.expect(tab.locator("#timeline, .history").get_by_text("Hobby: Chess")).to_be_visible()
    assert boris.custom_values.get().text == "Chess"
    assert book.by_key("person")[f"custom-{field.pk}"].label == "Hobby"
    context.close()
