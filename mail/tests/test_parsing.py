"""What is read of a mail's bytes: words, addresses, dates, texts and files, right or wrong as they come."""

import base64
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mail import parsing
from mail.models import Message
from mail.tests.letters import built, mail, nested, parts, text
from tests.services import require

Note = Message.Note
ENCLOSED = "From: Carl <carl@x.test>\r\nSubject: Inner words\r\n\r\nInner text\r\n"
RUSSIAN = "Привет, это письмо о встрече в понедельник. Пожалуйста, подтвердите."


def read(body: str = "Hello\n", **fields: str) -> parsing.Letter:
    return parsing.read(mail(body, **fields))


def names(letter: parsing.Letter) -> list[str]:
    return [part.name for part in letter.parts]


def test_a_plain_mail_is_read():
    letter = read(Cc="Dora <dora@client.test>, e@client.test", Reply_To="Office <office@client.test>", Bcc="f@client.test")
    assert letter.sender == ("Boris Belov", "boris@client.test")
    assert letter.to == (("Alice", "alice@acme.test"),)
    assert letter.cc == (("Dora", "dora@client.test"), ("", "e@client.test"))
    assert letter.bcc == (("", "f@client.test"),)
    assert letter.reply_to == (("Office", "office@client.test"),)
    assert (letter.subject, letter.text, letter.html, letter.parts, letter.notes) == ("Offer", "Hello", "", (), ())
    assert letter.message_id == "<1@client.test>"
    assert letter.dated_at == datetime(2026, 11, 10, 9, tzinfo=UTC)
    assert letter.automatic == Message.Automatic.NONE


@pytest.mark.parametrize(
    ("written", "subject"),
    [
        ("=?utf-8?B?SGVsbG8g4pyU?=", "Hello ✔"),
        ("=?UTF-8?Q?=C3=A4_b?= =?utf-8?q?c?= d", "ä bc d"),
        ("=?utf-8?b?4pw=?= =?utf-8?b?lA==?=", "✔"),  # a letter cut in two
        ("=?iso-8859-1?q?caf=E9?=", "café"),
        ("=?iso-8859-1?q?=93so=94?=", "“so”"),  # what is called so mostly is Windows-1252
        ("=?koi8-r?B?8NLJ18XU?=", "Привет"),
        ("=?iso-2022-jp?b?GyRCRnxLXDhsGyhC?=", "日本語"),
        ("=?gb2312?b?xOO6ww==?=", "你好"),
        ("=?utf-8*en?q?tagged?=", "tagged"),
        ("=?x-unknown?q?caf=C3=A9?=", "café"),
        ("=?utf-8?q?no end", "=?utf-8?q?no end"),
        ("=?utf-8?b?SGVsbG8?=", "Hello"),  # without its padding
        ("=?utf-8?q?What?_now?=", "What? now"),
        ("Grüße", "Grüße"),
        ("a\r\n  folded\r\n\tline", "a folded line"),
        ("nul \0 and \x07 bell", "nul and bell"),
    ],
)
def test_the_words_of_a_header_are_decoded(written: str, subject: str):
    assert read(Subject=written).subject == subject


def test_raw_bytes_of_other_charsets_in_a_header_are_read():
    assert parsing.read(b"Subject: " + RUSSIAN.encode("cp1251") + b"\n\nx").subject == RUSSIAN
    assert parsing.read("Subject: Grüße\n\nx".encode("latin-1")).subject == "Grüße"


@pytest.mark.parametrize(
    ("written", "name", "email"),
    [
        ('"Belov, Boris" <b@x.test>', "Belov, Boris", "b@x.test"),
        ("Belov, Boris <b@x.test>", "Belov, Boris", "b@x.test"),
        ("=?utf-8?q?Belov=2C_Bj=C3=B6rn?= <b@x.test>", "Belov, Björn", "b@x.test"),
        ("b@x.test (Boris (the first) Belov)", "Boris the first Belov", "b@x.test"),
        ("<@relay.test,@other.test:b@x.test>", "", "b@x.test"),
        ("b@x.test <b@x.test>", "", "b@x.test"),
        ("<<b@x.test>>", "", "b@x.test"),
        ("Boris <b@x.test", "Boris", "b@x.test"),
        ("mailto:b@x.test", "", "b@x.test"),
        ("Boris <B@X.Test>", "Boris", "B@x.test"),
        ("b@xn--bcher-kva.test", "", "b@bücher.test"),
        ("b@x..test", "", "b@x..test"),  # wrong, and readable
        ("b@[192.0.2.1]", "", "b@[192.0.2.1]"),
        ("MAILER-DAEMON (Mail System)", "MAILER-DAEMON", ""),
        ("Boris at home", "Boris at home", ""),
        ("", "", ""),
    ],
)
def test_senders_are_read_however_they_are_written(written: str, name: str, email: str):
    assert read(From=written).sender == (name, email)


