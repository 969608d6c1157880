"""Deleting: the page says what goes and what stays, and that is what happens."""

from datetime import timedelta

from django.test import Client
from django.utils import timezone

from crm.accounts.models import User
from crm.records import timeline
from crm.records.models import Activity, Deal, Note, Organisation, Person, TimelineEntry


def test_the_page_counts_what_goes_and_what_stays(alice: User, acme: Organisation, boris: Person, deal: Deal, alice_client: Client) -> None:
    Note.objects.create(author=alice, organisation=acme, text="one")
    Note.objects.create(author=alice, organisation=acme, text="two")
    page = alice_client.get(f"/organisations/{acme.pk}/delete/").content.decode()
    for sentence in ("2 notes go with it.", "1 person stays, without an organisation.", "1 deal stays.", "links in mails already sent"):
        assert sentence in page, sentence
    assert "activities go" not in page
    assert Organisation.objects.exists()


def test_an_organisation_goes_and_its_people_and_deals_stay(
    alice: User, acme: Organisation, boris: Person, deal: Deal, alice_client: Client
) -> None:
    timeline.log(kind="created", text="About Boris", person=boris)
    timeline.log(kind="created", text="About Acme", organisation=acme)
    assert alice_client.post(f"/organisations/{acme.pk}/delete/", follow=True).redirect_chain[0][0] == "/organisations/"
    boris.refresh_from_db()
    deal.refresh_from_db()
    assert (boris.organisation, deal.organisation) == (None, None)
    assert [line.text for line in TimelineEntry.objects.all()] == ["About Boris"]


def test_what_belongs_to_a_deal_too_survives_its_person(alice: User, boris: Person, deal: Deal, alice_client: Client) -> None:
    due = timezone.now() + timedelta(days=1)
    Activity.objects.create(owner=alice, subject="Only his", person=boris, due_at=due)
    Activity.objects.create(owner=alice, subject="The deal's too", person=boris, deal=deal, due_at=due)
    alice_client.post(f"/people/{boris.pk}/delete/")
    [left] = Activity.objects.all()
    assert (left.subject, left.person, left.deal) == ("The deal's too", None, deal)
    deal.refresh_from_db()
    assert deal.person is None


def test_lines_about_a_person_go_with_them(boris: Person, acme: Organisation, alice: User, alice_client: Client) -> None:
    timeline.log(kind="opened", text="Boris opened it", person=boris, only_for=alice)
    alice_client.post(f"/people/{boris.pk}/delete/")
    assert not TimelineEntry.objects.exists()


def test_a_deal_goes_with_its_notes(deal: Deal, note: Note, alice_client: Client) -> None:
    assert "1 note goes with it." in alice_client.get(f"/deals/{deal.pk}/delete/").content.decode()
    assert alice_client.post(f"/deals/{deal.pk}/delete/").headers["Location"] == "/deals/"
    assert not Deal.objects.exists()
    assert not Note.objects.exists()
