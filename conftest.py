"""Fixtures of the whole suite: Alice owns things, Bob is of her team, Charlie is an outsider, Mona manages, Ada administers."""

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.utils import translation

from crm.accounts.models import Team, User
from crm.celery import app
from notifications import stream
from scripts import chromium as executable
from tests import shared
from tests.services import require


def pytest_configure(config: pytest.Config) -> None:
    if shared.begin():
        config.add_cleanup(shared.end)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What has to run in one process begins first: at the end all others would wait for it."""
    items.sort(key=lambda item: item.get_closest_marker("xdist_group") is None)


def pytest_collection_finish() -> None:
    """What is imported and collected by now stays to the end: the garbage collector need not walk through it, nor come so often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Each process begins with a copy of one migrated database: to migrate anew would take a third of a minute of each."""
    test = settings.DATABASES["default"].setdefault("TEST", {})
    if settings.IS_SQLITE:
        shared.put_migrated_database(Path(test["NAME"]).parent, Path(test["NAME"]).name)
    else:
        test["TEMPLATE"] = shared.migrated_template()


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """On SQLite the copy is the test database."""
    return bool(settings.IS_SQLITE)


@pytest.fixture(scope="session", autouse=True)
def broker_modules() -> None:
    """Load what sending a wake-up imports: a thread that imports it later changes `sys.modules` while others walk through it."""
    with app.connection_for_write() as connection:
        assert connection.default_channel


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Debian's Chromium, driven by Playwright; one for all tests of a process."""
    require("chromium", "playwright")
    from playwright.sync_api import sync_playwright

    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # Playwright keeps an event loop in the thread of the tests
        browser = playwright.chromium.launch(executable_path=executable.PATH, args=executable.ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def no_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tabs are told that nothing is streamed. Answered by the server: a browser whose requests are caught keeps no script or style."""
    monkeypatch.setattr(stream, "respond", lambda *_arguments: HttpResponse(status=204))


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Each test begins in English: a request leaves the language of its thread behind."""
    with translation.override("en"):
        yield


@pytest.fixture
def team(db: None) -> Team:
    return Team.objects.create(name="Sales North")


@pytest.fixture
def alice(team: Team) -> User:
    """Owner of what the tests make."""
    return User.objects.create_user("alice@acme.test", "alice-pw", name="Alice Ahrens", team=team)


@pytest.fixture
def bob(team: Team) -> User:
    """Alice's team-mate."""
    return User.objects.create_user("bob@acme.test", "bob-pw", name="Bob Berg", team=team)


@pytest.fixture
def charlie(db: None) -> User:
    """Of another team."""
    return User.objects.create_user("charlie@acme.test", "charlie-pw", name="Charlie Clark", team=Team.objects.create(name="South"))


@pytest.fixture
def mona(db: None) -> User:
    """A manager."""
    return User.objects.create_user("mona@acme.test", "mona-pw", name="Mona Meyer", role=User.Role.MANAGER)


@pytest.fixture
def ada(db: None) -> User:
    """An administrator."""
    return User.objects.create_user("ada@acme.test", "ada-pw", name="Ada Adler", role=User.Role.ADMIN)


@pytest.fixture
def alice_client(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client