def test_groups_are_taken_apart_and_what_is_no_address_is_dropped():
    letter = read(To="Sales: a@x.test, Bo <b@x.test>; undisclosed-recipients:;, c@x.test; nobody, A@x.test")
    assert letter.to == (("", "a@x.test"), ("Bo", "b@x.test"), ("", "c@x.test"))


def test_a_field_that_stands_twice_is_one():
    raw = mail().replace(b"Subject:", b"To: dora@client.test\r\nSubject:")
    assert [one.email for one in parsing.read(raw).to] == ["alice@acme.test", "dora@client.test"]


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("Tue, 10 Nov 2026 10:00:00 GMT", datetime(2026, 11, 10, 10, tzinfo=UTC)),
        ("10 Nov 26 10:00 -0500", datetime(2026, 11, 10, 15, tzinfo=UTC)),
        ("Tue, 10 Nov 2026 10:00:60 +0000 (UTC)", datetime(2026, 11, 10, 10, 0, 59, tzinfo=UTC)),
        ("2026-11-10T10:00:00+01:00", datetime(2026, 11, 10, 9, tzinfo=UTC)),
        ("2026-11-10 10:00:00", datetime(2026, 11, 10, 10, tzinfo=UTC)),
        ("Tue, 10 Nov 2026 10:00:00 +9999", datetime(2026, 11, 10, 10, tzinfo=UTC)),
        ("Tue, 31 Feb 2026 10:00:00 +0000", None),
        ("Tue, 10 Nov 1926 10:00:00 +0000", None),
        ("Thu, 01 Jan 1970 00:00:00 +0000", None),
        ("Tue, 10 Nov 9999 10:00:00 +0000", None),
        ("yesterday", None),
        ("99999999999999999999 Nov 2026", None),
    ],
)
def test_dates_are_read_and_absurd_ones_are_none(written: str, moment: datetime | None):
    assert read(Date=written).dated_at == moment


def test_the_last_server_says_when_the_mail_came():
    received = "from a by b; Tue, 10 Nov 2026 12:00:00 +0000\r\nReceived: from x by a; Tue, 10 Nov 2026 11:00:00 +0000"
    assert read(Received=received).received_at == datetime(2026, 11, 10, 12, tzinfo=UTC)


def test_message_ids_are_found_in_what_surrounds_them():
    letter = read(
        Message_ID="no-brackets@client.test",
        In_Reply_To="Your message of Monday <2@acme.test> and <3@acme.test>",
        References="<1@acme.test>\r\n <2@acme.test> <2@acme.test> junk",
    )
    assert letter.message_id == "<no-brackets@client.test>"
    assert letter.in_reply_to == "<2@acme.test>"
    assert letter.references == ("<1@acme.test>", "<2@acme.test>")


def test_a_message_id_that_is_too_long_is_the_same_wherever_it_is_named():
    long = f"<{'x' * 300}@client.test>"
    message_id = read(Message_ID=long).message_id
    assert len(message_id) <= 250
    assert read(In_Reply_To=long).in_reply_to == message_id
    assert read(References=f"<a@b> {long}").references[1] == message_id


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [
        ("windows-1251", "cp1251"),
        ("iso-8859-1", "cp1251"),  # a lie
        ("us-ascii", "koi8-r"),
        ("x-unknown", "cp1251"),
        ("", "koi8-r"),
        ("utf-8", "utf-8"),
        ("windows-1252", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-7", "utf-7"),
        ("gb18030", "gb18030"),
        ('"KOI8-R"', "koi8-r"),
    ],
)
def test_text_is_read_whatever_charset_it_claims(charset: str, encoding: str):
    head = mail("", Content_Type=f"text/plain; charset={charset}" if charset else "text/plain", Content_Transfer_Encoding="base64")
    assert parsing.read(head + base64.encodebytes(RUSSIAN.encode(encoding))).text == RUSSIAN


