"""What is fixed when a mail is queued, and how it is taken back or sent again."""

import email
import logging
import re
from email.policy import default
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from crm.lib import heartbeat
from crm.records.models import Person
from mail import attachments, claims, outbox, outcomes, rendering, sending, tasks
from mail.faults import Reply
from mail.models import Account, Delivery, Message
from mail.states import DeliveryState, delivery_state
from notifications.models import Card
from tests.installation import Installation
from tracking import preferences
from tracking.models import Copy, TrackedMail


def state_of(message: Message) -> DeliveryState:
    state = delivery_state(message)
    assert state
    return state


def test_queueing_fixes_what_identifies_the_mail(draft):
    message, now = draft(), timezone.now()
    outbox.queue(message=message, track_opens=False, track_links=False, now=now)
    assert (message.folder, message.dated_at, message.from_name) == ("outbox", None, "Alice Ahrens")
    assert re.fullmatch(r"<[\w-]{24}@acme\.test>", message.message_id)
    delivery = message.deliveries.get()
    assert (delivery.status, delivery.copy, delivery.recipients.get().email) == ("queued", None, "boris@client.test")
    with pytest.raises(outbox.CannotSend):
        outbox.queue(message=message, track_opens=False, track_links=False, now=now)


@pytest.mark.parametrize(
    ("options", "chosen", "tracked"),
    [
        ((True, True), (True, True), (True, True)),
        ((True, False), (True, True), (True, False)),
        ((True, True), (False, True), (False, True)),
        ((False, False), (True, True), None),
        ((True, True), (False, False), None),
    ],
)
def test_what_is_tracked_is_frozen_within_the_owners_options(alice, draft, options, chosen, tracked):
    preferences.update(user=alice, open_tracking=options[0], link_tracking=options[1], notify_activity=False)
    message = draft()
    outbox.queue(message=message, track_opens=chosen[0], track_links=chosen[1], now=timezone.now())
    if tracked is None:
        assert (message.tracked_mail, message.track_opens, message.track_links) == (None, False, False)
    else:
        mail = message.tracked_mail
        assert (mail.tracks_opens, mail.tracks_links, mail.owner, mail.subject) == (*tracked, alice, "Offer")
        assert mail.url == f"/mail/threads/{message.thread_id}/#message-{message.pk}"


def test_the_choice_is_remembered_for_the_next_mail(alice, queued, draft):
    preferences.update(user=alice, open_tracking=True, link_tracking=True, notify_activity=False)
    outbox.queue(message=draft(), track_opens=True, track_links=False, now=timezone.now())
    options = preferences.for_user(alice)
    assert (options.last_track_opens, options.last_track_links) == (True, False)


def copies_of(message: Message) -> list[tuple[str, str]]:
    """Address and contact of each copy, as its envelope has them too."""
    copies = [(one.email, one.person.name if one.person else "") for one in Copy.objects.filter(mail=message.tracked_mail).order_by("pk")]
    envelopes = [[one.email for one in delivery.recipients.all()] for delivery in message.deliveries.all()]
    if any(email for email, _name in copies):
        assert envelopes == [[email] for email, _name in copies]
    return copies


def test_each_recipient_of_a_tracked_mail_gets_a_copy_of_their_own(alice, queued):
    Person.objects.create(owner=alice, name="Boris", email="boris@client.test")
    message = queued(track=True, cc="carla@client.test", bcc="dora@client.test")
    assert copies_of(message) == [("boris@client.test", "Boris"), ("carla@client.test", ""), ("dora@client.test", "")]
    assert TrackedMail.objects.count() == 1


def test_an_address_that_is_given_twice_gets_one_copy(queued):
    message = queued(track=True, to="boris@Client.test, team@client.test", cc="Boris@client.test", bcc="boris@client.test")
    assert copies_of(message) == [("boris@client.test", ""), ("team@client.test", "")]


