"""The Russian interface: everything is translated, and placeholders, links and plural forms survive."""

import ast
import gettext
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

ROOT = Path(settings.BASE_DIR)
CATALOG = ROOT / "locale" / "ru" / "LC_MESSAGES"
PLACEHOLDER = re.compile(r"%\([a-z_]+\)(?:[sd]|\.1f)|%%|%(?:name|size|limit|s)\b|(?<!\{)\{[a-z_]+\}(?!\})|</?[a-z]+[^>]*>")
needs_gettext = pytest.mark.skipif(not shutil.which("xgettext"), reason="gettext is not installed")


def catalog() -> dict[str, list[str]]:
    """Each message with all of its translated forms."""
    with (CATALOG / "django.mo").open("rb") as file:
        entries = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    found: dict[str, list[str]] = {}
    for key, text in entries.items():
        message = key[0] if isinstance(key, tuple) else key
        if message:
            found.setdefault(message.rpartition("\x04")[2], []).append(text)
    return found


def test_placeholders_are_the_same_in_every_form():
    for message, forms in catalog().items():
        wanted = set(PLACEHOLDER.findall(message))
        for form in forms:
            assert set(PLACEHOLDER.findall(form)) >= wanted, (message, form)
            assert not re.findall(r"%\([^)]*\)(?![sd]|\.1f)", form), form


def test_no_form_is_empty_and_none_stayed_english():
    same = {
        "SMTP",
        "STARTTLS",
        "TLS (SSL)",
        "Ctrl + Enter",
        "Re: %(subject)s",
        "Fwd: %(subject)s",
        "“%(subject)s” · %(reply)s",
        "Email",
        "IMAP",
        "{field}: {after}",
        "{field}: {before} → {after}",
        "Candor: {name}",
        "M",  # a letter of Django's for months
    }
    for message, forms in catalog().items():
        assert all(form.strip() for form in forms), message
        assert message in same or all(re.search("[а-яё]", form, re.IGNORECASE) for form in forms), message


def test_numbers_take_the_right_form():
    with translation.override("ru"):
        words = [ngettext("%(size)s person", "%(size)s people", number) % {"size": number} for number in (1, 2, 5, 11, 21, 104)]
    assert words == ["1 человек", "2 человека", "5 человек", "11 человек", "21 человек", "104 человека"]


def test_the_russian_pages_speak_russian(alice_client, alice):
    alice.language = "ru"
    alice.save()
    page = alice_client.get("/assistant/").content.decode()
    for word in ("Помощник по продажам", "Почта", "Сделки", "Пока нечего рассказать"):
        assert word in page
    assert "Nothing to tell yet" not in page


def test_the_sign_in_page_follows_the_browser(client, db):
    page = client.get("/account/login/", headers={"Accept-Language": "ru"}).content.decode()
    assert "Забыли пароль?" in page


def test_english_stays_as_it_is_written():
    with translation.override("en"):
        assert _("Sales Assistant") == "Sales Assistant"


@pytest.mark.slow
@needs_gettext
def test_every_message_of_the_project_is_translated(tmp_path):
    """Extracts again, into a copy, and looks for what the catalogue lacks."""
    for name in ("crm", "mail", "tracking", "notifications", "templates"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("tests", "__pycache__"))
    (tmp_path / "locale").mkdir()
    command = [sys.executable, "-m", "django", "makemessages", "-l", "ru", "--no-location", "--no-wrap"]
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True)
    wanted = messages(tmp_path / "locale" / "ru" / "LC_MESSAGES" / "django.po")
    assert len(wanted) > 500
    assert sorted(wanted - catalog().keys()) == []


@needs_gettext
def test_the_compiled_catalogue_is_that_of_the_source():
    assert messages(CATALOG / "django.po") == catalog().keys()


def messages(path: Path) -> set[str]:
    """The msgids of a catalogue's source."""
    found, current, is_id = set(), "", False
    for line in [*path.read_text(encoding="utf-8").splitlines(), "msgid "]:
        if line.startswith("msgid "):
            found.add(current)
            current, is_id = unquoted(line.removeprefix("msgid ")), True
        elif line.startswith('"') and is_id:
            current += unquoted(line)
        else:
            is_id = False
    return found - {""}


def unquoted(text: str) -> str:
    return str(ast.literal_eval(text)) if text.strip() else ""