@pytest.mark.parametrize(
    ("charset", "content", "words"),
    [
        ("shift_jis", "こんにちは、世界".encode("cp932"), "こんにちは、世界"),
        ("x-sjis", "①".encode("cp932"), "①"),
        ("hz-gb-2312", b"~{<:Ky2;~}.", "己所不."),
        ("iso-2022-jp", "日本語".encode("iso2022_jp"), "日本語"),
        ("ks_c_5601-1987", "안녕하세요".encode("cp949"), "안녕하세요"),
        ("unicode-1-1-utf-7", b"+2AA-a", "�a"),  # half of a pair
        ("utf-8", b"a\xff\0b", "a�b"),
        ("rot13", b"plain", "plain"),
        ("punycode", b"plain-", "plain-"),
        ("iso-8859-1", b"\x93quoted\x94", "“quoted”"),
    ],
)
def test_charsets_of_all_sorts_are_decoded(charset: str, content: bytes, words: str):
    assert parsing.read(mail("", Content_Type=f"text/plain; charset={charset}") + content).text == words


def test_letters_that_cannot_be_read_are_told():
    assert parsing.read(mail("", Content_Type="text/plain; charset=utf-8") + b"Gr\xfc\xdfe \xe2\x82").notes == (Note.UNKNOWN_LETTERS,)


@pytest.mark.parametrize(
    ("encoding", "content", "words"),
    [
        ("quoted-printable", "caf=C3=A9 =\r\nau lait", "café au lait"),
        ("quoted-printable", "100 =ZZ = 5", "100 =ZZ = 5"),
        ("Quoted-Printable", "a=3Db=", "a=b"),
        ("base64", "SGVsbG8=\r\nSGVsbG8=", "HelloHello"),
        ("base64", "SGVs!bG8", "Hello"),
        ("x-uuencode", "begin 644 a.txt\r\n%2&5L;&\\\r\n`\r\nend\r\n", "Hello"),
        ("8bit", "Grüße", "Grüße"),
        ("odd", "as it is", "as it is"),
    ],
)
def test_encodings_are_taken_off_also_broken_ones(encoding: str, content: str, words: str):
    assert read(content, Content_Type="text/plain; charset=utf-8", Content_Transfer_Encoding=encoding).text.strip() == words


def test_text_that_only_claims_to_be_base64_is_shown_as_it_is():
    letter = read("This is plain text, and no base64 at all!\r\n", Content_Transfer_Encoding="base64")
    assert letter.text == "This is plain text, and no base64 at all!"
    assert letter.notes == (Note.BROKEN_ENCODING,)


def test_of_alternatives_both_texts_are_kept():
    letter = read(**parts(text("Plain"), text("<p>Rich</p>", kind="html"), kind="alternative"))
    assert (letter.text, letter.html.strip(), letter.parts) == ("Plain", "<p>Rich</p>", ())


def test_the_text_of_html_alone_is_derived():
    letter = read("<p>Dear <b>Alice</b>,</p><p>see <a href='https://x.test'>this</a></p>", Content_Type="text/html")
    assert letter.text == "Dear Alice,\n\nsee this (https://x.test)"


def test_an_empty_text_beside_html_is_derived_too():
    assert read(**parts(text("\r\n"), text("<p>Rich</p>", kind="html"), kind="alternative")).text == "Rich"


def test_several_texts_stand_in_order():
    letter = read(**parts(text("One"), "Content-Type: image/png\r\n\r\nPNG", text("Two")))
    assert letter.text == "One\n\nTwo"
    assert names(letter) == ["image.png"]


def test_text_between_html_is_not_lost():
    letter = read(**parts(text("<p>One</p>", kind="html"), text("Two <3"), text("<p>Three</p>", kind="html")))
    assert letter.text == "One\n\nTwo <3\n\nThree"
    assert "Two &lt;3" in letter.html
    assert letter.html.index("One") < letter.html.index("Two") < letter.html.index("Three")


