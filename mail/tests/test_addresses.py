"""Address fields as people type, paste and attack them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mail.addresses import Mailbox, normal, parse, to_ascii, write

NAMES = st.text(alphabet=st.characters(blacklist_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=40).map(lambda name: " ".join(name.split()))


@pytest.mark.parametrize(
    ("typed", "mailboxes"),
    [
        ("", []),
        ("boris@client.test", [("", "boris@client.test")]),
        ("Boris Ivanov <boris@client.test>", [("Boris Ivanov", "boris@client.test")]),
        ('"Ivanov, Boris" <boris@client.test>; carla@client.test', [("Ivanov, Boris", "boris@client.test"), ("", "carla@client.test")]),
        ("boris@client.test\ncarla@client.test,", [("", "boris@client.test"), ("", "carla@client.test")]),
        ("Борис <boris@client.test>", [("Борис", "boris@client.test")]),
        ("joerg@BÜCHER.example", [("", "joerg@bücher.example")]),
        ("joerg@xn--bcher-kva.example", [("", "joerg@bücher.example")]),
        ("boris@client.test, BORIS@client.test", [("", "boris@client.test")]),
        ("o'brien+tag@mail.client.test", [("", "o'brien+tag@mail.client.test")]),
        ("root@localhost", [("", "root@localhost")]),
        ("boris@office.local", [("", "boris@office.local")]),
    ],
)
def test_what_people_type_is_understood(typed, mailboxes):
    found = parse(typed)
    assert [(one.name, one.email) for one in found.mailboxes] == mailboxes
    assert found.mistakes == []


@pytest.mark.parametrize(
    "typed",
    [
        "boris",
        "boris@",
        "@client.test",
        "boris@client",
        "boris@client..test",
        "boris@@client.test",
        "boris client@client.test",
        "Boris <boris@client.test",
        "boris@client.test>",
        "(boris@client.test)",
        "boris@[127.0.0.1]",
        "a" * 65 + "@client.test",
        "boris@" + "a" * 64 + ".test",
    ],
)
def test_what_is_no_address_is_kept_as_a_mistake(typed):
    assert (parse(typed).mailboxes, parse(typed).mistakes) == ([], [typed])


@pytest.mark.parametrize("typed", ["boris@client.test\r\nBcc: eve@x.test", "Boris\r\nBcc: eve@x.test <boris@client.test>"])
def test_a_line_break_only_separates(typed):
    assert all("\n" not in str(one) and "\r" not in str(one) for one in parse(typed).mailboxes)
    assert [one.email for one in parse(typed).mailboxes] == ["boris@client.test"]


def test_an_address_in_the_name_is_not_mailed_to():
    """CVE-2023-27043: the standard library's parser took such a name for the address."""
    assert [one.email for one in parse('"ceo@client.test" <eve@x.test>').mailboxes] == ["eve@x.test"]
    assert parse("ceo@client.test(<eve@x.test>").mailboxes == [Mailbox("eve@x.test", "ceo@client.test(")]


@given(
    st.lists(
        st.tuples(NAMES, st.sampled_from(["a@b.test", "boris@client.test", "joerg@bücher.test"])), max_size=3, unique_by=lambda one: one[1]
    )
)
def test_what_is_written_is_read_back(boxes):
    found = parse(", ".join(write(name, email) for name, email in boxes))
    assert found.mistakes == []
    assert [(one.name, one.email) for one in found.mailboxes] == boxes


@settings(deadline=None)
@given(st.text(max_size=200))
def test_nothing_typed_is_lost_or_raises(typed):
    found = parse(typed)
    for one in found.mailboxes:
        assert normal(one.email) == one.email
        assert one.name.isprintable() or one.name
        assert not set(one.email) & set("\r\n <>,")
    assert bool(found.mailboxes or found.mistakes) == bool(typed.strip(" \t,;\r\n") and typed.strip() and any(typed_pieces(typed)))


def typed_pieces(typed: str) -> list[str]:
    return [piece for piece in typed.replace(";", ",").replace("\r", ",").replace("\n", ",").split(",") if piece.strip()]


def test_addresses_for_the_wire():
    assert to_ascii("joerg@bücher.example") == "joerg@xn--bcher-kva.example"
    assert to_ascii("иван@пример.рф") is None
