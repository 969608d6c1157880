"""Steps that several journeys take."""

from typing import Any

from scripts.demo_process import Demo


def sign_in(page: Any, demo: Demo, email: str, password: str) -> None:
    """Through the form, as a person does."""
    page.goto(f"{demo.site}/account/login/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/mail/*/")
