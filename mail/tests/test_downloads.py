"""Files of others: harmless names and types, pictures drawn by us, text as text, and a warning at what runs."""

from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client

from crm.accounts.models import User
from crm.lib import filenames
from mail import downloads
from mail.models import Attachment, Message, Thread
from mail.tests.test_received_bodies import a_picture

pytestmark = pytest.mark.django_db


@pytest.fixture
def message(alice: User) -> Message:
    thread = Thread.objects.create(owner=alice)
    return Message.objects.create(owner=alice, thread=thread, folder="inbox", from_email="a@b.test", body_html='<img src="cid:logo">')


def a_file(message: Message, name: str, content: bytes = b"x", **fields: Any) -> Attachment:
    return Attachment.objects.create(message=message, name=name, size=len(content), file=ContentFile(content, "x"), **fields)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("Offer.pdf", "Offer.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\a.exe", "a.exe"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("a\r\nSet-Cookie: x.txt", "aSet-Cookie_ x.txt"),
        ('a";filename="b.html', "a_;filename=_b.html"),
        ("  .hidden. ", "hidden"),
        ("CON.txt", "_CON.txt"),
        ("\0\u200b\ufeff", "file"),
        ("", "file"),
        ("Angebot für Ünal 中文.docx", "Angebot für Ünal 中文.docx"),
        ("x" * 300 + ".pdf", "x" * 115 + ".pdf"),
        ("😀" * 200 + ".pdf", "😀" * 55 + ".pdf"),
    ],
)
def test_a_name_is_made_safe(name: str, safe: str):
    assert filenames.safe_name(name).endswith(safe[-20:])
    assert filenames.safe_name(name) == safe or len(name) > 150


def test_a_file_is_given_out_to_be_saved(alice_client: Client, message: Message):
    for name, kind in (("a.html", filenames.OPAQUE), ("a.svg", filenames.OPAQUE), ("a.pdf", "application/pdf"), ("a", filenames.OPAQUE)):
        answer = alice_client.get(f"/mail/attachments/{a_file(message, name, content_type='text/html').pk}/")
        assert answer["Content-Type"] == kind
        assert answer["Content-Disposition"].startswith("attachment;")
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
        assert b"".join(answer.streaming_content) == b"x"  # type: ignore[attr-defined]
    answer = alice_client.get(f"/mail/attachments/{a_file(message, 'Прайс.pdf').pk}/")
    assert "filename*=utf-8''%D0%9F" in answer["Content-Disposition"]
    assert b"".join(answer.streaming_content) == b"x"  # type: ignore[attr-defined]


def test_a_picture_is_looked_at_as_we_draw_it(alice_client: Client, message: Message):
    real, false = a_file(message, "hat.png", a_picture(800, 600)), a_file(message, "evil.png", b"<svg onload=alert(1)>")
    for view in ("thumbnail", "preview"):
        answer = alice_client.get(f"/mail/attachments/{real.pk}/{view}/")
        assert answer["Content-Type"] == "image/png"
        assert "private" in answer["Cache-Control"]
        assert alice_client.get(f"/mail/attachments/{false.pk}/{view}/").status_code == 404
    assert alice_client.get(f"/mail/attachments/{a_file(message, 'a.svg').pk}/preview/").status_code == 404


def test_a_mail_inside_of_a_mail_is_opened_as_text(alice_client: Client, message: Message):
    file = a_file(message, "original.eml", b"Subject: x\r\n\r\n<script>alert(1)</script>\x00\xff")
    page = alice_client.get(f"/mail/attachments/{file.pk}/text/").content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    long = a_file(message, "long.txt", b"x" * 400_000)
    assert "Only the beginning is shown" in alice_client.get(f"/mail/attachments/{long.pk}/text/").content.decode()
    assert alice_client.get(f"/mail/attachments/{a_file(message, 'a.html').pk}/text/").status_code == 404


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"\xef\xbb\xbfhi", "hi"),
        ("ü".encode("cp1252"), "ü"),
        ("ü".encode("utf-16"), "ü"),
        ("aü".encode()[:2], "a"),
        (b"a\x1bb\xe2\x80\xaec", "abc"),
    ],
)
def test_bytes_of_any_kind_are_text(content: bytes, text: str):
    assert downloads.as_text(content).rstrip("\ufffd") == text


def test_what_runs_is_warned_of(alice_client: Client, message: Message):
    for name in ("a.exe", "a.pdf.js", "a.HTA", "a.lnk", "a.iso", "evil\u202efdp.scr"):
        assert "program" in downloads.warning(name), name
    assert "macros" in downloads.warning("a.xlsm")
    assert "web page" in downloads.warning("a.html")
    for name in ("a.pdf", "a.docx", "a.png", "exe", "a"):
        assert downloads.warning(name) == "", name
    a_file(message, "invoice.pdf.exe")
    assert "This file is a program" in alice_client.get(f"/mail/threads/{message.thread_id}/").content.decode()


def test_pictures_inside_of_the_text_are_not_listed(message: Message):
    a_file(message, "logo.png", content_id="logo", is_inline=True)
    a_file(message, "unseen.png", content_id="unseen", is_inline=True)
    a_file(message, "a.pdf")
    assert [file.name for file in downloads.listed(message)] == ["unseen.png", "a.pdf"]
