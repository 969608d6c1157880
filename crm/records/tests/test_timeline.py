"""Timelines: what happened to a record, to those who may know."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from crm.accounts.models import User
from crm.records import history, timeline
from crm.records.models import Activity, Deal, Lead, Note, Organisation, Person, Record, StoredFile
from crm.records.tests.queries import count_queries


def texts(record: Record, user: User) -> list[str]:
    return [line.text for _day, lines in history.timeline_of(record, user).days for line in lines]


@pytest.mark.parametrize("reader", ["bob", "mona", "ada"])
def test_a_line_for_one_alone_is_seen_by_nobody_else_on_any_page(
    reader: str, request: pytest.FixtureRequest, alice: User, boris: Person, deal: Deal, acme: Organisation
) -> None:
    timeline.log(kind="opened", text="Boris opened it", person=boris, deal=deal, only_for=alice)
    other = Client()
    other.force_login(request.getfixturevalue(reader))
    hers = Client()
    hers.force_login(alice)
    for name, record in (("person", boris), ("deal", deal), ("organisation", acme)):
        for address in (record.get_absolute_url(), f"/timeline/?{name}={record.pk}"):
            assert "Boris opened it" in hers.get(address).content.decode(), address
            assert "Boris opened it" not in other.get(address).content.decode(), address


def test_a_private_line_says_that_only_its_reader_sees_it(alice: User, boris: Person, alice_client: Client) -> None:
    timeline.log(kind="opened", text="Boris opened it", person=boris, only_for=alice)
    assert "only you see this" in alice_client.get(boris.get_absolute_url()).content.decode()


def test_a_person_s_page_tells_of_their_deals_and_an_organisation_s_of_both(
    alice: User, boris: Person, deal: Deal, acme: Organisation, note: Note
) -> None:
    assert texts(boris, alice) == ["Budget is approved."]
    assert texts(acme, alice) == ["Budget is approved."]


def test_what_belongs_to_hidden_people_is_not_told_on_a_shared_organisation(alice: User, charlie: User, acme: Organisation) -> None:
    hidden = Person.objects.create(owner=charlie, name="Hidden", organisation=acme)
    timeline.log(kind="changed", text="Hidden changed jobs", person=hidden)
    Note.objects.create(author=charlie, person=hidden, text="Hidden note")
    assert texts(acme, alice) == []
    assert texts(hidden, charlie) == ["Hidden note", "Hidden changed jobs"]


def test_what_is_logged_for_person_and_deal_is_told_once(alice: User, boris: Person, deal: Deal) -> None:
    at = timezone.now()
    for about in ({"person": boris}, {"deal": deal}):
        timeline.log(kind="replied", text="Boris answered", url="/mail/threads/1/", at=at, **about)  # type: ignore[arg-type]
    assert texts(boris, alice) == ["Boris answered"]
    assert texts(deal, alice) == ["Boris answered"]


def test_newest_first_with_notes_moves_and_done_activities_among_each_other(alice: User, deal: Deal) -> None:
    now = timezone.now()
    timeline.log(kind="stage", text="Moved", deal=deal, at=now - timedelta(days=2))
    Note.objects.create(author=alice, deal=deal, text="Noted", created_at=now - timedelta(days=1))
    Activity.objects.create(owner=alice, deal=deal, subject="Called", due_at=now, done_at=now)
    assert texts(deal, alice) == ["Called", "Noted", "Moved"]


def test_a_long_timeline_is_read_page_by_page_without_loss(alice: User, deal: Deal) -> None:
    now = timezone.now()
    for number in range(95):
        timeline.log(kind="changed", text=f"line {number}", deal=deal, at=now - timedelta(minutes=number))
        if number % 3 == 0:
            Note.objects.create(author=alice, deal=deal, text=f"note {number}", created_at=now - timedelta(minutes=number, seconds=7))
    seen: list[str] = []
    before = None
    for _page in range(10):
        page = history.timeline_of(deal, alice, before=before)
        seen += [line.text for _day, lines in page.days for line in lines]
        if not page.older:
            break
        before = timezone.datetime.fromisoformat(page.older)  # type: ignore[attr-defined]
    assert len(seen) == len(set(seen)) == 95 + 32


def test_the_page_loads_older_lines_on_demand(alice: User, deal: Deal, alice_client: Client) -> None:
    now = timezone.now()
    for number in range(50):
        timeline.log(kind="changed", text=f"line {number:02}", deal=deal, at=now - timedelta(minutes=number))
    page = alice_client.get(deal.get_absolute_url())
    assert "line 39" in page.content.decode()
    assert "line 40" not in page.content.decode()
    older = alice_client.get("/timeline/", {"deal": deal.pk, "before": page.context["timeline"].older}).content.decode()
    assert "line 40" in older
    assert "line 39" not in older


@pytest.mark.parametrize("query", ["", "deal=x", "deal=999999", "thing=1"])
def test_a_timeline_of_nothing_is_404(query: str, alice_client: Client) -> None:
    assert alice_client.get(f"/timeline/?{query}").status_code == 404


def test_a_note_is_written_changed_and_deleted(deal: Deal, alice_client: Client) -> None:
    alice_client.post("/notes/new/", {"deal": deal.pk, "text": "First thought"})
    note = Note.objects.get()
    assert "First thought" in alice_client.get(deal.get_absolute_url()).content.decode()
    alice_client.post(f"/notes/{note.pk}/edit/", {"text": "Second thought"})
    page = alice_client.get(deal.get_absolute_url()).content.decode()
    assert ("Second thought" in page, "edited" in page) == (True, True)
    assert alice_client.post(f"/notes/{note.pk}/delete/").headers["Location"] == deal.get_absolute_url()
    assert not Note.objects.exists()


def test_an_empty_note_is_refused_with_a_sentence(deal: Deal, alice_client: Client) -> None:
    answer = alice_client.post("/notes/new/", {"deal": deal.pk, "text": "  "}, headers={"HX-Request": "true"})
    assert (answer.status_code, "Write something first." in answer.content.decode()) == (422, True)


def test_what_people_write_is_text_not_markup(deal: Deal, alice_client: Client) -> None:
    alice_client.post("/notes/new/", {"deal": deal.pk, "text": "<script>alert(1)</script> https://example.com/?a=1&b=2"})
    page = alice_client.get(deal.get_absolute_url()).content.decode()
    assert "<script>alert" not in page
    assert '<a href="https://example.com/?a=1&amp;b=2"' in page


def test_the_page_of_a_deal_takes_the_same_few_queries_whatever_happened(
    alice: User, deal: Deal, call: Activity, note: Note, alice_client: Client
) -> None:
    now = timezone.now()
    timeline.log(kind="changed", text="line", deal=deal, actor=alice)
    few = count_queries(alice_client, deal.get_absolute_url())
    for number in range(30):
        timeline.log(kind="changed", text=f"line {number}", deal=deal, actor=alice, at=now - timedelta(minutes=number))
        Note.objects.create(author=alice, deal=deal, text=f"note {number}")
        Activity.objects.create(owner=alice, deal=deal, person=deal.person, subject=f"call {number}", due_at=now)
    assert count_queries(alice_client, deal.get_absolute_url()) == few


def test_a_timeline_shows_one_kind_and_keeps_it_page_by_page(alice: User, deal: Deal, alice_client: Client) -> None:
    now = timezone.now()
    for number in range(50):
        at = now - timedelta(minutes=number)
        Note.objects.create(author=alice, deal=deal, text=f"note {number:02}", created_at=at)
        timeline.log(kind="stage", text=f"moved {number:02}", deal=deal, at=at)
        timeline.log(kind="opened", text=f"opened {number:02}", deal=deal, at=at, only_for=alice)
    for kind, word in (("notes", "note"), ("changes", "moved"), ("tracking", "opened")):
        page = alice_client.get(f"{deal.get_absolute_url()}?kind={kind}")
        shown = [line.text for _day, lines in page.context["timeline"].days for line in lines]
        assert {text.split()[0] for text in shown} == {word}
        older = alice_client.get("/timeline/", {"deal": deal.pk, "kind": kind, "before": page.context["timeline"].older})
        rest = [line.text for _day, lines in older.context["timeline"].days for line in lines]
        assert sorted(shown + rest) == sorted(f"{word} {number:02}" for number in range(50))


def test_activities_and_files_have_their_kinds(alice: User, deal: Deal) -> None:
    now = timezone.now()
    Activity.objects.create(owner=alice, deal=deal, subject="Called", due_at=now, done_at=now)
    StoredFile.objects.create(uploaded_by=alice, deal=deal, name="Offer.pdf", file="x", size=3)
    for kind, expected in (("activities", ["Called"]), ("files", ["Offer.pdf"]), ("notes", [])):
        days = history.timeline_of(deal, alice, kind=kind).days
        assert [line.text for _day, lines in days for line in lines] == expected


def test_an_unknown_kind_shows_everything(deal: Deal, note: Note, alice_client: Client) -> None:
    assert "Budget is approved." in alice_client.get(f"{deal.get_absolute_url()}?kind=nonsense").content.decode()


@pytest.mark.parametrize("before", ["x", "2026-13-01T00:00:00Z", "2026-11-01T00:00:00"])
def test_a_time_that_is_none_begins_at_the_top(before: str, deal: Deal, note: Note, alice_client: Client) -> None:
    assert "Budget is approved." in alice_client.get("/timeline/", {"deal": str(deal.pk), "before": before}).content.decode()


def test_a_person_s_page_tells_of_their_leads_that_one_may_see(alice: User, bob: User, boris: Person) -> None:
    lead = Lead.objects.create(owner=alice, title="Fair contact", person=boris)
    hidden = Lead.objects.create(owner=alice, title="Hidden", person=boris, visibility="owner")
    for record in (lead, hidden):
        Note.objects.create(author=alice, lead=record, text=f"About {record}")
    assert set(texts(boris, alice)) == {"About Fair contact", "About Hidden"}
    assert texts(boris, bob) == ["About Fair contact"]
    assert texts(lead, bob) == ["About Fair contact"]
