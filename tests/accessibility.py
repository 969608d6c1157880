"""What axe finds on a page that a browser shows."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

axe_playwright_python = pytest.importorskip("axe_playwright_python")
OPTIONS = {"resultTypes": ["violations"], "preload": False, "iframes": False}  # no second look at style sheets, none into mails


def faults(page: Any, within: str = "html") -> list[tuple[str, list[str]]]:
    """The serious and critical ones: rule, and the first elements that break it."""
    return [
        (fault["id"], [node["html"] for node in fault["nodes"]][:2])
        for fault in violations(page, within)
        if fault["impact"] in ("serious", "critical")
    ]


def violations(page: Any, within: str = "html") -> list[dict[str, Any]]:
    """All that axe has to say about a part of the page."""
    page.evaluate(_script())
    found: list[dict[str, Any]] = page.evaluate("([within, options]) => axe.run(within, options)", [within, OPTIONS])["violations"]
    return found


@lru_cache(maxsize=1)
def _script() -> str:
    return next(Path(str(axe_playwright_python.__file__)).parent.rglob("axe.min.js")).read_text()
