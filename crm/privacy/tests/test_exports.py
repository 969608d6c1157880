"""What a person gets when they ask what is stored about them; what an administrator sees of it."""

import json
import zipfile
from datetime import timedelta
from io import BytesIO

import pytest
from django.core import mail as outbox
from django.test import Client
from django.utils import timezone

from crm.accounts.models import AuditEntry
from crm.consent import ledger
from crm.privacy import asking, exporting, retention
from crm.privacy.models import Request
from crm.privacy.tests.delivered import link_in, mailed, signed_in
from crm.records import timeline
from crm.records.models import Activity, Deal, Note, Person
from crm.records.pipeline import default_pipeline
from mail.models import Message
from mail.tests.fake_smtp import FakeServer


@pytest.fixture
def world(alice, boris, delivered):
    """Boris got, opened and answered a mail; Carla got it too, and Dora in secret; there is more about each."""
    first, _second, _secret = delivered(cc="Carla <carla@other.test>", bcc="dora@silent.test", subject="Prices <b>for</b> Boris")
    first.read()
    stage = default_pipeline().stages.all()[0]
    deal = Deal.objects.create(owner=alice, title="Licences", stage=stage, person=boris)
    Note.objects.create(author=alice, person=boris, text="Likes <script>alert(1)</script> tea")
    Activity.objects.create(owner=alice, person=boris, subject="Call Boris", due_at=timezone.now())
    timeline.log(kind="changed", text="The phone number changed", person=boris)
    ledger.record(email=boris.email, state="granted", source="hand", note="at the fair", at=timezone.now(), actor=alice)
    Message.objects.create(
        owner=alice, account=first.message.account, thread=first.message.thread, folder="inbox", from_email="Boris@Client.test",
        subject="Re: Prices", body_text="Thank you", content_key="k1", message_id="<k1@client.test>",
    )  # fmt: skip
    carla = Person.objects.create(owner=alice, name="Carla Costa", email="carla@other.test")
    Note.objects.create(author=alice, person=carla, text="Carla only")
    Message.objects.create(owner=alice, thread=first.message.thread, folder="inbox", from_email="carla@other.test", subject="Carla's own")
    Deal.objects.create(owner=alice, title="Carla's deal", stage=stage, person=carla)
    first.deal = deal
    return first


def ask(copy) -> str:
    Client().post(f"{copy.page}data/")
    (letter,) = mailed()
    assert letter.to == ["boris@client.test"]
    return link_in(letter)


def fetch(link: str) -> zipfile.ZipFile:
    response = Client().post(f"{link}zip/")
    assert response.status_code == 200
    assert response["Content-Type"] == "application/zip"
    return zipfile.ZipFile(BytesIO(response.getvalue()))


def test_a_person_gets_everything_about_themselves_and_nothing_of_others(world):
    with fetch(ask(world)) as archive:
        found = json.loads(archive.read("data.json"))
        html = archive.read("data.html").decode()
    assert found["contact"][0]["name"] == "Boris Ivanov"
    assert found["organisation"][0]["name"] == "Client Ltd"
    assert found["deals"] == [{"title": "Licences", "status": "open"}]
    assert found["notes"][0]["text"] == "Likes <script>alert(1)</script> tea"
    assert found["activities"][0]["subject"] == "Call Boris"
    assert "The phone number changed" in [line["text"] for line in found["timeline"]]
    sent, answer = sorted(found["mails"], key=lambda one: one["subject"])
    assert (sent["to"], sent["cc"], sent["bcc"]) == (["Boris <boris@client.test>"], ["Carla <carla@other.test>"], [])
    assert "prices" in sent["text"]
    assert answer["text"] == "Thank you"
    assert len(found["tracking"][0]["hits"]) == 3
    assert (found["consent"][0]["state"], found["consent"][0]["note"]) == ("granted", "at the fair")
    assert "<script>" not in html
    assert "Likes &lt;script&gt;" in html
    assert "http://" not in html.replace("http://www.w3.org", "").split("<body>")[0], "it loads nothing"
    for text in (json.dumps(found), html):
        for secret in ("dora@silent.test", "Carla only", "Carla's own", "Carla's deal", "Carla Costa"):
            assert secret not in text


