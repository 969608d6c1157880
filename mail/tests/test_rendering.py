"""What goes over the wire: headers that no input can break, parts that say the same, names in every script."""

import email
import re
from base64 import b64encode
from collections.abc import Callable
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from email.utils import getaddresses
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from mail import addresses, attachments, rendering
from mail.models import Message

ANYTHING = st.text(max_size=120)
ALLOWED = {"From", "To", "Subject", "Date", "Message-ID", "Content-Type", "MIME-Version"}
NASTY = [
    "a\r\nBcc: evil@x.test",
    "a\nBcc: evil@x.test",
    "a\r\n\r\n<script>",
    "=?utf-8?q?a=0d=0aBcc:_evil@x.test?=",
    "=?utf-8?b?YQ0KQmNjOiBldmlsQHgudGVzdA==?=",
    "a\u2028Bcc: evil@x.test",
    "a\x00b\x0bc\x85d",
    '"quote" <evil@x.test>, x',
]


def message_with(*, subject: str = "Offer", name: str = "", from_name: str = "Alice") -> Any:
    """As much of a message as rendering reads, without a database."""
    recipient = SimpleNamespace(kind="to", name=name, email="boris@client.test")
    return SimpleNamespace(
        recipients=SimpleNamespace(all=lambda: [recipient]),
        attachments=SimpleNamespace(all=list),
        owner=SimpleNamespace(zone=timezone.get_current_timezone(), language="en"),
        from_name=from_name,
        from_email="alice@acme.test",
        subject=subject,
        dated_at=timezone.now(),
        at=timezone.now(),
        message_id="<abc@acme.test>",
        in_reply_to="",
        references="",
        body_html="<p>Hello</p>",
        body_text="Hello",
    )


def render(message: Any, **options: Any) -> bytes:
    return rendering.render(message, html=message.body_html, **options)


def parsed(raw: bytes) -> EmailMessage:
    return email.message_from_bytes(raw, policy=default)


