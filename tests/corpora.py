"""Other people's mails, attacks and files that tests are fed with: kept in a folder of their own, since they are not ours to pass on."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BESIDE = Path("shared", "corpora")  # beside this checkout, or further up


def found(name: str) -> Path | None:
    """A folder or file of the corpora, which TEST_CORPORA or a place above this checkout holds."""
    given = os.environ.get("TEST_CORPORA")
    places = [Path(given)] if given else [above / BESIDE for above in ROOT.parents]
    return next((place / name for place in places if (place / name).exists()), None)


def corpus(name: str) -> Path:
    """The same; without it the test is skipped."""
    return found(name) or pytest.skip(f"there is no {name} among the corpora (TEST_CORPORA names their folder)")
