"""What was sent goes on working when the records it was about are gone."""

import re
from urllib.parse import urlsplit

from django.test import Client
from django.utils import timezone

from crm.accounts.models import User
from crm.records import pipeline
from crm.records.models import Deal, Person, TimelineEntry
from tracking import instrument


def sent_link(owner: User, person: Person) -> str:
    """The tracked link of a mail to the person, as its recipient has it."""
    mail = instrument.track(owner=owner, subject="Offer", url="", tracks_opens=True, tracks_links=True, now=timezone.now())
    copy = instrument.add_copy(mail=mail, person=person, email=person.email)
    body = instrument.instrument('<p><a href="https://example.com/offer?a=1&amp;b=2">Offer</a></p>', copy=copy)
    found = re.search(r'href="([^"]+)"', body)
    assert found
    assert "example.com/offer" not in urlsplit(found[1]).netloc
    return found[1].replace("&amp;", "&")


def test_a_tracked_link_works_after_person_and_deal_are_deleted(alice: User, alice_client: Client, client: Client) -> None:
    person = Person.objects.create(owner=alice, name="Boris", email="boris@northgate.test")
    deal = Deal.objects.create(owner=alice, title="Fleet", person=person, stage=pipeline.default_pipeline().stages.all()[0])
    link = urlsplit(sent_link(alice, person))
    alice_client.post(f"/deals/{deal.pk}/delete/")
    alice_client.post(f"/people/{person.pk}/delete/")
    assert not Person.objects.exists()
    assert not TimelineEntry.objects.exists()
    answer = client.get(f"{link.path}?{link.query}", headers={"host": "track.test"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "https://example.com/offer?a=1&b=2")