def test_text_files_are_files():
    attached = text("a,b", more='Content-Disposition: attachment; filename="list.txt"\r\n')
    named = text("notes", more='Content-Disposition: inline; filename="notes.txt"\r\n')
    letter = read(**parts(text("Hello"), attached, named))
    assert letter.text == "Hello"
    assert names(letter) == ["list.txt", "notes.txt"]


def test_an_invitation_is_a_file_beside_the_text():
    invitation = 'Content-Type: text/calendar; method=REQUEST; charset="utf-8"\r\n\r\nBEGIN:VCALENDAR\r\nEND:VCALENDAR'
    letter = read(**parts(text("Come"), text("<p>Come</p>", kind="html"), invitation, kind="alternative"))
    assert (letter.text, letter.html.strip()) == ("Come", "<p>Come</p>")
    assert [(part.name, part.content_type) for part in letter.parts] == [("text.ics", "text/calendar")]


def test_pictures_in_the_text_are_told_from_files():
    page = text('<img src="cid:logo%40x"><img src="https://x.test/a.png">', kind="html")
    logo = "Content-Type: image/png; name=logo.png\r\nContent-ID: <logo@x>\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0K"
    by_place = "Content-Type: image/png\r\nContent-Location: https://x.test/a.png\r\n\r\nPNG"
    unused = "Content-Type: image/gif\r\nContent-ID: <unused@x>\r\n\r\nGIF"
    letter = read(**parts(page, logo, by_place, unused, kind="related"))
    assert [part.is_inline for part in letter.parts] == [True, True, False]
    assert letter.parts[0].content_id == "logo@x"
    assert letter.parts[0].content == base64.b64decode("iVBORw0K")
    assert f'"cid:{letter.parts[1].content_id}"' in letter.html


def test_an_enclosed_mail_is_a_file_byte_for_byte_and_its_text_stays_in_it():
    letter = read(**parts(text("Outer"), f"Content-Type: message/rfc822\r\n\r\n{ENCLOSED}"))
    assert letter.text == "Outer"
    assert names(letter) == ["Inner words.eml"]
    assert letter.parts[0].content == ENCLOSED.encode()
    assert letter.parts[0].content_type == "message/rfc822"


def test_a_digest_holds_mails():
    assert names(read(**parts(f"\r\n{ENCLOSED}", f"\r\n{ENCLOSED}", kind="digest"))) == ["Inner words.eml"] * 2


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('attachment; filename="offer.pdf"', "offer.pdf"),
        ("attachment; filename=our offer.pdf", "our offer.pdf"),
        ("attachment; filename*=UTF-8''%D0%A6%D0%B5%D0%BD%D0%B0.pdf", "Цена.pdf"),
        ("attachment; filename*0*=utf-8''%D0%A6; filename*1*=%D0%B5; filename*2=na.pdf", "Цеna.pdf"),
        ("attachment; filename*=koi8-r''%E3%C5%CE%C1.pdf", "Цена.pdf"),
        ("attachment; filename*=x-none''%41.pdf", "A.pdf"),
        ('attachment; filename="=?utf-8?q?Pr=C3=A4sent.pdf?="', "Präsent.pdf"),
        ('attachment; filename="Präsent.pdf"', "Präsent.pdf"),
        ('attachment; filename="..\\..\\etc/passwd"', "passwd"),
        ("attachment; filename*0=a; filename*=b; filename*x=c", "a"),
        ("attachment", "file.pdf"),
    ],
)
def test_files_are_named_as_their_senders_named_them(disposition: str, name: str):
    file = f"Content-Type: application/pdf\r\nContent-Disposition: {disposition}\r\n\r\nPDF"
    assert names(read(**parts(text("Hello"), file))) == [name]


def test_what_is_only_said_to_be_bytes_has_the_type_of_its_name():
    files = [f"Content-Type: application/octet-stream; name={name}\r\n\r\nx" for name in ("a.PNG", "b", "c.eml", "d.unheard-of")]
    types = [part.content_type for part in read(**parts(*files)).parts]
    assert types == ["image/png", *["application/octet-stream"] * 3]


