"""Consent by the file and by the list: what is recognised, what is refused, that nothing enters twice, and the way out again."""

import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from crm.accounts.models import AuditEntry
from crm.consent import importing, ledger
from crm.consent.models import AppendOnly, Consent
from crm.consent.signals import no_more

IMPORT, SET = "/settings/privacy/consent/import/", "/settings/privacy/consent/set/"
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
TABLE = "email;state;date;note\nanna@client.test;granted;2026-04-03;trade fair\nboris@client.test;refused;04.04.2026;by telephone\n"
pytestmark = pytest.mark.django_db


def read(text: str, order: str = "dmy") -> importing.Table:
    return importing.read(text, order=order, now=NOW)


def said(table: importing.Table) -> list[tuple[str, str, date]]:
    return [(row.saying.email, row.saying.state, row.saying.at.date()) for row in table.rows if row.saying]


def upload(client, content: bytes, name: str = "consent.csv", **more):
    return client.post(IMPORT, {"file": SimpleUploadedFile(name, content), "text": "", "order": "dmy", "name": "", **more})


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_separator_and_encoding_are_recognised(delimiter, encoding):
    text = TABLE.replace("trade fair", "Messe Köln").replace(";", delimiter)
    table = read(importing.decode(text.encode(encoding)))
    assert said(table) == [("anna@client.test", "granted", date(2026, 4, 3)), ("boris@client.test", "refused", date(2026, 4, 4))]
    assert table.rows[0].saying.note == "Messe Köln"  # type: ignore[union-attr]


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "SEP=;", "\ufeffsep=;"])
def test_excels_first_line_is_understood(first):
    table = read(f"{first}\r\n{TABLE}")
    assert len(said(table)) == 2
    assert [row.number for row in table.rows] == [3, 4]


@pytest.mark.parametrize(
    ("written", "order", "meant"),
    [
        ("2026-04-03", "mdy", date(2026, 4, 3)),
        ("03.04.2026", "mdy", date(2026, 4, 3)),
        ("03/04/2026", "dmy", date(2026, 4, 3)),
        ("03/04/2026", "mdy", date(2026, 3, 4)),
        ("3-4-2026", "dmy", date(2026, 4, 3)),
        ("2026-04-03T10:30:00+02:00", "dmy", date(2026, 4, 3)),
    ],
)
def test_dates(written, order, meant):
    assert said(read(f"a@b.test;yes;{written};x", order))[0][2] == meant


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("nobody;granted;2026-04-03;x", "“nobody” is no email address"),
        ("a@b.test;perhaps;2026-04-03;x", "“perhaps” is none of"),
        ("a@b.test;granted;31.02.2026;x", "is no date"),
        ("a@b.test;granted;03/04/26;x", "is no date"),
        ("a@b.test;granted;;x", "is no date"),
        ("a@b.test;granted;2027-04-03;x", "in the future"),
        ("a@b.test;granted", "is no date"),
    ],
)
def test_a_line_that_cannot_be_taken_is_told_by_its_number_and_the_others_go_on(line, sentence):
    table = read(f"{TABLE}{line}\n")
    assert len(table.new) == 2
    assert (table.faulty[0].number, sentence in table.faulty[0].fault) == (4, True)


def test_columns_may_stand_in_any_order_with_others_between_them():
    table = read("Name,Date,E-Mail,Phone,Consent\nAnna,2026-04-03,Anna <ANNA@client.test>,1,Opt-in\n")
    assert said(table) == [("anna@client.test", "granted", date(2026, 4, 3))]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "no line in it"),
        (" \n\n", "no line in it"),
        ("name;colour\nAnna;red", "A column is missing"),
        ("a;" + "x" * 200_000, "no table"),
    ],
)
def test_what_is_no_such_table_is_told(text, sentence):
    with pytest.raises(importing.CannotRead, match=sentence):
        read(text)


def test_a_program_is_no_table():
    with pytest.raises(importing.CannotRead, match="no text"):
        importing.decode(b"MZ\x90\x00\x03\x00\xff\xfe\xfd\x00\x00")


def test_too_much_is_refused_in_a_sentence(admin):
    with pytest.raises(importing.CannotRead, match="more than 20000 lines"):
        read("a@b.test;yes;2026-04-03\n" * 20_002)
    answer = upload(admin, b"x" * (importing.MAX_BYTES + 1))
    assert answer.status_code == 422
    assert "larger than 5 MB" in answer.content.decode()


def test_what_somebody_refused_themselves_no_file_can_grant():
    Consent.objects.create(email="anna@client.test", state="refused", source="page", at=NOW - timedelta(days=900))
    table = read(TABLE)
    assert "only they can allow it again" in table.faulty[0].fault
    assert [row.saying.email for row in table.new if row.saying] == ["boris@client.test"]