@pytest.mark.parametrize(("limit", "tell_apart"), [(2, True), (20, False), (0, True)])
def test_above_the_limit_or_when_switched_off_all_share_one_copy(queued, settings, limit, tell_apart):
    settings.COPIES_LIMIT = limit
    message = queued(track=True, tell_apart=tell_apart, cc="carla@client.test, dora@client.test")
    assert copies_of(message) == [("", "")]
    assert message.deliveries.get().recipients.count() == 3
    assert copies_of(queued(track=True, tell_apart=tell_apart)) == [("boris@client.test", "")], "one recipient is known anyway"


def test_an_untracked_mail_goes_out_in_one_envelope(queued):
    message = queued(cc="carla@client.test")
    delivery = message.deliveries.get()
    assert (delivery.copy, delivery.recipients.count()) == (None, 2)


def test_the_demos_own_account_is_known_to_reach_this_machine_alone(queued, account):
    account.is_demo = True
    account.save()
    assert queued(track=True).tracked_mail.is_local


def test_the_dispatch_time_is_noted_on_the_copy(server, queued):
    message = queued(track=True)
    sending.send_due()
    delivery = message.deliveries.get()
    assert delivery.copy.dispatched_at == delivery.sent_at


def test_the_body_is_kept_clean_and_the_sent_one_is_tracked(server, queued):
    message = queued(track=True, body_html='<p>See <a href="https://acme.test/">our site</a></p>')
    sending.send_due()
    message.refresh_from_db()
    assert settings.TRACKING_URL not in message.body_html
    mail = email.message_from_bytes(server.taken[0].data, policy=default)
    html, text = mail.get_body(("html",)), mail.get_body(("plain",))
    assert html is not None
    assert text is not None
    assert html.get_content().count(settings.TRACKING_URL) == 2
    assert settings.TRACKING_URL not in text.get_content()


def test_a_mail_taken_back_is_a_draft_again_and_leaves_no_counters(queued):
    message = queued(track=True)
    outbox.back_to_drafts(message=message)
    assert (message.folder, message.message_id, message.tracked_mail, message.deliveries.count()) == ("drafts", "", None, 0)
    assert TrackedMail.objects.count() == 0
    outbox.queue(message=message, track_opens=True, track_links=True, now=timezone.now())
    assert message.tracked_mail


def test_a_mail_that_may_have_arrived_keeps_its_counters_when_taken_back(queued):
    message = queued(track=True)
    message.deliveries.update(status=Delivery.Status.UNCERTAIN)
    outbox.back_to_drafts(message=message)
    assert TrackedMail.objects.count() == 1


def test_there_is_nothing_to_send_again_of_a_sent_mail(server, queued):
    message = queued()
    sending.send_due()
    with pytest.raises(outbox.CannotSend):
        outbox.send_again(message=message, now=timezone.now())
    with pytest.raises(outbox.CannotSend):
        outbox.back_to_drafts(message=message)


def test_a_person_can_say_that_an_uncertain_mail_arrived(queued):
    message = queued()
    claims.claim_next(message.account_id, timezone.now())
    message.deliveries.update(status=Delivery.Status.UNCERTAIN)
    outcomes.confirm_sent(message=message, now=timezone.now())
    message.refresh_from_db()
    assert (message.folder, message.deliveries.get().status) == (Message.Folder.SENT, Delivery.Status.SENT)


def test_a_mail_whose_worker_is_silent_waits_and_says_so(queued):
    message = queued()
    heartbeat.beat()
    assert state_of(message).kind == "waiting"
    Path(settings.DATA_DIR, "worker-heartbeat").unlink()
    state = state_of(message)
    assert (state.kind, state.can_edit, state.can_send_again) == ("silent", True, False)
    assert "Nothing is lost" in state.text


def test_a_draft_has_no_state_of_delivery(draft):
    assert delivery_state(draft()) is None