def test_a_very_long_name_keeps_its_ending():
    (name,) = names(parsing.read(built(**{f"{'x' * 400}.pdf": b"PDF"}).as_bytes()))
    assert len(name) == 200
    assert name.endswith("x.pdf")


def test_a_signed_mail_shows_what_is_signed():
    signature = "Content-Type: application/pgp-signature; name=signature.asc\r\n\r\n-----BEGIN PGP SIGNATURE-----"
    letter = read(**parts(text("Signed words"), signature, kind="signed"))
    assert (letter.text, names(letter), letter.notes) == ("Signed words", ["signature.asc"], ())


def test_of_an_encrypted_mail_the_parts_are_files_and_it_says_so():
    version = "Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1"
    letter = read(**parts(version, "Content-Type: application/octet-stream; name=encrypted.asc\r\n\r\nxx", kind="encrypted"))
    assert (letter.text, names(letter), letter.notes) == ("", ["file.txt", "encrypted.asc"], (Note.ENCRYPTED,))


@pytest.mark.parametrize(("kind", "note"), [("enveloped-data", Note.ENCRYPTED), ("signed-data", Note.SIGNED_INSIDE)])
def test_a_mail_in_an_envelope_is_a_file_and_it_says_so(kind: str, note: Message.Note):
    letter = read("MIIB", Content_Type=f"application/pkcs7-mime; smime-type={kind}; name=smime.p7m", Content_Transfer_Encoding="base64")
    assert (names(letter), letter.notes) == (["smime.p7m"], (note,))


@pytest.mark.parametrize("options", [["-nodetach"], ["-nodetach", "-stream", "-indef"]])
def test_a_mail_inside_of_its_signature_is_read(options: list[str], tmp_path: Path):
    inner = nested(text("Signed words"), "Content-Type: application/pdf; name=a.pdf\r\n\r\nPDF", kind="mixed", boundary="i")
    letter = parsing.read(mail("").rstrip() + b"\r\n" + signed(inner.encode(), options, tmp_path))
    assert (letter.text, names(letter), letter.notes) == ("Signed words", ["smime.p7m", "a.pdf"], ())


def signed(content: bytes, options: list[str], folder: Path) -> bytes:
    """A part that wraps this one in a signature, as OpenSSL makes it."""
    require("openssl")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    create = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Boris", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(["openssl", *create], check=True, capture_output=True)
    sign = ["cms", "-sign", "-binary", *options, "-signer", str(certificate), "-inkey", str(key)]
    return subprocess.run(["openssl", *sign], input=content, check=True, capture_output=True).stdout


def test_files_of_an_old_mac_come_without_their_resource_fork():
    fork = "Content-Type: application/applefile; name=x.pdf\r\n\r\nfork"
    double = nested(fork, "Content-Type: application/pdf; name=x.pdf\r\n\r\nPDF", kind="appledouble", boundary="d")
    assert names(read(**parts(text("Hello"), double))) == ["x.pdf"]


def test_outlooks_container_is_kept_as_a_file():
    assert names(read(**parts(text("Hi"), "Content-Type: application/ms-tnef; name=winmail.dat\r\n\r\nx"))) == ["winmail.dat"]


def test_files_in_the_middle_of_a_text_are_taken_out():
    letter = read("See:\r\nbegin 644 a.txt\r\n%2&5L;&\\\r\n`\r\nend\r\nBye\r\nbegin 644 of nothing\r\n")
    assert names(letter) == ["a.txt"]
    assert letter.parts[0].content == b"Hello"
    assert letter.text.split() == ["See:", "Bye", "begin", "644", "of", "nothing"]


def test_paragraphs_that_were_broken_for_the_way_are_joined():
    flowed = "One long \r\nparagraph.\r\n> quoted \r\n> words\r\n>> deeper\r\n\r\n From here\r\n-- \r\nBoris"
    letter = read(flowed, Content_Type="text/plain; format=flowed")
    assert letter.text == "One long paragraph.\n> quoted words\n>> deeper\n\nFrom here\n-- \nBoris"
    assert read("日本 \r\n語", Content_Type="text/plain; charset=utf-8; format=flowed; delsp=yes").text == "日本語"


