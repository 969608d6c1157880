"""Files that are made to hang the server, or to fill its memory: each is read, or refused, at once."""

import time
import tracemalloc
from collections.abc import Iterator

import pytest

from crm.accounts.models import User
from crm.exchange import drafting, reading, vcards
from crm.exchange.directory import Directory
from crm.exchange.tests.conftest import Door

LONG = 100_000  # characters of a cell
PATIENCE = 5  # seconds, on a busy machine


@pytest.fixture(autouse=True)
def at_once() -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < PATIENCE


def test_a_first_row_that_is_nearly_an_address_is_read_at_once():
    cell = "@." * 1000 + " x"
    assert reading.recognise(f"{cell},Email\n1,2\n".encode(), "people.csv").has_head


def test_a_first_row_with_an_address_is_no_head():
    assert not reading.recognise(b"Boris, boris@client.test \nCarla,carla@client.test\n", "people.csv").has_head


def test_more_columns_than_are_taken_are_refused_before_the_rows_are_laid_out():
    content = ("," * 20_000 + "a\n" + "b\n" * 2_000).encode()
    tracemalloc.start()
    try:
        with pytest.raises(reading.Unreadable):
            reading.read(content, reading.Format("utf-8"))
        assert tracemalloc.get_traced_memory()[1] < 50_000_000
    finally:
        tracemalloc.stop()


def test_a_card_with_more_numbers_than_there_are_columns_is_refused():
    text = "BEGIN:VCARD\nFN:Boris\n" + "TEL:1\n" * 20_000 + "END:VCARD\n"
    with pytest.raises(reading.Unreadable):
        reading.read(text.encode(), reading.Format("utf-8", is_cards=True))


def test_a_quoted_printable_value_of_many_lines_is_read_at_once():
    text = "BEGIN:VCARD\nFN:Boris\nNOTE;ENCODING=QUOTED-PRINTABLE:" + "abcdefghi=\n" * 30_000 + "end\nEND:VCARD\n"
    assert vcards.read(text)[0]["Notes"].endswith("end")


@pytest.mark.django_db
def test_a_colleagues_name_of_many_letters_is_looked_up_at_once(alice: User):
    assert Directory(alice).colleague("a" * LONG) is None
    assert Directory(alice).colleague(f"Alice ({alice.email})") == alice


def test_blanks_between_names_cost_no_time():
    assert drafting._names([drafting.Cell("tags", "a" + " " * LONG + "b, c ;* d")]) == ["a b", "c", "d"]


@pytest.mark.django_db
def test_a_date_of_many_clocks_is_a_fault_at_once(imported: Door):
    job = imported('Name,Added\nBoris,"' + "x 11:11" * (LONG // 7) + '\n"\n', columns={"Added": "created_at"})
    assert (job.status, job.faulty_count) == ("done", 1)
