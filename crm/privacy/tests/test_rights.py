"""Erasing and restricting, each from a mail that really went out: what goes, what stays, what is remembered."""

from datetime import timedelta

import pytest
from django.core import mail as outbox
from django.test import Client
from django.utils import timezone

from crm.accounts.models import AuditEntry
from crm.consent import decisions, ledger, questions
from crm.consent.models import Consent, Question, Remembered, Settings
from crm.privacy import erasing, retention
from crm.privacy.models import Request
from crm.privacy.tests.delivered import mailed, signed_in
from crm.records.models import Activity, Deal, Note, Person, TimelineEntry
from crm.records.pipeline import default_pipeline
from mail.models import Attachment, Message, Recipient, Thread
from mail.tests.syncing import subjects, sync, synced_account
from mail.tests.unruly_imap import UnrulyImap
from notifications import feed
from notifications.models import Card
from tracking.models import Copy, Event

LIST = "/settings/privacy/requests/"


def do(client, kind, email="boris@client.test", **fields):
    """Press the button, then confirm; answers the receipt's page."""
    asked = client.post(f"{LIST}new/{kind}/", {"email": email})
    assert asked.status_code == 200
    assert not Request.objects.filter(kind=kind).exists(), "it is asked once more"
    done = client.post(f"{LIST}new/{kind}/", {"email": email, "confirmed": "1", **fields})
    assert done.status_code == 302
    return client.get(done["Location"]).content.decode()


@pytest.fixture
def ada_client(ada):
    return signed_in(ada)


def test_erasing_the_tracking_leaves_mail_and_contact(copy, boris, ada_client):
    assert copy.read() == 3
    receipt = do(ada_client, "erase_tracking", note="by letter")
    assert not Event.objects.exists()
    assert Message.objects.filter(pk=copy.message.pk).exists()
    assert Person.objects.filter(pk=boris.pk).exists()
    assert copy.read() == 0, "links go on leading where they led, and nothing is recorded"
    assert "Nothing is stored any more" in Client().get(copy.page).content.decode()
    assert "by letter" in receipt
    assert ("tracking_erased", "boris@client.test") in AuditEntry.objects.values_list("action", "about")


def test_a_receipt_says_nothing_of_how_often_somebody_read(copy, ada_client):
    copy.read()
    do(ada_client, "erase_tracking")
    assert set(Request.objects.get().receipt) == {"copies"}


@pytest.fixture
def world(alice, boris, delivered):
    """Boris got a mail to himself, which he read, and one with Carla; there is more about him here and there."""
    (own,) = delivered(subject="To Boris alone")
    own.read()
    delivered(cc="Carla <carla@other.test>", subject="To both")
    stage = default_pipeline().stages.all()[0]
    deal = Deal.objects.create(owner=alice, title="Licences", stage=stage, person=boris)
    Note.objects.create(author=alice, person=boris, text="Likes tea")
    Note.objects.create(author=alice, deal=deal, text="Boris Ivanov wants a discount")
    Activity.objects.create(owner=alice, person=boris, subject="Call", due_at=timezone.now())
    TimelineEntry.objects.create(kind="changed", text="Boris Ivanov became the contact", deal=deal)
    TimelineEntry.objects.create(kind="changed", text="The value changed", deal=deal)
    feed.notify(
        user=alice, kind="birthday", title="Boris Ivanov has a birthday", group_key="b", url=boris.get_absolute_url(), now=timezone.now()
    )
    feed.notify(user=alice, kind="other", title="Something else", group_key="c", now=timezone.now())
    return own


def test_erasing_a_person(world, alice, boris, ada_client):
    receipt = do(ada_client, "erase_person", note="asked by mail")
    assert not Person.objects.filter(email__iexact="boris@client.test").exists()
    assert not Activity.objects.exists()
    assert not Event.objects.exists()
    assert not Copy.objects.filter(email="boris@client.test").exists()
    assert list(Note.objects.values_list("text", flat=True)) == ["Boris Ivanov wants a discount"]
    assert list(TimelineEntry.objects.exclude(kind="mail_sent").values_list("text", flat=True)) == ["The value changed"]
    assert not TimelineEntry.objects.filter(text__contains="To Boris alone").exists()
    assert Deal.objects.get().person is None
    assert list(Message.objects.values_list("subject", flat=True)) == ["To both"]
    assert not Thread.objects.filter(messages=None).exists()
    kept = Recipient.objects.get(email="boris@client.test")
    assert (kept.name, kept.person, kept.decision) == ("", None, None)
    assert Recipient.objects.get(email="carla@other.test").name == "Carla"
    assert list(Card.objects.exclude(kind="delivery").values_list("title", flat=True)) == ["Something else"]
    assert world.read() == 0
    assert "Nothing is stored any more" in Client().get(world.page).content.decode()
    for words in ("notes, activities and deals whose own words still name the person", "mails erased from Candor", "asked by mail"):
        assert words in receipt
    found = Request.objects.get()
    assert (found.email, found.receipt["mails"], found.receipt["mails_with_others"], found.receipt["mentions"]) == ("", 1, 1, 1)
    assert found.digest == ledger.digest("Boris@Client.test ")
    assert "boris" not in receipt.casefold()
    assert "boris" not in str(list(AuditEntry.objects.values())).casefold()


