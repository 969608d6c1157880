"""Debian's Chromium for Playwright: where it is, and how to start it quietly, as root too."""

from pathlib import Path

SHELL, WHOLE = "/usr/bin/chromium-headless-shell", "/usr/bin/chromium"  # the same engine, without what is around a page
PATH = SHELL if Path(SHELL).exists() else WHOLE
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