def content(mail: EmailMessage, subtype: str) -> str:
    """A part's text, with plain line ends and none at its end."""
    part = mail.get_body((subtype,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n").rstrip("\n")


def words(value: str) -> str:
    """A header's text as RFC 2047 has it read."""
    return str(make_header(decode_header(re.sub(r"\r?\n", "", value))))


@pytest.mark.parametrize("text", NASTY)
def test_no_text_can_add_a_header(text):
    raw = render(message_with(subject=text, name=text, from_name=text))
    mail = email.message_from_bytes(raw)
    assert set(mail.keys()) == ALLOWED
    assert words(mail["Subject"]) == addresses.one_line(text)
    assert [address for _name, address in getaddresses([re.sub(r"\r?\n", "", mail["To"])])] == ["boris@client.test"]


@settings(deadline=None)
@given(subject=ANYTHING, name=ANYTHING)
def test_subjects_and_names_arrive_as_they_were(subject, name):
    raw = render(message_with(subject=subject, name=name))
    mail = email.message_from_bytes(raw)
    assert set(mail.keys()) == ALLOWED
    assert words(mail["Subject"]) == addresses.one_line(subject)
    ((shown, address),) = getaddresses([re.sub(r"\r?\n", "", mail["To"])])
    assert (words(shown), address) == (addresses.one_line(name), "boris@client.test")
    head = raw.partition(b"\r\n\r\n")[0]
    assert head.isascii()
    assert all(len(line) <= 998 for line in head.split(b"\r\n"))


@settings(deadline=None)
@given(st.text(max_size=80).filter(addresses.one_line))
def test_the_text_part_arrives_as_it_was(text):
    message = message_with()
    message.body_text = addresses.one_line(text)
    assert content(parsed(render(message)), "plain") == message.body_text


def test_every_line_ends_as_the_protocol_wants(queued: Callable[..., Message]) -> None:
    raw = render(queued(body_html="<p>one<br>two</p><blockquote>old</blockquote>"))
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", raw)
    assert raw.isascii()
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998


def test_the_parts_stand_in_their_order_and_say_the_same(queued):
    mail = parsed(render(queued(body_html='<p>Hello <a href="https://x.test/">there</a></p>')))
    assert (mail.get_content_type(), mail.get_param("type")) == ("multipart/related", "multipart/alternative")
    (alternatives,) = mail.iter_parts()
    assert [part.get_content_type() for part in alternatives.iter_parts()] == ["text/plain", "text/html"]
    assert content(mail, "plain") == "Hello there (https://x.test/)"
    html = content(mail, "html")
    assert html.startswith('<!doctype html>\n<html lang="en"><head><meta charset="utf-8">')
    assert "<title" not in html


@pytest.mark.parametrize("words", ["", "👍", "…!"])
def test_a_picture_without_words_has_no_text_part(queued, words):
    mail = parsed(render(queued(body_html=f'<p>{words}<img src="https://x.test/chart.png" alt="chart"></p>')))
    assert mail.get_param("type") == "text/html"
    assert mail.get_body(("plain",)) is None
    assert 'alt="chart"' in content(mail, "html")


def test_a_mail_to_bcc_alone_names_nobody(queued):
    message = queued(to="", bcc="dora@client.test")
    raw = render(message)
    assert b"dora" not in raw
    assert parsed(raw)["To"] == "undisclosed-recipients:;"
    assert parsed(render(message, bcc=message.recipients.all()))["Bcc"] == "dora@client.test"


def test_a_reply_names_what_it_answers(draft, queued, account):
    first = queued()
    Message.objects.filter(pk=first.pk).update(provider_message_id="<given@provider.test>")
    first.refresh_from_db()
    second = draft(in_reply_to=first, subject="Re: Offer")
    assert (second.thread, second.in_reply_to, second.references) == (first.thread, "<given@provider.test>", "<given@provider.test>")
    mail = parsed(render(second))
    assert (mail["In-Reply-To"], mail["References"]) == ("<given@provider.test>", "<given@provider.test>")


def test_a_long_conversation_keeps_its_first_and_its_last(draft, queued):
    first = queued()
    Message.objects.filter(pk=first.pk).update(references=" ".join(f"<{number:030}@client.test>" for number in range(60)))
    first.refresh_from_db()
    references = draft(in_reply_to=first).references
    assert len(references) <= 1000
    assert references.startswith(f"<{0:030}@client.test>")
    assert references.endswith(first.message_id)


@pytest.mark.parametrize("name", ["plan.pdf", "Übersicht – März.pdf", "отчёт за год.xlsx", 'a"b;c\\d.txt', "x" * 150 + ".pdf"])
def test_files_arrive_with_name_and_bytes(draft, name):
    message, data = draft(), bytes(range(256))
    attachments.add(message=message, upload=SimpleUploadedFile("file", data))
    message.attachments.update(name=name)
    mail = parsed(render(message))
    assert mail.get_content_type() == "multipart/mixed"
    (part,) = mail.iter_attachments()
    assert (part.get_filename(), part.get_payload(decode=True)) == (name, data)


@pytest.mark.parametrize("name", ['a"\r\nX-Evil: 1\r\n\r\nb.txt', "=?utf-8?q?a=0d=0aX-Evil:_1?=.txt"])
def test_a_file_name_cannot_add_a_header(draft, name):
    message = draft()
    attachments.add(message=message, upload=SimpleUploadedFile("x", b"1"))
    message.attachments.update(name=name)
    part = list(email.message_from_bytes(render(message)).walk())[-1]
    assert set(part.keys()) <= {"Content-Type", "Content-Transfer-Encoding", "Content-Disposition", "MIME-Version"}


def test_pictures_in_the_text_become_parts_of_the_mail(draft):
    image = b"\x89PNG fake"
    message = draft(body_html=f'<p>Look: <img src="data:image/png;base64,{b64encode(image).decode()}" alt="chart"></p>')
    raw = render(message)
    mail = parsed(raw)
    assert b"data:image" not in raw
    related = next(part for part in mail.walk() if part.get_content_type() == "image/png")
    assert related.get_payload(decode=True) == image
    cid = related["Content-ID"].strip("<>")
    assert f'src="cid:{cid}"' in content(mail, "html")
    assert content(mail, "plain") == "Look: chart"


def test_a_short_mail_with_an_image_has_room_enough_not_to_be_taken_for_a_picture():
    body = '<p>Hello <img src="https://x.test/1.gif" width="1" height="1"></p>'
    head, _, rest = rendering.document(body, language="en").partition("</head>")
    assert len(head + rest) > 3200
    assert (
        "".join(head.split()) == '<!doctypehtml><htmllang="en"><head><metacharset="utf-8"><metaname="viewport"content="width=device-width">'
    )
    assert rest == f"<body>{body}</body></html>\r\n"


def test_a_mail_without_image_and_a_long_one_need_no_room():
    assert len(rendering.document("<p>Hello</p>", language="en")) < 200
    assert len(rendering.document(f'<img src="https://x.test/1.gif">{"word " * 700}', language="en")) < 3700


def test_the_same_mail_gives_the_same_bytes(queued):
    message = queued()
    assert render(message) == render(message)


def test_international_domains_travel_in_ascii_and_letters_before_the_at_do_not(draft):
    message = draft(to="Jörg <joerg@bücher.test>, иван@пример.test")
    raw = render(message).decode()
    assert "<joerg@xn--bcher-kva.test>" in raw
    assert "иван@" in raw
    assert rendering.needs_utf8(["иван@пример.test"])
    assert not rendering.needs_utf8(["joerg@bücher.test"])
