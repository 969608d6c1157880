"""`manage.py instrument`: what a recipient would get, and what was done with each link."""

import io
import re
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tracking.tests.fidelity import pixels, unexplained

HOST = "http://track.test/"


@pytest.fixture(autouse=True)
def tracking_host(settings):
    settings.TRACKING_URL = HOST.rstrip("/")


def instrumented(file: Path) -> tuple[str, str]:
    """What the command prints of a file: the body, and the remarks."""
    out, err = io.StringIO(), io.StringIO()
    call_command("instrument", str(file), stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_it_prints_the_body_of_a_copy_and_says_of_each_link_what_was_done(tmp_path):
    body = '<p>Hi\r\n<a href="https://x.test/?a=1&amp;b=2">Prices</a> <a href="mailto:a@x.test">write</a></p>\r\n'
    file = tmp_path / "mail.html"
    file.write_bytes(body.encode())

    printed, remarks = instrumented(file)

    assert unexplained(body, printed, HOST) == ""
    assert pixels(printed, HOST) == 1
    assert remarks.splitlines() == [
        "2: 'https://x.test/?a=1&b=2' “Prices” tracked",
        "2: 'mailto:a@x.test' “write” left as it is: it is no web address",
        "pixel: at the end of the body",
    ]


@pytest.mark.parametrize("content", [b"<p>\xe4</p>\r", b'<p>\x93<a href="https://x.test/">\xe4</a>\x94</p>\n\r\n', "\ufeff<p>ä".encode()])
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_every_other_byte_is_printed_as_it_is_whatever_the_charset_and_the_terminals(tmp_path, monkeypatch, content, encoding):
    (file := tmp_path / "mail.html").write_bytes(content)
    out, err = io.BytesIO(), io.StringIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(out, encoding=encoding))
    call_command("instrument", str(file), stderr=err)

    kept = re.sub(rb'<img src="http://track.test/i/[^>]*>|http://track.test/l/.*u=', b"", out.getvalue())
    assert kept.replace(b"https%3A%2F%2Fx.test%2F", b"https://x.test/") == content
    assert ("not in UTF-8" in err.getvalue()) == (b"\xe4" in content)


def test_lines_are_counted_whatever_ends_them_and_no_word_reaches_the_terminal_as_a_command(tmp_path):
    file = tmp_path / "mail.html"
    file.write_bytes(b'<p>1\r2\r\n3\n<a href="https://x.test/">\x1b[2Jsee \xff</a>')

    assert "\n4: 'https://x.test/' “�[2Jsee �” tracked" in instrumented(file)[1]


def test_a_link_that_only_outlook_shows_is_named_by_its_own_address(tmp_path):
    file = tmp_path / "mail.html"
    file.write_text('<p><!--[if mso]>\n<v:roundrect data-href="https://y.test/" href="https://x.test/?a&amp;b"><![endif]-->')

    assert instrumented(file)[1].startswith("2: 'https://x.test/?a&b' “” left as it is: it is in a block that only Outlook")


def test_it_warns_of_a_mail_that_gmail_will_soon_cut_off(tmp_path):
    long, short = tmp_path / "long.html", tmp_path / "short.html"
    long.write_text("<p>" + "word " * 17_990)
    short.write_text("<p>" + "word " * 17_900 + f"<img src='data:image/png;base64,{'A' * 50_000}'>")

    assert "warning: 90 KB" in instrumented(long)[1]
    assert "warning" not in instrumented(short)[1]


def test_html_that_would_take_too_long_is_printed_as_it_is(tmp_path):
    file = tmp_path / "mail.html"
    file.write_text("<p>" * 200_000)

    printed, remarks = instrumented(file)

    assert printed == "<p>" * 200_000
    assert remarks.splitlines() == [
        "pixel: none: the HTML has too many tags, or too tangled ones",
        "warning: 600 KB, of which Gmail shows the first 102",
    ]


@pytest.mark.parametrize(
    ("content", "fault"), [(None, "cannot be read"), (b"GIF89a\0\0", "NUL bytes"), ("<p>".encode("utf-16"), "NUL bytes")]
)
def test_what_is_no_readable_text_is_refused_in_words(tmp_path, content, fault):
    file = tmp_path / "mail.html"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(CommandError, match=fault):
        call_command("instrument", str(file))


def test_without_a_key_it_says_so(tmp_path, settings):
    settings.TRACKING_KEYS = []
    (file := tmp_path / "mail.html").write_text("<p>")

    with pytest.raises(CommandError, match="TRACKING_KEYS"):
        call_command("instrument", str(file))
