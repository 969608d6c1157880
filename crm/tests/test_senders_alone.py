"""What Alice's tracking knows stays hers: it is in no backup for others, export, administrator's page, error report or log."""

import io
import json
import logging
import re
import stat
from datetime import timedelta
from uuid import uuid4

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from django.utils.log import AdminEmailHandler

from crm.accounts.models import User
from crm.consent import ledger
from crm.lib.logs import Line, MaskTokens
from crm.management.commands.shared_backup import KEPT
from crm.records import handing_over
from crm.records.models import Person, TimelineEntry
from mail import drafts, outbox
from mail.models import Account, Message
from tracking import hits, preferences, recording, settling
from tracking.models import Copy, TrackedLink, TrackedMail

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
ADDRESS, TOKEN = "203.0.113.77", "/i/AbCdEfGhIjKlMnOpQrStUv.gif"
SECRETS = [
    "Zebrafish",
    "numbat.test",
    "203.0.113.77",
    "Firefox/145",
    "smtp.pangolin.test",
    "Wombat",
    "hunter2",
    "was opened",
    "was followed",
    "Email sent",
]
LEFT_OUT = {
    *("mail", "tracking", "notifications", "privacy", "exchange"),
    *("contenttypes", "auth", "sessions", "account", "mfa", "usersessions"),
}
ADMIN_PAGES = [
    "/settings/audit/",
    "/settings/privacy/policy/",
    "/settings/privacy/consent/",
    "/settings/privacy/record/",
    "/privacy/",
    "/settings/health/",
]


@pytest.fixture
def boris(alice: User) -> Person:
    return Person.objects.create(owner=alice, name="Boris", email="boris@client.test")


@pytest.fixture
def tracked(alice: User, boris: Person) -> TrackedMail:
    """A mail of Alice's that Boris opened and followed, with the cards and timeline lines of it."""
    account = Account.objects.create(owner=alice, email="alice@acme.test", smtp_host="smtp.pangolin.test", smtp_password="hunter2")
    html = '<p><a href="https://numbat.test/offer">Wombat prices</a></p>'
    message = drafts.save(owner=alice, message=None, account=account, to=boris.email, cc="", bcc="", subject="Zebrafish", body_html=html)
    now = timezone.now() - timedelta(hours=1)
    preferences.update(user=alice, open_tracking=True, link_tracking=True, notify_activity=True)
    outbox.queue(message=message, track_opens=True, track_links=True, now=now)
    Message.objects.filter(pk=message.pk).update(folder="sent", sent_at=now)
    copy = Copy.objects.get()
    Copy.objects.update(person=boris, dispatched_at=now)
    TrackedLink.objects.create(mail=copy.mail, number=0, target="https://numbat.test/offer", text="Wombat prices")
    came = [
        hits.Hit(uuid4().hex, kind, copy.public_id, 0, now.timestamp() + 600, "GET", BROWSER, "203.0.113.77", {}, None)
        for kind in (hits.OPEN, hits.CLICK)
    ]
    recording.record(came, now=now)
    settling.settle(now=now + timedelta(seconds=611))
    return copy.mail


def found(text: str) -> list[str]:
    return [word for word in SECRETS if word in text]


def backup(tmp_path) -> str:
    file = tmp_path / "shared.json"
    call_command("shared_backup", str(file), stdout=io.StringIO())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    return str(file.read_text())


def test_the_secrets_are_there_to_be_found(alice, tracked):
    everything = io.StringIO()
    call_command("dumpdata", "tracking", "notifications", "records", "mail", stdout=everything)
    assert set(SECRETS) - {"hunter2", "Email sent"} == set(found(everything.getvalue())) - {"Email sent"}


def test_a_dump_of_the_database_holds_passwords_as_unreadable_as_they_are_in_it(tracked, tmp_path):
    file = tmp_path / "all.json"
    call_command("dumpdata", "mail.account", output=str(file), stdout=io.StringIO())
    assert "hunter2" not in file.read_text()
    Account.objects.update(smtp_password="other")
    call_command("loaddata", str(file), stdout=io.StringIO())
    assert Account.objects.get().smtp_password == "hunter2"


def test_timeline_lines_about_it_are_there_to_be_found(alice, tracked):
    assert TimelineEntry.objects.filter(only_for=alice).exists()


def test_a_shared_backup_holds_what_the_company_knows_and_nothing_of_the_senders(tracked, boris, tmp_path):
    TimelineEntry.objects.create(kind="created", text="Added by Alice", person=boris)
    ledger.record(email=boris.email, state="granted", source="mail", at=timezone.now())
    text = backup(tmp_path)
    assert found(text) == []
    assert {"records.person", "consent.consent", "accounts.user"} <= {row["model"] for row in json.loads(text)}
    assert "Added by Alice" in text
    assert "alice-pw" not in text
    assert not re.search(r"\$[A-Za-z0-9]+\$|md5", text)


