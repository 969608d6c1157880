"""What comes first among what was found, what is understood in spite of typing errors, and that neither tells of hidden records."""

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone

from crm import searching
from crm.accounts.models import User
from crm.records import contacts, pipeline
from crm.records.models import Activity, ContactPoint, Deal, Lead, Note, Organisation, Person, StoredFile
from mail.models import Attachment
from mail.tests.incoming import received

pytestmark = pytest.mark.django_db


def found(user: User, text: str, **options: object) -> dict[str, list[str]]:
    answer = searching.find(user, text, **{"limit": 10, **options})  # type: ignore[arg-type]
    return {group.name: [result.title for result in group.results] for group in answer.groups}


def people(user: User, text: str) -> list[str]:
    return found(user, text).get("people", [])


def person(owner: User, name: str, days: int = 0, **fields: object) -> Person:
    """Changed so many days ago."""
    made = Person.objects.create(owner=owner, name=name, **fields)
    Person.objects.filter(pk=made.pk).update(updated_at=timezone.now() - timedelta(days=days))
    return made


@pytest.fixture
def everything(alice: User) -> Person:
    """Something of each kind with the word Kestrel, all of it Alice's."""
    kestrel = Organisation.objects.create(owner=alice, name="Kestrel Ltd")
    nina = person(alice, "Nina Hart", organisation=kestrel)
    Deal.objects.create(owner=alice, title="Kestrel fleet", person=nina, stage=pipeline.default_pipeline().stages.all()[0])
    Lead.objects.create(owner=alice, title="Kestrel maybe")
    Note.objects.create(author=alice, person=nina, text="Met her at Kestrel")
    StoredFile.objects.create(uploaded_by=alice, person=nina, name="kestrel-contract.pdf", size=1, file="records/x")
    Activity.objects.create(owner=alice, subject="Call Kestrel", person=nina, due_at=timezone.now())
    mail = received(alice, subject="About Kestrel", body_text="")
    Attachment.objects.create(message=mail, name="kestrel-prices.xlsx", file=ContentFile(b"x", "a"), size=1)
    return nina


KINDS = {"people", "organisations", "deals", "leads", "activities", "notes", "files", "mail"}


def test_every_kind_is_found_and_files_of_mail_are_among_the_files(alice: User, everything: Person):
    kinds = found(alice, "kestrel")
    assert set(kinds) == KINDS
    assert kinds["files"] == ["kestrel-contract.pdf", "kestrel-prices.xlsx"]


def test_each_result_leads_to_a_page(alice_client: Client, alice: User, everything: Person):
    for group in searching.find(alice, "kestrel", limit=10).groups:
        for result in group.results:
            assert alice_client.get(result.url).status_code == 200, result


def test_an_outsider_finds_none_of_it(charlie: User, everything: Person):
    assert found(charlie, "kestrel") == found(charlie, "kestrle") == {}


def test_the_team_finds_records_and_what_is_said_about_them_but_no_mail(bob: User, everything: Person):
    kinds = found(bob, "kestrel")
    assert set(kinds) == KINDS - {"mail"}
    assert kinds["files"] == ["kestrel-contract.pdf"]


def test_what_only_its_owner_sees_is_hidden_with_all_that_is_said_about_it(bob: User, mona: User, everything: Person):
    for model in (Person, Organisation, Deal, Lead):
        model.objects.update(visibility="owner")
    assert found(bob, "kestrel") == {}
    assert set(found(mona, "kestrel")) == KINDS - {"mail"}


def test_what_everyone_sees_is_found_by_an_outsider(charlie: User, everything: Person):
    Person.objects.update(visibility="everyone")
    assert set(found(charlie, "kestrel")) == {"people", "notes", "files"}


def test_the_best_match_comes_first(alice: User):
    person(alice, "Berg Anna", days=1)
    person(alice, "Annabel", days=1)
    person(alice, "Zed", email="anna@x.test")
    person(alice, "Anna", days=9)
    person(alice, "Joanna", days=0)
    assert people(alice, "anna") == ["Anna", "Annabel", "Berg Anna", "Joanna", "Zed"]


def test_among_equals_the_latest_changed_and_ones_own_come_first_and_the_archived_last(alice: User, bob: User):
    person(alice, "Anna Old", days=90)
    person(bob, "Anna Bobs", days=3)
    person(alice, "Anna Mine", days=20)
    person(alice, "Anna", archived_at=timezone.now())
    assert people(alice, "anna") == ["Anna Mine", "Anna Bobs", "Anna Old", "Anna"]


def test_open_deals_come_before_closed_ones(alice: User):
    stage = pipeline.default_pipeline().stages.all()[0]
    Deal.objects.create(owner=alice, title="Fleet A", stage=stage, status="won", closed_at=timezone.now())
    Deal.objects.create(owner=alice, title="Fleet B", stage=stage)
    assert found(alice, "fleet")["deals"] == ["Fleet B", "Fleet A"]