def test_an_erased_refusal_is_still_respected(copy, alice, ada_client):
    Client().post(f"{copy.page}refuse/")
    do(ada_client, "erase_person")
    assert not Consent.objects.exists()
    (kept,) = Remembered.objects.values()
    assert "boris" not in str(kept)
    decision = decisions.decide(["boris@client.test"], user=alice, mailbox="alice@acme.test")["boris@client.test"]
    assert (decision.may_track, decision.reason) == (False, "refused")
    with pytest.raises(ledger.CannotRecord):
        ledger.record(email="boris@client.test", state="granted", source="import", at=timezone.now())
    questions.answer(questions.ask(email="boris@client.test", words="May we?", now=timezone.now()), agrees=True, now=timezone.now())
    assert decisions.decide(["boris@client.test"], user=alice, mailbox="alice@acme.test")["boris@client.test"].reason == "agreed"
    erasing.erase_person(email="boris@client.test", note="", by=alice, now=timezone.now())
    assert not Remembered.objects.exists(), "they had agreed since"


def test_an_erased_yes_is_forgotten(copy, alice, ada_client, tmp_path, settings):
    ledger.record(email="boris@client.test", state="granted", source="hand", at=timezone.now(), actor=alice)
    do(ada_client, "erase_person")
    assert not Consent.objects.exists()
    assert not Remembered.objects.exists()


def test_restricted_and_erased_stays_untracked(copy, alice, ada_client):
    do(ada_client, "restrict")
    do(ada_client, "erase_person")
    assert not decisions.decide(["boris@client.test"], user=alice, mailbox="x@acme.test")["boris@client.test"].may_track


def test_the_receipt_is_mailed_on_wish_to_the_person_alone(copy, ada_client):
    do(ada_client, "erase_person", mails_receipt="on")
    (letter,) = outbox.outbox
    assert letter.to == ["boris@client.test"]
    assert "mails erased from Candor" in letter.body
    assert letter.content_subtype == "plain"


def test_files_go_with_the_mail(copy, ada_client, django_capture_on_commit_callbacks):
    from django.core.files.base import ContentFile

    attachment = Attachment.objects.create(message=copy.message, name="a.pdf", file=ContentFile(b"%PDF", "a"), size=4)
    storage, name = attachment.file.storage, str(attachment.file.name)
    with django_capture_on_commit_callbacks(execute=True):
        do(ada_client, "erase_person")
    assert not storage.exists(name)


def test_what_waits_for_the_person_is_not_sent_any_more(copy, ada_client):
    Client().post(f"{copy.page}data/")
    Client().post(f"{copy.page}allow/")
    do(ada_client, "erase_person")
    assert mailed() == []


def test_the_sync_does_not_bring_back_what_was_erased_and_nothing_is_deleted_at_the_provider(alice, ada_client):
    raw = "From: {}\r\nTo: {}\r\nSubject: {}\r\nMessage-ID: <{}>\r\nDate: Mon, 02 Nov 2026 10:00:00 +0000\r\n\r\nHello\r\n"
    with UnrulyImap() as server:
        for number, (sender, to, subject) in enumerate(
            [
                ("boris@client.test", "alice@acme.test", "From Boris"),
                ("carla@other.test", "alice@acme.test", "From Carla"),
                ("boris@client.test", "alice@acme.test, carla@other.test", "To both"),
            ]
        ):
            server.file(raw.format(sender, to, subject, f"{number}@client.test").encode(), "INBOX")
        account = synced_account(alice, server)
        sync(account)
        assert sorted(subjects(account)) == ["From Boris", "From Carla", "To both"]
        do(ada_client, "erase_person")
        assert sorted(subjects(account)) == ["From Carla", "To both"]
        server.validity, server.fetched = 8, []  # everything is read anew
        for minutes in (10, 20, 30):
            sync(account, after=timedelta(minutes=minutes))
        assert sorted(subjects(account)) == ["From Carla", "To both"]
        assert len(server.in_folder("INBOX")) == 3
        assert server.fetched == [], "it is known by its head, and not even fetched"
        server.file(raw.format("boris@client.test", "alice@acme.test", "Written since", "new@client.test").encode(), "INBOX")
        sync(account, after=timedelta(minutes=40))
        assert "Written since" in subjects(account)


