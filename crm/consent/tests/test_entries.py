"""The ledger on a contact's page: the card, entries by hand, their evidence, and who may see it."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from crm.accounts.models import AuditEntry
from crm.consent import ledger
from crm.consent.models import Consent

SAID = {"state": "refused", "source": "hand", "at": "2026-03-03T12:00", "note": "On the telephone"}


def enter(client: Client, person, **changes):
    return client.post(f"/people/{person.pk}/consent/new/", {**SAID, **changes})


def page(client: Client, person) -> str:
    return client.get(f"/people/{person.pk}/").content.decode()


def test_the_card_says_at_first_that_nobody_was_asked(alice_client, anna):
    assert "Not asked" in page(alice_client, anna)


def test_a_contact_without_an_address_has_nothing_to_track(alice_client, alice, anna):
    anna.email = ""
    anna.save()
    assert "nothing to track" in page(alice_client, anna)
    assert alice_client.get(f"/people/{anna.pk}/consent/new/").status_code == 302


def test_an_entry_by_hand_holds_and_is_shown_with_its_history(alice_client, alice, anna):
    assert enter(alice_client, anna).status_code == 302
    entry = ledger.in_force(["anna@client.test"])["anna@client.test"]
    assert (entry.state, entry.source, entry.actor, entry.person) == ("refused", "hand", alice, anna)
    shown = page(alice_client, anna)
    for words in ("Refused", "3 March 2026", "Entered by hand", "On the telephone", "Alice Ahrens"):
        assert words in shown
    assert AuditEntry.objects.get(action="consent_recorded").about == "anna@client.test"


def test_without_a_note_nothing_is_entered_and_nothing_lost(alice_client, anna):
    answer = enter(alice_client, anna, note="", wording="May we?")
    assert answer.status_code == 422
    assert "Say how you know it." in answer.content.decode()
    assert "May we?" in answer.content.decode()
    assert not Consent.objects.exists()


def test_what_the_ledger_refuses_is_told_in_the_form(alice_client, anna):
    Consent.objects.create(email="anna@client.test", state="withdrawn", source="page", at=timezone.now() - timedelta(days=400))
    answer = enter(alice_client, anna, state="granted")
    assert answer.status_code == 422
    assert "only they can allow it again" in answer.content.decode()
    answer = enter(alice_client, anna, at="2999-01-01T00:00")
    assert "cannot be given in the future" in answer.content.decode()


def test_evidence_is_given_out_to_be_saved_and_never_shown(alice_client, anna):
    enter(alice_client, anna, evidence=SimpleUploadedFile("signed form.pdf", b"%PDF-1.4 yes"))
    entry = Consent.objects.get()
    assert (entry.evidence.name or "-") in Path(entry.evidence.path).as_posix()
    answer = alice_client.get(f"/consent/{entry.pk}/evidence/")
    assert b"".join(answer.streaming_content) == b"%PDF-1.4 yes"  # type: ignore[attr-defined]
    assert answer["Content-Disposition"].startswith('attachment; filename="signed_form')
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert f"/consent/{entry.pk}/evidence/" in page(alice_client, anna)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("page.html", b"<script>", "Files of this kind are not taken"),
        ("tool.exe", b"MZ", "Files of this kind are not taken"),
        ("pdf", b"x", "Files of this kind are not taken"),
        ("empty.pdf", b"", "The submitted file is empty"),
        ("large.pdf", b"x" * (10 * 1024 * 1024 + 1), "larger than 10 MB"),
    ],
)
def test_other_files_are_refused_in_a_sentence(alice_client, anna, name, content, sentence):
    answer = enter(alice_client, anna, evidence=SimpleUploadedFile(name, content))
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Consent.objects.exists()


def test_evidence_whose_file_is_gone_is_no_page(alice_client, anna):
    enter(alice_client, anna, evidence=SimpleUploadedFile("form.pdf", b"%PDF"))
    entry = Consent.objects.get()
    Path(entry.evidence.path).unlink()
    assert alice_client.get(f"/consent/{entry.pk}/evidence/").status_code == 404


@pytest.mark.parametrize(("name", "status"), [("bob", 200), ("mona", 200), ("ada", 200), ("charlie", 404)])
def test_whoever_sees_the_contact_sees_the_evidence_and_may_enter(request, alice_client, anna, name, status):
    enter(alice_client, anna, evidence=SimpleUploadedFile("form.pdf", b"%PDF"))
    client = Client()
    client.force_login(request.getfixturevalue(name))
    entry = Consent.objects.get()
    answer = client.get(f"/consent/{entry.pk}/evidence/")
    assert b"".join(answer) == b"%PDF" if answer.streaming else answer.status_code == 404  # type: ignore[call-overload]
    assert answer.status_code == status
    assert client.get(f"/people/{anna.pk}/consent/new/").status_code == status
    assert client.get(f"/people/{anna.pk}/consent/export/").status_code == status
    assert enter(client, anna).status_code == (302 if status == 200 else 404)


def test_entries_about_nobody_we_know_are_the_administrators(bob, ada, anna):
    Consent.objects.create(email="stranger@elsewhere.test", state="granted", source="hand", at=timezone.now())
    assert not Consent.objects.visible_to(bob).exists()
    assert Consent.objects.visible_to(ada).count() == 1


def test_what_an_earlier_address_said_stays_in_the_history_and_holds_no_more(alice_client, anna):
    enter(alice_client, anna)
    anna.email = "anna@new.test"
    anna.save()
    shown = page(alice_client, anna)
    assert "Not asked" in shown
    assert "anna@client.test" in shown


def test_one_contacts_ledger_is_exported_and_noted(alice_client, alice, anna):
    enter(alice_client, anna, note="=HYPERLINK(1)")
    Consent.objects.create(email="other@client.test", state="granted", source="hand", at=timezone.now())
    answer = alice_client.get(f"/people/{anna.pk}/consent/export/")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert "anna@client.test,refused," in text
    assert "'=HYPERLINK(1)" in text
    assert "other@client.test" not in text
    assert AuditEntry.objects.get(action="consent_exported").actor == alice


def test_a_restriction_is_said(alice_client, anna):
    ledger.restrict(email=anna.email, now=timezone.now())
    assert "The use of this data is restricted" in page(alice_client, anna)


def test_the_card_costs_few_queries_however_long_the_history_is(alice_client, anna, django_assert_max_num_queries):
    def ask() -> None:
        page(alice_client, anna)

    ask()
    with django_assert_max_num_queries(45) as few:
        ask()
    for day in range(20):
        Consent.objects.create(
            email="anna@client.test", person=anna, state="granted", source="hand", at=timezone.now() - timedelta(days=day)
        )
    with django_assert_max_num_queries(len(few.captured_queries)):
        ask()