def test_a_hidden_recipient_finds_that_the_mail_went_to_them(world):
    (mail,) = {key: list(rows) for key, _heading, rows in exporting.sections("dora@silent.test", now=timezone.now())}["mails"]
    assert mail["bcc"] == ["dora@silent.test"]


def test_unsent_mail_is_nobodys_yet(world, draft):
    draft(subject="Not sent yet")
    rows = {key: list(rows) for key, _heading, rows in exporting.sections("boris@client.test", now=timezone.now())}
    assert "Not sent yet" not in str(rows["mails"])


def test_too_many_mails_are_named_as_left_out(world, monkeypatch):
    monkeypatch.setattr(exporting, "MOST_MAILS", 1)
    rows = {key: list(rows) for key, _heading, rows in exporting.sections("boris@client.test", now=timezone.now())}
    assert [list(row) == ["left_out"] for row in rows["mails"]] == [False, True]


def test_the_link_works_for_a_week_for_whoever_holds_it_and_each_fetch_is_logged(world):
    link = ask(world)
    assert Client().get(link).status_code == 200
    assert "b…@client.test" in Client().get(link).content.decode()
    assert not AuditEntry.objects.filter(action="export_fetched").exists(), "a scanner's GET fetches nothing"
    for _time in range(2):
        fetch(link)
    logged = AuditEntry.objects.filter(action="export_fetched")
    assert [(entry.actor_name, entry.about) for entry in logged] == [("recipient", "boris@client.test")] * 2
    Request.objects.update(expires_at=timezone.now())
    assert Client().get(link).status_code == 410
    assert Client().post(f"{link}zip/").status_code == 410
    assert retention.purge(now=timezone.now())["links"] == 1


@pytest.mark.parametrize("change", [lambda link: link[:-3] + "AA/", lambda link: link.replace("/data/", "/ask/")])
def test_the_link_is_for_this_alone_and_cannot_be_changed(world, change):
    assert Client().get(change(ask(world))).status_code == 410


def test_whoever_reads_the_database_has_no_link(world):
    token = ask(world).split("/")[-2]
    assert token not in str(list(Request.objects.values()))


def test_an_administrator_sees_the_receipt_and_nothing_else(world, ada):
    client = signed_in(ada)
    asked = client.post("/settings/privacy/requests/new/export/", {"email": "Boris@client.test", "confirmed": "1", "note": "by phone"})
    receipt = asked["Location"]
    assert "waiting" in client.get(receipt).content.decode()
    (letter,) = mailed()
    link = link_in(letter)
    assert "not yet" in client.get(receipt).content.decode()
    fetch(link)
    text = client.get(receipt).content.decode()
    for shown in ("Ada Adler", "by phone", "boris@client.test", "Fetched"):
        assert shown in text
    assert "not yet" not in text
    for secret in (link, link.split("/")[-2], "x.test/prices", "Prices"):
        assert secret not in text + client.get("/settings/privacy/requests/").content.decode()
    assert [(entry.action, entry.actor_name) for entry in AuditEntry.objects.order_by("pk")] == [
        ("export_sent", "Ada Adler"),
        ("export_fetched", "recipient"),
    ]


def test_a_mail_that_cannot_be_sent_waits(world, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    with FakeServer({"banner": ["554 closed"]}) as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        Client().post(f"{world.page}data/")
        now = timezone.now()
        assert asking.send_due(clock=lambda: now) == 0
        assert asking.send_due(clock=lambda: now + timedelta(minutes=5)) == 0
        assert asking.send_due(clock=lambda: now + timedelta(minutes=11)) == 1
        (taken,) = server.taken
    assert taken.recipients == ["boris@client.test"]
    assert b"/i/" not in taken.data
    assert b"text/html" not in taken.data
    assert Request.objects.get().done_at


def test_the_mail_speaks_the_language_of_the_page(world):
    Client().post(f"{world.page}data/?lang=ru")
    assert Request.objects.get().language == "ru"
    assert len(mailed()) == len(outbox.outbox) == 1
