"""Takes the pictures in docs/screenshots from a freshly started demo, so that they stay true (`make screenshots`)."""

import argparse
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from scripts import chromium
from scripts.demo_process import Demo, running_demo

ANNA = ("anna@brightwater.test", "candor-demo")
ADAM = ("adam@brightwater.test", "candor-demo")
BORIS = "boris.petrov@northgate.test"
SHAPES = (("light", 1440, 900), ("dark", 1440, 900), ("light", 390, 844), ("dark", 390, 844))
EVERYWHERE = {"mail-sent", "composer", "deals", "deal", "hits"}  # taken in all four shapes, the others at 1440 px in light


def open_compose(page: Any, demo: Demo) -> None:
    """The composer over the Mail tab, with a draft begun."""
    page.goto(f"{demo.site}/mail/sent/")
    page.get_by_role("button", name="Compose").click()
    page.locator(".composer.is-ready").wait_for()
    page.get_by_role("textbox", name="To", exact=True).fill("boris")
    page.locator("#composer-dock [role=option]").first.wait_for()
    page.get_by_role("textbox", name="To", exact=True).press("Enter")
    page.get_by_role("textbox", name="Subject", exact=True).fill("Pilot in the Rotterdam plant")
    page.get_by_role("textbox", name="Message body", exact=True).click()
    page.keyboard.type("Hi Boris, thank you for the call this morning.")
    page.locator("[data-status]", has_text="Saved").wait_for()  # or it would open again on the next page


def open_card(page: Any, demo: Demo) -> None:
    """Sent mail with the times of one mail's openings."""
    page.goto(f"{demo.site}/mail/sent/")
    page.locator("[data-tracked-kind=opens].is-seen").first.hover()
    page.wait_for_timeout(400)


def open_assistant(page: Any, demo: Demo) -> None:
    page.goto(f"{demo.site}/mail/sent/")
    page.get_by_role("button", name="Sales Assistant").click()
    page.wait_for_timeout(600)


def open_copies(page: Any, demo: Demo) -> None:
    """A conversation with the card of a mail to three people, who are told apart."""
    page.goto(f"{demo.site}/mail/sent/")
    page.locator("[data-mail-row]").filter(has_text="Proposal: 120 sensors").locator("[data-row-link]").click()
    page.locator(".message-tracking [data-tracked-kind=opens]").first.click()
    page.wait_for_timeout(900)


def open_hits(page: Any, demo: Demo) -> None:
    """Every request for that mail, the oldest in sight: what a mail filter and Apple Mail did by themselves."""
    open_copies(page, demo)
    page.locator(".tracked-card:popover-open .tracked-more").click()
    page.locator("[data-hits-drawer] .hit").last.scroll_into_view_if_needed()
    page.wait_for_timeout(600)


def first(pattern: str, start: str) -> Callable[[Any, Demo], None]:
    """Open the first link of a page whose address looks so."""

    def go(page: Any, demo: Demo) -> None:
        page.goto(demo.site + start)
        links = page.eval_on_selector_all("main a[href]", "links => links.map(link => link.getAttribute('href'))")
        page.goto(demo.site + next(link for link in links if re.fullmatch(pattern, link)))
        page.wait_for_load_state()
        page.wait_for_timeout(900)

    return go


def plain(path: str) -> Callable[[Any, Demo], None]:
    def go(page: Any, demo: Demo) -> None:
        page.goto(demo.site + path)
        page.wait_for_timeout(400)

    return go


def open_inbox(page: Any, demo: Demo) -> None:
    page.goto(f"{demo.tracking}/inboxes/{BORIS}/")
    page.wait_for_timeout(400)


PAGES: dict[str, Callable[[Any, Demo], None]] = {
    "mail-sent": open_card,
    "composer": open_compose,
    "thread": open_copies,
    "hits": open_hits,
    "deals": plain("/deals/"),
    "deal": first(r"/deals/\d+/", "/deals/"),
    "people": plain("/people/"),
    "person": first(r"/people/\d+/", "/people/"),
    "organisation": first(r"/organisations/\d+/", "/organisations/"),
    "leads": plain("/leads/"),
    "activities": plain("/activities/"),
    "calendar": plain("/activities/calendar/?mode=month"),
    "import": plain("/import/"),
    "search": plain("/search/?q=helio"),
    "insights": plain("/insights/"),
    "assistant": open_assistant,
    "email-sync": plain("/settings/email-sync/"),
    "templates": plain("/settings/templates/"),
    "profile": plain("/settings/profile/"),
    "health": plain("/settings/health/"),
    "privacy": plain("/privacy/"),
    "boris-inbox": open_inbox,
}


ADMINISTRATORS: dict[str, Callable[[Any, Demo], None]] = {
    "roles": plain("/settings/roles/"),
    "audit": plain("/settings/audit/"),
    "pipelines": plain("/settings/pipelines/"),
    "policy": plain("/settings/privacy/policy/"),
    "consent": plain("/settings/privacy/consent/"),
}


def sign_in(page: Any, demo: Demo, account: tuple[str, str]) -> None:
    page.goto(f"{demo.site}/account/login/")
    page.get_by_label("Email").fill(account[0])
    page.get_by_label("Password").fill(account[1])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/mail/*/")


def take_of_administrators(browser: Any, demo: Demo, folder: Path) -> None:
    """The pages of an administrator, at 1440 px in light."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light", locale="en-GB")
    page = context.new_page()
    sign_in(page, demo, ADAM)
    for name, go in ADMINISTRATORS.items():
        go(page, demo)
        page.screenshot(path=folder / f"{name}-light-1440.png")
    context.close()


def take(browser: Any, demo: Demo, folder: Path) -> None:
    """Every page, in the shapes it is wanted in."""
    for scheme, width, height in SHAPES:
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, locale="en-GB")
        page = context.new_page()
        if (scheme, width) == ("light", 1440):
            page.goto(f"{demo.site}/account/login/")
            page.screenshot(path=folder / "sign-in-light-1440.png")
        sign_in(page, demo, ANNA)
        for name, go in PAGES.items():
            if (scheme, width) == ("light", 1440) or name in EVERYWHERE:
                go(page, demo)
                page.screenshot(path=folder / f"{name}-{scheme}-{width}.png")
        context.close()


def main() -> None:
    """Start a demo, take the pictures, stop it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("docs/screenshots"))
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    with running_demo(UNDO_SECONDS="0") as demo, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.PATH, args=chromium.ARGUMENTS)
        take(browser, demo, folder)
        take_of_administrators(browser, demo, folder)
        browser.close()


if __name__ == "__main__":
    main()