def test_a_shared_backup_can_be_read_again(tracked, boris, tmp_path):
    backup(tmp_path)
    TrackedMail.objects.all().delete()
    TimelineEntry.objects.all().delete()
    Person.objects.all().delete()
    call_command("loaddata", str(tmp_path / "shared.json"), stdout=io.StringIO())
    assert Person.objects.get().email == "boris@client.test"
    assert not User.objects.get(email="alice@acme.test").has_usable_password()


def test_a_shared_backup_overwrites_nothing(db, tmp_path):
    file = tmp_path / "there.json"
    file.write_text("mine")
    with pytest.raises(CommandError, match="File exists"):
        call_command("shared_backup", str(file))
    with pytest.raises(CommandError, match=r"\.json"):
        call_command("shared_backup", str(tmp_path / "other.sql"))
    assert file.read_text() == "mine"


def test_of_every_table_it_is_decided_whether_others_may_have_it():
    undecided = {model._meta.label for model in apps.get_models() if model not in KEPT and model._meta.app_label not in LEFT_OUT}
    assert undecided == {
        "consent.Question",  # its link is known to the recipient alone
        "records.CalendarFeed",  # its address is known to its user alone
        *("records.ListChoice", "records.BulkChange", "records.BulkItem"),  # how one looks at lists, and what one can undo
    }


def test_neither_administrators_pages_nor_exports_tell_any_of_it(ada, tracked, boris):
    client = Client()
    client.force_login(ada)
    for address in (
        *ADMIN_PAGES,
        f"/people/{boris.pk}/",
        f"/people/{boris.pk}/consent/new/",
        "/settings/users/",
        f"/settings/users/{tracked.owner_id}/",
    ):
        page = client.get(address).content.decode()
        assert [word for word in found(page) if word != "was followed"] == [], address
    for address in ("/settings/privacy/consent/export/", f"/people/{boris.pk}/consent/export/"):
        assert found(b"".join(client.get(address).streaming_content).decode()) == []  # type: ignore[attr-defined]


@pytest.fixture
def reports(settings, mailoutbox):
    """Error reports by mail, as Django sends them where ADMINS is set, and the lines of the log."""
    settings.ADMINS = [("Ada", "ada@acme.test")]
    lines = io.StringIO()
    console = logging.StreamHandler(lines)
    console.setFormatter(Line("{asctime} {levelname} {name}: {message}", style="{"))
    console.addFilter(MaskTokens())
    handlers = [console, AdminEmailHandler(include_html=True)]
    logger = logging.getLogger("django.request")
    for handler in handlers:
        logger.addHandler(handler)
    yield lambda: lines.getvalue() + "".join(str(mail.message()) for mail in mailoutbox)
    for handler in handlers:
        logger.removeHandler(handler)


def test_a_report_of_a_failing_page_tells_where_and_not_what(alice, tracked, reports, monkeypatch):
    def fail(*args, **kwargs):
        secrets = list(Copy.objects.values_list("email", flat=True))
        raise ValueError(f"{secrets} {ADDRESS} {TOKEN}")

    monkeypatch.setattr("crm.insights.mail_numbers", fail)
    client = Client(raise_request_exception=False)
    client.force_login(alice)
    answer = client.get("/insights/?q=Zebrafish", headers={"User-Agent": BROWSER, "Referer": "https://numbat.test/"})
    assert answer.status_code == 500
    text = reports()
    assert "mail_numbers" in text
    assert "ValueError" in text
    for secret in (ADDRESS, "boris@client.test", TOKEN, "numbat.test", "Firefox/145"):
        assert secret not in text


def test_the_mailed_report_holds_no_value_at_all(alice, tracked, reports, monkeypatch, mailoutbox):
    def fail(*args, **kwargs):
        opened = Copy.objects.get().email  # noqa: F841 - in the frame that is reported
        raise ValueError("Zebrafish")

    monkeypatch.setattr("crm.insights.mail_numbers", fail)
    client = Client(raise_request_exception=False)
    client.force_login(alice)
    client.get("/insights/?q=Zebrafish")
    html, text = mailoutbox[0].alternatives[0][0], mailoutbox[0].body
    for secret in ("boris@client.test", "alice@acme.test", "only-for-tests"):
        assert secret not in html + text
    assert "Zebrafish" not in re.sub(r"raise ValueError\(.*", "", text)  # the line of the source is no value


def test_leaving_and_handing_over_records_never_hands_over_tracking(alice, bob, ada, tracked, boris):
    kinds = {holding.kind: bob for holding in handing_over.holdings(alice)}
    handing_over.hand_over(user=alice, to=kinds, actor=ada, now=timezone.now(), switch_off=True)
    assert Person.objects.get(pk=boris.pk).owner == bob
    tracked.refresh_from_db()
    assert tracked.owner_id == alice.pk
    client = Client()
    client.force_login(bob)
    page = client.get(f"/people/{boris.pk}/")
    assert page.status_code == 200
    assert found(page.content.decode()) == []
    assert client.get(f"/tracking/{tracked.pk}/icons/").status_code == 404
    assert not TrackedMail.objects.visible_to(bob).exists()
