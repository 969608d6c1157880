"""Lists of mail that are looked at while something happens."""

from typing import Any

import pytest

from mail.models import Delivery, Message

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.django_db(transaction=True)]
playwright_api = pytest.importorskip("playwright.sync_api")
expect = playwright_api.expect


def tell(tab: Any) -> None:
    """What the live stream does in every open tab."""
    tab.evaluate("document.dispatchEvent(new CustomEvent('live:mail', {detail: {}}))")


def test_an_answer_that_comes_late_does_not_bring_back_the_past(tab: Any, queued: Any):
    message: Message = queued()
    tab.goto("/mail/outbox/")
    row = tab.locator("[data-mail-row]")
    expect(row).to_contain_text("Waits for")
    late: list[Any] = []
    tab.route("**/mail/outbox/", lambda route: late.append((route, route.fetch())) if not late else route.continue_())
    message.deliveries.update(status=Delivery.Status.SENDING)
    tell(tab)
    while not late:
        tab.wait_for_timeout(20)
    message.deliveries.update(status=Delivery.Status.FAILED, error="No such user.")
    tell(tab)
    tab.wait_for_timeout(600)  # time for a second question, if one is asked meanwhile
    route, answer = late[0]
    route.fulfill(response=answer)

    expect(row).to_contain_text("Not sent")
    tab.wait_for_timeout(300)
    expect(row).to_contain_text("Not sent")