@pytest.mark.parametrize("ending", [b"\r\n", b"\n", b"\r"])
def test_lines_may_end_as_they_like(ending: bytes):
    raw = mail(**parts(text("One\r\nTwo"), "Content-Type: application/pdf; name=a.pdf\r\n\r\nPDF"))
    letter = parsing.read(raw.replace(b"\r\n", ending))
    assert (letter.subject, letter.text, names(letter)) == ("Offer", "One\nTwo", ["a.pdf"])
    assert letter.content_key == parsing.read(raw).content_key


@pytest.mark.parametrize(
    "before",
    [
        b"From boris@client.test Tue Nov 10 10:00:00 2026\n",
        b">From boris Tue Nov 10 10:00:00 2026\n",
        b"\xef\xbb\xbf",
        b"\r\n\r\n",
        b"junk line\n",
    ],
)
def test_what_stands_in_front_of_the_headers_does_no_harm(before: bytes):
    letter = parsing.read(before + mail())
    assert (letter.subject, letter.text) == ("Offer", "Hello")


def test_a_body_without_headers_is_shown():
    assert parsing.read(b"Only words\nand more").text == "Only words\nand more"


def test_headers_without_a_body_are_a_mail():
    assert parsing.read(b"Subject: Nothing else").subject == "Nothing else"


def test_a_body_without_the_blank_line_in_front_is_shown():
    letter = parsing.read(b"Subject: Offer\nFrom: b@x.test\nHello Alice,\nsee below\n\nBoris")
    assert (letter.subject, letter.text) == ("Offer", "Hello Alice,\nsee below\n\nBoris")


def test_a_stray_line_among_the_headers_is_passed_over():
    raw = mail().replace(b"Subject:", b"stray line\r\nSubject:")
    assert (parsing.read(raw).subject, parsing.read(raw).text) == ("Offer", "Hello")
    letter = parsing.read(b"Subject: Offer\nFrom: b@x.test\nHello Alice,\nPS: see below\n")
    assert letter.text == "Hello Alice,\nPS: see below"


def test_parts_without_a_boundary_are_found_or_shown_as_text():
    unnamed = mail(**parts(text("One"), text("<p>Two</p>", kind="html"))).replace(b'; boundary="b"', b"")
    assert parsing.read(unnamed).text == "One\n\nTwo"
    lost = read("Just words", Content_Type="multipart/mixed; boundary=b")
    assert (lost.text, lost.notes) == ("Just words", (Note.NO_BOUNDARY,))


def test_a_mail_that_was_cut_off_shows_what_came():
    raw = mail(**parts(text("One"), "Content-Type: application/pdf; name=a.pdf\r\n\r\nPDF PDF PDF"))
    letter = parsing.read(raw[: raw.index(b"PDF PDF") + 5])
    assert (letter.text, names(letter), letter.notes) == ("One", ["a.pdf"], (Note.CUT_OFF,))


def test_a_text_that_is_too_long_is_all_in_a_file():
    letter = read("x" * 1_200_000)
    assert len(letter.text) == 1_000_000
    assert len(letter.parts[0].content) == 1_200_000
    assert letter.notes == (Note.CUT_TEXT,)


@pytest.mark.parametrize("raw", [b"", b" \r\n\r\n", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0", b"PK\x03\x04\0\0\0\0 no mail"])
def test_what_is_no_mail_is_refused_with_a_sentence(raw: bytes):
    with pytest.raises(parsing.Unreadable) as refused:
        parsing.read(raw)
    assert refused.value.sentence.startswith("It is ")


def test_the_key_is_the_same_for_every_copy_and_another_for_a_forged_message_id():
    key = read().content_key
    assert read(Received="from elsewhere", X_Folder="Archive", body="Rewritten").content_key == key
    assert parsing.read(mail(Subject="Offer").replace(b"Subject: Offer", b"Subject:\r\n  Offer ")).content_key == key
    assert read(Subject="Another").content_key != key
    assert read(From="somebody@else.test").content_key != key
    assert parsing.content_key(mail().partition(b"\r\n\r\n")[0]) == key


def test_without_a_message_id_the_body_counts():
    assert read(Message_ID="").content_key != read("Other words", Message_ID="").content_key
    assert parsing.content_key(mail(Message_ID="")) == ""
