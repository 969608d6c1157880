"""`manage.py instrument`: what a recipient would get, and what was done with each link."""

import io
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


@pytest.mark.parametrize(("content", "fault"), [(None, "cannot be read"), (b"GIF89a\0\0", "NUL bytes"), (b"<p>\xe4</p>", "UTF-8")])
def test_what_is_no_readable_text_is_refused_in_words(tmp_path, content, fault):
    file = tmp_path / "mail.html"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(CommandError, match=fault):
        call_command("instrument", str(file))