def test_restricting_stops_recording_and_lifting_does_not_begin_it_again_for_old_mail(copy, alice, ada_client):
    assert copy.read() == 3
    do(ada_client, "restrict", note="a dispute")
    assert copy.read() == 0
    assert Event.objects.count() == 3, "what is stored lies there"
    assert "The use of your data is restricted" in Client().get(copy.page).content.decode()
    assert "restricted" in ada_client.post(LIST, {"email": "boris@client.test"}).content.decode()
    do(ada_client, "lift")
    assert copy.read() == 0
    assert decisions.decide(["boris@client.test"], user=alice, mailbox="x@acme.test")["boris@client.test"].may_track
    assert list(AuditEntry.objects.order_by("pk").values_list("action", flat=True)) == ["restricted", "looked_up", "restriction_lifted"]


@pytest.mark.parametrize("name", ["alice", "mona"])
def test_these_pages_exist_for_administrators_alone(name, request, copy):
    client = signed_in(request.getfixturevalue(name))
    found = Request.objects.begin(kind="restrict", email="boris@client.test")
    assert client.get(LIST).status_code == 404
    assert client.get(f"{LIST}{found.pk}/").status_code == 404
    for kind in ("export", "erase_tracking", "erase_person", "restrict", "lift"):
        assert client.post(f"{LIST}new/{kind}/", {"email": "boris@client.test", "confirmed": "1"}).status_code == 404
    assert Request.objects.count() == 1


def test_an_administrator_learns_nothing_of_mail_and_tracking_by_looking_somebody_up(copy, boris, ada_client):
    copy.read()
    text = ada_client.post(LIST, {"email": "BORIS@client.test"}).content.decode()
    assert "Boris Ivanov" in text
    for secret in ("Offer", "x.test", "opened", "Firefox"):
        assert secret not in text
    assert "No contact has this address." in ada_client.post(LIST, {"email": "nobody@else.test"}).content.decode()
    assert ada_client.post(LIST, {"email": "nonsense"}).status_code == 422
    assert ada_client.post(f"{LIST}new/burn/", {"email": "boris@client.test"}).status_code == 404


def test_each_look_at_somebody_is_in_the_audit_log(copy, boris, ada_client):
    ada_client.post(LIST, {"email": "boris@client.test"})
    ada_client.post(LIST, {"email": "nobody@else.test"})
    unknown = ledger.digest("nobody@else.test")
    assert list(AuditEntry.objects.order_by("pk").values_list("action", "about")) == [
        ("looked_up", "boris@client.test"),
        ("looked_up", unknown),
    ]


def test_a_colleague_cannot_be_erased_with_everybodys_mail(copy, alice, bob, ada_client):
    for email in ("alice@acme.test", "BOB@acme.test"):
        refused = ada_client.post(f"{LIST}new/erase_person/", {"email": email, "confirmed": "1"})
        assert refused.status_code == 422
        assert "an address of your own company" in refused.content.decode()
    assert Message.objects.filter(pk=copy.message.pk).exists()


def test_what_was_kept_long_enough_is_purged_and_logged(copy, company):
    copy.read()
    questions.ask(email="boris@client.test", words="May we?", now=timezone.now())
    assert retention.purge(now=timezone.now()) == {}
    assert not AuditEntry.objects.exists(), "nothing is written down where nothing was purged"
    later = timezone.now() + timedelta(days=731)
    purged = retention.purge(now=later)
    assert (purged["hits"], purged["questions"]) == (3, 1)
    assert not Question.objects.exists()
    (entry,) = AuditEntry.objects.all()
    assert (entry.action, entry.actor_name, entry.details) == ("purged", "system", purged)


def test_without_a_limit_hits_stay(copy, company):
    copy.read()
    Settings.objects.update(hits_days=None)
    retention.purge(now=timezone.now() + timedelta(days=9999))
    assert Event.objects.count() == 3
