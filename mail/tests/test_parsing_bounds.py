"""Mails made to exhaust their reader are read with bounded work, and whatever arrives is read or refused, never a crash."""

import random
import tracemalloc
from collections.abc import Callable, Iterator

import pytest

from mail import parsing
from mail.models import Message
from mail.parsing import heads, structure
from mail.tests.letters import built, collection, mail, nested, parts, text

Note = Message.Note
HEAD = mail().partition(b"\r\n\r\n")[0] + b"\r\n"
MIXED = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"


def of_type(kind: bytes, content: bytes) -> bytes:
    return HEAD + b"Content-Type: " + kind + b"\r\n\r\n" + content


def deep(levels: int, *, one_boundary: bool = False) -> bytes:
    names = [b"b" if one_boundary else b"b%d." % level for level in range(levels)]
    return (
        HEAD + b"".join(b"Content-Type: multipart/mixed; boundary=%s\r\n\r\n--%s\r\n" % (name, name) for name in names) + b"\r\nHello\r\n"
    )


BOMBS: dict[str, Callable[[], bytes]] = {
    "nested parts": lambda: deep(20_000),
    "nested parts of one boundary": lambda: deep(20_000, one_boundary=True),
    "nested mails": lambda: HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 50_000,
    "a million parts": lambda: HEAD + MIXED + b"--b\n\nx\n" * 1_000_000,
    "almost boundaries": lambda: HEAD + MIXED + b"--bx\n" * 1_000_000,
    "a header of ten megabytes": lambda: b"Subject: " + b"x" * 10_000_000 + b"\r\n" + mail(),
    "a folded header of ten megabytes": lambda: b"Subject: x\r\n" + b" yyyyyyyyy\r\n" * 900_000 + mail(),
    "half a million headers": lambda: b"X-Header: value\r\n" * 500_000 + mail(),
    "half a million recipients": lambda: b"To: " + b"a@b.test, " * 500_000 + b"\r\n" + mail(),
    "references without end": lambda: b"References: " + b"<a@b.test> " * 100_000 + b"\r\n" + mail(),
    "quotes that never close": lambda: mail(From='"\\' * 30_000),
    "brackets that never close": lambda: mail(From="(" * 30_000 + "<" * 30_000),
    "encoded words that never end": lambda: mail(Subject="=?a?q?" * 10_000),
    "parameters that never end": lambda: mail(Content_Type='text/plain; a="' + ";" * 60_000),
    "names in thousands of pieces": lambda: mail(Content_Disposition="attachment; " + "".join(f"filename*{n}*=a; " for n in range(4_000))),
    "padding and nothing else": lambda: of_type(b"text/plain\r\nContent-Transfer-Encoding: base64", b"=A" * 1_000_000),
    "soft line breaks alone": lambda: of_type(b"text/plain\r\nContent-Transfer-Encoding: quoted-printable", b"=\n" * 1_000_000),
    "files that never end": lambda: HEAD + b"\r\n" + b"begin 644 x\n" * 60_000 + b"\nend\n",
    "tags that never close": lambda: of_type(b"text/html", b"<b><i>" * 200_000),
    "comments that never close": lambda: of_type(b"text/html", b"<!--" * 300_000),
    "quotes in quotes": lambda: of_type(b"text/html", b"<blockquote>" * 3_000 + b"x<br>" * 3_000),
    "tables in tables": lambda: of_type(b"text/html", b"<table><tr><td>x" * 1_900),
    "pictures by place": lambda: mail(
        **parts(
            text('<img src="x">' * 50_000, kind="html"), *["Content-Type: image/png\r\nContent-Location: x\r\n\r\nz"] * 240, kind="related"
        )
    ),
    "html in pieces": lambda: mail(**parts(*[text("<b><i>" * 2_900, kind="html")] * 240)),
    "carriage returns": lambda: HEAD.replace(b"\r\n", b"\r") + b"\r" + b"a\r" * 1_000_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_read_within_bounds(name: str):
    raw = BOMBS[name]()
    tracemalloc.start()
    try:
        letter = parsing.read(raw)
        _size, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 6 * len(raw) + 16_000_000
    assert len(letter.parts) <= structure.MOST_PARTS + 1
    assert len(letter.text) <= 1_000_000
    assert len(letter.html) <= 2_000_000
    assert max(len(letter.to), len(letter.references), len(letter.notes)) <= 1_000
    assert sum(len(part.content) for part in letter.parts) <= len(raw)


def depth_of(node: structure.Node) -> int:
    return 1 + max((depth_of(child) for child in node.children), default=0)


@pytest.mark.parametrize("one_boundary", [False, True])
def test_only_so_many_levels_are_looked_into(one_boundary: bool):
    tree = structure.Tree(deep(5_000, one_boundary=one_boundary))
    assert depth_of(tree.grow()) <= structure.DEEPEST + 1
    assert tree.parts <= structure.MOST_PARTS + 1


def test_what_lies_too_deep_is_in_a_file_whole():
    letter = parsing.read(deep(50))
    assert Note.TOO_DEEP in letter.notes
    assert letter.parts[-1].content.endswith(b"Hello\r\n")
    assert parsing.read(letter.parts[-1].content)  # it can be read further by itself


def test_what_is_too_much_is_in_one_file_whole():
    letter = parsing.read(mail(**parts(*(text(f"Part {number}") for number in range(400)))))
    assert letter.notes == (Note.TOO_MANY_PARTS,)
    assert "Part 0\n" in letter.text
    assert b"Part 399" in letter.parts[-1].content


def test_the_headers_behind_a_huge_one_are_read():
    letter = parsing.read(b"X-Huge: " + b"x" * 3_000_000 + b"\r\n" + mail())
    assert (letter.subject, letter.text) == ("Offer", "Hello")


def test_a_line_is_looked_at_a_bounded_number_of_times():
    looked: list[int] = []

    class Counted(bytes):
        def find(self, *args):  # type: ignore[no-untyped-def, override]
            found = super().find(*args)
            looked.append((args[2] if found < 0 else found) - args[1])
            return found

    raw = Counted(deep(1_000) + b"words\r\n" * 10_000)
    structure.Tree(raw).grow()
    assert sum(looked) <= (structure.DEEPEST + 1) * len(raw)


PIECES = [  # what a random byte would hardly ever hit upon
    *(b"charset=", b"utf-7", b"utf-16", b"hz-gb-2312", b"base64", b"quoted-printable", b"=?utf-8?b?", b"?=", b"=?x?q?", b"boundary="),
    *(b'"', b"\0", b"\r", b"\n", b"\r\n\r\n", b"--", b"--b", b"<", b">", b"(", b";", b"@", b"[", b"]", b"\xff\xfe", b"\xed\xa0\x80"),
    *(b"Content-Type: multipart/alternative; boundary=b\n", b"Content-Type: message/rfc822\n", b"filename*0*=", b"filename*=x''%1b"),
    *(b"<![CDATA[", b"<blockquote>", b"<svg>", b"cid:", b"begin 644 x\n", b"\nend\n", b"Date: ", b"9999", b"xn--", b"idna", b"\x1b$B"),
]


def own_samples() -> list[bytes]:
    rich = nested(text("Plain"), text("<p>Rich <img src='cid:a@b'></p>", kind="html"), kind="alternative", boundary="c")
    picture = (
        "Content-Type: image/png; name*=utf-8''%C3%A4.png\r\nContent-ID: <a@b>\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo="
    )
    everything = parts(
        rich, picture, f"Content-Type: message/rfc822\r\n\r\n{mail().decode()}", "Content-Type: text/calendar\r\n\r\nBEGIN:X"
    )
    report = parts(text("It failed"), "Content-Type: message/delivery-status\r\n\r\nFinal-Recipient: rfc822; a@b", kind="report")
    flowed = mail("One \r\n> two \r\n", Content_Type="text/plain; format=flowed; charset=iso-2022-jp", References="<a@b> <c@d>")
    return [
        mail(**everything),
        mail(**report),
        flowed,
        built(**{"ä.pdf": b"PDF" * 50}).as_bytes(),
        mail(Subject="=?gb2312?b?xOO6ww==?= =?a?q?b?="),
    ]


def mutations(samples: list[bytes], number: int) -> Iterator[bytes]:
    """Damaged mails, the same at every run."""
    chance = random.Random(number)
    for _ in range(number):
        raw = chance.choice(samples)
        for _damage in range(chance.randint(1, 8)):
            raw = damaged(raw, chance)
        yield raw


def damaged(raw: bytes, chance: random.Random) -> bytes:
    at, other = (chance.randrange(min(len(raw), 3_000) + 1 if chance.random() < 0.6 else len(raw) + 1) for _ in range(2))
    lines = raw.split(b"\n")
    line = chance.randrange(len(lines))
    return chance.choice(
        (
            lambda: raw[:at],
            lambda: raw[:at] + raw[at + chance.randrange(200) :],
            lambda: raw[:at] + bytes([chance.randrange(256)]) + raw[at + 1 :],
            lambda: raw[:at] + chance.choice(PIECES) + raw[at:],
            lambda: raw[:at] + raw[other : other + chance.randrange(300)] + raw[at:],
            lambda: raw[:at] + chance.randbytes(chance.randrange(20)) + raw[at:],
            lambda: raw.replace(b"--", b"-", chance.randrange(1, 4)),
            lambda: b"\n".join([*lines[:line], *lines[line + 1 :]]),
            lambda: b"\n".join([*lines[:line], lines[line], *lines[line:]]),
        )
    )()


def check(raw: bytes) -> None:
    """It is read, or refused; what was read fits into the database."""
    try:
        letter = parsing.read(raw)
    except parsing.Unreadable:
        return
    people = (letter.sender, *letter.reply_to, *letter.to, *letter.cc, *letter.bcc)
    words = [letter.message_id, letter.in_reply_to, letter.subject, letter.text, letter.html, letter.list_id, *letter.references]
    words += [word for person in people for word in person]
    words += [word for part in letter.parts for word in (part.name, part.content_type, part.content_id)]
    assert b"\0" not in "".join(words).encode()  # which lone surrogates would not survive
    assert all(len(one) <= 250 for one in (letter.message_id, letter.in_reply_to, *letter.references))
    assert all(len(person.name) <= 200 and len(person.email) <= 254 for person in people)
    assert all(part.name and len(part.name) <= 200 and len(part.content_type) <= 100 for part in letter.parts)
    assert len(letter.content_key) == 64


def test_damaged_mails_are_read_or_refused():
    for raw in mutations(own_samples(), 3_000):
        check(raw)


def test_damaged_real_mails_are_read_or_refused():
    samples = [path.read_bytes() for path in collection() if path.stat().st_size < 60_000]
    for raw in mutations(samples, 3_000):
        check(raw)


def test_noise_is_read_or_refused():
    chance = random.Random(4)
    for length in range(400):
        check(chance.randbytes(length))
        check(b"Subject: x\nContent-Type: multipart/mixed; boundary=b\n" + chance.randbytes(length))


def test_a_head_is_cut_and_not_lost():
    head = heads.read(b"X: y\n" * 5_000 + b"\nbody", 0, 25_005)
    assert head.is_cut
    assert len(head.fields) == heads.MOST_FIELDS
    assert head.end == 25_001