AMAZON = "email-smtp.eu-west-1.amazonaws.com"
PROVIDERS = [
    ("smtp.office365.com", "2.0.0 OK <AM0PR01@eurprd01.prod.outlook.com> [Hostname=x]", "<AM0PR01@eurprd01.prod.outlook.com>"),
    (AMAZON, "Ok 0102018f-1234-4abc-9def-000000", "<0102018f-1234-4abc-9def-000000@eu-west-1.amazonses.com>"),
    ("smtp.acme.test", "Ok 0102018f-1234-4abc-9def-000000", ""),
]


@pytest.mark.parametrize(("host", "words", "given"), PROVIDERS)
def test_a_message_id_that_the_provider_gives_instead_is_understood(host, words, given):
    message = Message(message_id="<ours@acme.test>", account=Account(smtp_host=host))
    assert outcomes.provider_message_id(message, Reply(250, words)) == given


def test_an_unreadable_password_is_told_and_stops_nobody_else(server, queued, account, draft, alice, settings):
    other = Account.objects.create(owner=alice, email="a2@acme.test", smtp_host="127.0.0.1", smtp_port=server.port, smtp_security="none")
    broken = queued()
    fine = queued(account=other)
    settings.CREDENTIAL_KEYS = ["YW5vdGhlci1rZXktb2YtMzItYnl0ZXMtZm9yLXRlc3Q="]
    sending.send_due()
    assert "Enter it again" in broken.deliveries.get().error
    assert fine.deliveries.get().status == Delivery.Status.SENT


def test_a_fault_of_ours_with_one_mail_stops_no_other(server, queued, monkeypatch):
    first, second = queued(subject="first"), queued(subject="second")
    render = rendering.render

    def fail_first(message, **options):
        if message.subject == "first":
            raise RuntimeError
        return render(message, **options)

    monkeypatch.setattr(rendering, "render", fail_first)
    sending.send_due()
    assert (first.deliveries.get().status, second.deliveries.get().status) == ("failed", "sent")
    assert Card.objects.get().title == "Not sent: first"


@pytest.mark.parametrize("broker", ["redis://127.0.0.1:1/0", ""])
@pytest.mark.slow
def test_with_the_broker_down_waking_raises_nothing_and_ends(tmp_path, broker):
    installation = Installation(tmp_path)
    blocked = tmp_path / "queue"
    blocked.write_text("a file where the embedded broker wants a folder")
    no_waiting = "import kombu.utils.functional as retrying; retrying.sleep = lambda seconds: sys.exit('a person waits for this')"
    installation.run(f"{no_waiting}; from mail.tasks import wake; wake(); wake()", REDIS_URL=broker)


def test_a_failed_wake_up_is_logged(monkeypatch, caplog):
    def fail(**options):
        raise OSError("disk full")

    monkeypatch.setattr(tasks.send_due, "apply_async", fail)
    with caplog.at_level(logging.WARNING):
        tasks.wake()
    assert "could not be woken (OSError)" in caplog.text


def test_an_account_learns_from_its_server_how_large_a_mail_may_be(server, queued, account):
    queued()
    sending.send_due()
    account.refresh_from_db()
    assert account.max_bytes == 40_000_000
    server.will(ehlo=["250-fake.test\r\n250-SIZE 0\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME"])
    queued()
    sending.send_due()
    account.refresh_from_db()
    assert account.max_bytes is None


def test_a_mail_that_could_not_be_sent_comes_back_with_its_files(server, draft, alice_client):
    message = draft()
    attachments.add(message=message, upload=SimpleUploadedFile("offer.pdf", b"%PDF"))
    outbox.queue(message=message, track_opens=False, track_links=False, now=timezone.now())
    server.will(mail=["550 5.7.1 No"])
    sending.send_due()
    assert state_of(message).kind == "failed"
    response = alice_client.post(f"/mail/messages/{message.pk}/take-back/", follow=True)
    assert [file.name for file in response.context["attachments"]] == ["offer.pdf"]
    with message.attachments.get().file.open() as file:
        assert file.read() == b"%PDF"