def test_a_trial_keeps_nothing_then_the_import_is_kept_with_its_file_and_who_did_it(admin, ada, anna):
    page = upload(admin, TABLE.encode()).content.decode()
    assert "Nothing is kept yet" in page
    assert "Add 2 entries" in page
    assert not Consent.objects.exists()
    admin.post(IMPORT, {"text": TABLE, "name": "consent.csv", "order": "dmy", "keep": "1"})
    entry = Consent.objects.get(email="anna@client.test")
    assert (entry.source, entry.actor, entry.actor_name, entry.person) == ("import", ada, "Ada Adler", anna)
    assert entry.note == "trade fair · From the file consent.csv"
    assert AuditEntry.objects.get(action="consent_imported").details == {"count": 2, "known": 0, "faulty": 0}


def test_the_page_carries_what_the_file_said_so_that_it_can_be_kept(admin):
    page = upload(admin, TABLE.encode("utf-16"))
    assert page.context["text"].splitlines() == TABLE.splitlines()
    assert "anna@client.test;granted;2026-04-03;trade fair" in page.content.decode()


def test_the_same_imported_twice_adds_nothing(admin):
    for _again in range(2):
        admin.post(IMPORT, {"text": TABLE + TABLE.partition("\n")[2], "name": "renamed.csv", "order": "dmy", "keep": "1"})
    assert Consent.objects.count() == 2


def test_an_imported_refusal_stops_what_is_on_its_way(admin):
    heard = []
    no_more.connect(listen := lambda sender, email, at, **kwargs: heard.append(email))
    admin.post(IMPORT, {"text": TABLE, "name": "", "order": "dmy", "keep": "1"})
    no_more.disconnect(listen)
    assert heard == ["boris@client.test"]


def test_the_lines_with_a_problem_come_back_as_a_file(admin):
    answer = admin.post(f"{IMPORT}faults/", {"text": f"{TABLE}=cmd();granted;soon;x\n", "name": "", "order": "dmy"})
    head, line = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert head == ["email", "state", "date", "note", "problem"]
    assert line[0] == "'=cmd()"
    assert "no email address" in line[-1]


def test_the_whole_ledger_goes_out_and_comes_in_again_without_a_second_entry(admin):
    ledger.record(email="anna@client.test", state="granted", source="mail", at=NOW, note="@SUM(1)", wording="May we?\nPlease")
    ledger.record(email="+tag@client.test", state="withdrawn", source="page", at=NOW)
    answer = admin.get("/settings/privacy/consent/export/")
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    rows = list(csv.reader(io.StringIO(text)))
    assert all(not cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
    table = importing.read(importing.decode(text.encode()), order="dmy", now=timezone.now())
    assert (len(table.new), len(table.known), len(table.faulty)) == (0, 2, 0)
    assert AuditEntry.objects.get(action="consent_exported").details == {"count": 2}


def test_a_list_of_addresses_is_tried_and_then_set(admin, ada):
    values = {
        "addresses": "anna@client.test, Boris <boris@client.test>;\nnobody\n",
        "state": "granted",
        "at": "2026-03-03T12:00",
        "note": "Contract",
    }
    page = admin.post(SET, values).content.decode()
    assert "“nobody” is no email address" in page
    assert "Add 2 entries" in page
    assert not Consent.objects.exists()
    admin.post(SET, {**values, "keep": "1"})
    assert {(entry.email, entry.source, entry.actor, entry.note) for entry in Consent.objects.all()} == {
        ("anna@client.test", "hand", ada, "Contract"),
        ("boris@client.test", "hand", ada, "Contract"),
    }


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"note": ""}, "Say how you know it."),
        ({"addresses": " ,; "}, "no address"),
        ({"at": "2999-01-01T00:00"}, "in the future"),
        ({"at": "soon"}, "not a date"),
    ],
)
def test_a_list_that_cannot_be_set_is_told(admin, changes, sentence):
    values = {"addresses": "a@b.test", "state": "granted", "at": "2026-03-03T12:00", "note": "x", "keep": "1", **changes}
    answer = admin.post(SET, values)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Consent.objects.exists()


def test_the_ledgers_page_finds_an_address(admin):
    Consent.objects.create(email="anna@client.test", state="granted", source="hand", note="Fair", at=timezone.now())
    Consent.objects.create(email="boris@client.test", state="refused", source="hand", at=timezone.now())
    page = admin.get("/settings/privacy/consent/", {"q": "ANNA"}).content.decode()
    assert "anna@client.test" in page
    assert "boris@client.test" not in page


def test_nothing_that_was_imported_can_be_changed(admin):
    admin.post(IMPORT, {"text": TABLE, "name": "", "order": "dmy", "keep": "1"})
    with pytest.raises(AppendOnly):
        Consent.objects.all().delete()