def test_the_best_of_all_kinds_stand_on_top_and_not_twice(alice: User, alice_client: Client):
    acme = Organisation.objects.create(owner=alice, name="Acme")
    person(alice, "Acme Jones", organisation=acme)
    person(alice, "Nina", organisation=acme)
    answer = searching.find(alice, "acme", limit=10)
    assert [result.title for result in answer.top] == ["Acme", "Acme Jones"]
    assert [[result.title for result in group.results] for group in answer.others] == [["Nina"]]
    page = alice_client.get("/search/", {"q": "acme"}, headers={"HX-Request": "true"}).content.decode()
    assert page.count(f'data-url="{acme.get_absolute_url()}"') == 1
    assert "<mark>Acme</mark> Jones" in page


def test_the_archived_are_marked(alice: User, alice_client: Client):
    person(alice, "Anna", archived_at=timezone.now())
    assert "Archived" in alice_client.get("/search/", {"q": "anna"}).content.decode()


@pytest.mark.parametrize(
    ("name", "typed", "understood"),
    [
        ("Karl Schmidt", "Shmidt", "schmidt"),
        ("Pjotr Ivanov", "Ivanvo", "ivanov"),
        ("Acme Tools", "acme tolls", "acme tools"),
        ("Пётр Иванов", "иваонв", "иванов"),
    ],
)
def test_typing_errors_are_forgiven_and_it_is_said_what_was_understood(
    name: str, typed: str, understood: str, alice: User, alice_client: Client
):
    person(alice, name)
    answer = searching.find(alice, typed, limit=10)
    assert ([result.title for result in answer.groups[0].results], answer.understood) == ([name], understood)
    assert f"Showing results for <strong>{understood}</strong>" in alice_client.get("/search/", {"q": typed}).content.decode()


def test_what_is_spelt_right_is_not_understood_otherwise(alice: User):
    for number in range(3):
        person(alice, f"Schmitt {number}")
    person(alice, "Schmidt")
    answer = searching.find(alice, "schmitt", limit=10)
    assert (answer.understood, people(alice, "schmitt")) == ("", ["Schmitt 2", "Schmitt 1", "Schmitt 0"])


def test_no_word_of_a_hidden_record_is_ever_understood(alice: User, charlie: User, everything: Person):
    person(charlie, "Kastrel Own")
    answer = searching.find(charlie, "kestrell", limit=10)
    assert answer.understood == "kastrel"
    assert [result.title for group in answer.groups for result in group.results] == ["Kastrel Own"]
    Person.objects.filter(owner=charlie).delete()
    assert searching.find(charlie, "kestrell", limit=10) == searching.Answer()


def test_one_who_may_see_few_of_many_finds_their_own(alice: User, charlie: User):
    hidden = [Person(owner=alice, name=f"Anna {number}") for number in range(150)]
    own = person(charlie, "Anna Own")
    Person.objects.bulk_create(hidden)
    mine = Note.objects.create(author=charlie, person=own, text="anna")
    Note.objects.bulk_create(Note(author=alice, person=hidden[0], text="anna") for _ in range(150))
    assert found(charlie, "anna") == {"people": ["Anna Own"], "notes": [mine.text]}


def test_numbers_are_found_however_they_are_written(alice: User):
    nina = person(alice, "Nina", phone="+49 30 1234")
    ContactPoint.objects.create(person=nina, kind="phone", value="0176/555-0199", folded="01765550199")
    for text in ("030 1234", "+49 (30) 12 34", "1234", "0176 5550199"):
        assert people(alice, text) == ["Nina"], text


def test_one_kind_has_a_tab_of_its_own_with_more_of_it(alice: User, alice_client: Client, everything: Person):
    Person.objects.bulk_create(Person(owner=alice, name=f"Kestrel {number}") for number in range(searching.PAGE + 5))
    page = alice_client.get("/search/", {"q": "kestrel", "kind": "people"})
    assert [group.name for group in page.context["answer"].groups] == ["people"]
    assert "shown=60" in page.content.decode()
    more = alice_client.get("/search/", {"q": "kestrel", "kind": "people", "shown": "60"})
    assert len(more.context["answer"].groups[0].results) == searching.PAGE + 6
    for hostile in ({"kind": "nonsense"}, {"kind": "people", "shown": "-1"}, {"kind": "people", "shown": "9" * 30}, {"kind": "mail"}):
        assert alice_client.get("/search/", {"q": "kestrel"} | hostile).status_code == 200


def test_without_a_question_the_records_that_one_worked_with_last_are_offered(alice: User, bob: User, alice_client: Client):
    contacts.save_person(person=Person(owner=alice, name="Nina New"), organisation=None, actor=alice, now=timezone.now())
    piece = alice_client.get("/search/", headers={"HX-Request": "true"}).content.decode()
    assert ("Where you left off" in piece, "Nina New" in piece) == (True, True)
    bobs = Client()
    bobs.force_login(bob)
    assert "Nina New" not in bobs.get("/search/").content.decode()
