"""Files of records: kept, listed, given out to be saved, deleted together with their bytes."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from crm.accounts.models import Role, User
from crm.records import filing, removal
from crm.records.models import Deal, Lead, Person, StoredFile

HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def upload(name: str = "Offer.pdf", content: bytes = b"%PDF") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def on_disk(media: Path) -> int:
    return sum(1 for path in media.rglob("*") if path.is_file())


def test_several_files_are_kept_and_listed_with_their_sizes(deal: Deal, alice_client: Client, media: Path) -> None:
    answer = alice_client.post("/files/new/", {"deal": deal.pk, "files": [upload(), upload("Plan.txt", b"x" * 2048)]}, headers=HTMX)
    assert (answer.status_code, "2 files were added." in answer.headers["HX-Trigger"]) == (200, True)
    page = alice_client.get(deal.get_absolute_url()).content.decode()
    assert all(words in page for words in ("Offer.pdf", "Plan.txt", "2.0\xa0KB"))
    assert on_disk(media) == 2


def test_without_script_one_is_back_on_the_page(deal: Deal, alice_client: Client) -> None:
    assert alice_client.post("/files/new/", {"deal": deal.pk, "files": [upload()]}).headers["Location"] == deal.get_absolute_url()


def test_what_is_too_large_is_named_and_the_others_stay(deal: Deal, alice_client: Client, settings: Any, media: Path) -> None:
    settings.MAX_FILE_BYTES = 1024
    answer = alice_client.post("/files/new/", {"deal": deal.pk, "files": [upload("big.zip", b"x" * 2048), upload()]}, headers=HTMX)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "“big.zip” was not kept: it has 2.0\xa0KB, and a file may have 1.0\xa0KB at most." in text
    assert [file.name for file in StoredFile.objects.all()] == ["Offer.pdf"]
    assert on_disk(media) == 1


def test_an_upload_of_nothing_is_told(deal: Deal, alice_client: Client) -> None:
    answer = alice_client.post("/files/new/", {"deal": deal.pk})
    assert (answer.status_code, "Choose a file first." in answer.content.decode()) == (422, True)


def test_a_file_is_saved_and_never_shown_whatever_it_claims_to_be(deal: Deal, alice: User, alice_client: Client) -> None:
    file = filing.keep(record=deal, upload=upload("../evil.html", b"<script>x</script>"), by=alice)
    answer = alice_client.get(f"/files/{file.pk}/")
    assert answer["Content-Disposition"] == 'attachment; filename="evil.html"'
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("application/octet-stream", "nosniff")
    assert b"".join(answer.streaming_content) == b"<script>x</script>"  # type: ignore[attr-defined]


def test_an_outsider_gets_nothing_and_a_colleague_does(deal: Deal, alice: User, bob: User, charlie: User, client: Client) -> None:
    file = filing.keep(record=deal, upload=upload(), by=alice)
    client.force_login(charlie)
    assert [client.get(f"/files/{file.pk}/{path}").status_code for path in ("", "delete/")] == [404, 404]
    assert client.post("/files/new/", {"deal": deal.pk, "files": [upload()]}).status_code == 404
    client.force_login(bob)
    answer = client.get(f"/files/{file.pk}/")
    assert (answer.status_code, b"".join(answer.streaming_content)) == (200, b"%PDF")  # type: ignore[attr-defined]


def test_a_file_that_is_gone_from_the_disk_is_not_found(deal: Deal, alice: User, alice_client: Client) -> None:
    file = filing.keep(record=deal, upload=upload(), by=alice)
    file.file.storage.delete(file.file.name or "")
    assert alice_client.get(f"/files/{file.pk}/").status_code == 404


def test_deleting_asks_and_takes_the_bytes_along(
    deal: Deal, alice: User, alice_client: Client, media: Path, django_capture_on_commit_callbacks: Any
) -> None:
    file = filing.keep(record=deal, upload=upload(), by=alice)
    assert "Delete “Offer.pdf”?" in alice_client.get(f"/files/{file.pk}/delete/").content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        alice_client.post(f"/files/{file.pk}/delete/")
    assert (StoredFile.objects.count(), on_disk(media)) == (0, 0)


def test_who_may_not_change_the_record_deletes_only_their_own(deal: Deal, alice: User, bob: User, client: Client) -> None:
    bob.custom_role = Role.objects.create(name="Reader", permissions=[])
    bob.save()
    client.force_login(bob)
    hers, his = (filing.keep(record=deal, upload=upload(), by=user) for user in (alice, bob))
    assert client.post(f"/files/{hers.pk}/delete/").status_code == 404
    assert client.post(f"/files/{his.pk}/delete/").status_code == 302


def test_files_go_with_their_record_and_stay_with_another(
    deal: Deal, boris: Person, alice: User, media: Path, django_capture_on_commit_callbacks: Any
) -> None:
    filing.keep(record=deal, upload=upload(), by=alice)
    shared = filing.keep(record=deal, upload=upload("Shared.pdf"), by=alice)
    StoredFile.objects.filter(pk=shared.pk).update(person=boris)
    assert removal.consequences(deal).files == 1
    with django_capture_on_commit_callbacks(execute=True):
        removal.delete(deal, actor=alice)
    assert [file.name for file in StoredFile.objects.all()] == ["Shared.pdf"]
    assert on_disk(media) == 1


def test_a_lead_keeps_files_too(alice: User, alice_client: Client) -> None:
    lead = Lead.objects.create(owner=alice, title="Fair contact")
    assert alice_client.post("/files/new/", {"lead": lead.pk, "files": [upload()]}, headers=HTMX).status_code == 200
    assert "Offer.pdf" in alice_client.get(f"/timeline/?lead={lead.pk}&kind=files").content.decode()
