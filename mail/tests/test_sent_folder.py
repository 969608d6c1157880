"""The provider files tracked copies by itself: they are deleted, one clean copy takes their place, and nothing else is touched."""

import email
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from mail import attachments, outbox, sent_copies
from mail.models import Account, Attachment, Delivery, Message
from mail.tests.fake_imap import DROP, PLAIN
from mail.tests.fake_smtp import ACCEPT_AND_DROP
from mail.tests.filing import OTHER, filing, kept, names, use, work, work_through
from notifications.models import Card
from tracking import preferences

LINKED = '<p>See <a href="https://x.test/?a=1&amp;b=2">prices</a></p>'
WAIT_AN_HOUR = "450 4.2.0 later. Suggested Backoff Time: 3600000 milliseconds"
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def test_the_tracked_copies_give_way_to_one_clean_copy(server, mailbox, sent):
    message = sent(cc="carla@client.test", bcc="dora@client.test")
    assert kept(mailbox) == ["clean"]
    (mail,) = mailbox.mails
    assert (mail.message_id, mail.flags) == (message.message_id, {r"\Seen"})
    message.refresh_from_db()
    assert f"{message.dated_at:%d-%b-%Y %H:%M:%S}" in mail.at.replace('"', "")
    assert email.message_from_bytes(mail.raw)["Bcc"] == "dora@client.test"
    assert names(mailbox).index("uid_expunge") < names(mailbox).index("append")
    assert len(server.taken) == 3


def test_when_all_has_been_looked_for_nothing_more_is_done(server, mailbox, sent):
    message = sent(cc="carla@client.test")
    work_through(1, 5, 30)
    assert filing(message) == "filed"
    connections, changed = mailbox.connections, names(mailbox).count("append") + names(mailbox).count("uid_expunge")
    assert (connections, changed) == (4, 2)
    work(after=DAY)
    assert (mailbox.connections, kept(mailbox), len(server.taken)) == (4, ["clean"], 2)


def test_a_copy_that_is_filed_late_is_found_by_a_later_look(server, mailbox, queued):
    message = queued(track=True, cc="carla@client.test", body_html=LINKED)
    work()
    assert (kept(mailbox), filing(message)) == ([], "awaited")
    to_boris, to_carla = (taken.data for taken in server.taken)
    mailbox.file(to_boris)
    work(after=MINUTE)
    assert (kept(mailbox), filing(message)) == (["clean"], "watched")
    mailbox.file(to_carla)
    work(after=4 * MINUTE)
    assert kept(mailbox) == ["clean"]


def test_a_provider_that_files_nothing_after_all_gets_the_clean_copy_in_the_end(mailbox, queued):
    message = queued(track=True, body_html=LINKED)
    work_through(0, 1, 5)
    assert kept(mailbox) == []
    work(after=30 * MINUTE)
    assert (kept(mailbox), filing(message)) == (["clean"], "filed")


def test_what_a_provider_files_untracked_is_left_to_it(mailbox, queued):
    message = queued(body_html=LINKED)
    work_through(0, 30)
    assert (filing(message), mailbox.connections) == ("provider", 0)


def test_without_an_imap_server_nothing_can_be_done(mailbox, queued):
    Account.objects.update(imap_host="")
    message = queued(track=True, body_html=LINKED)
    work_through(0, 30)
    assert (filing(message), mailbox.connections) == ("provider", 0)


def test_only_this_mails_tracked_copies_are_deleted(server, mailbox, sent):
    first = sent()
    (tracked,) = (taken.data for taken in server.taken)
    mailbox.file(OTHER)
    mailbox.file(tracked.replace(first.message_id.encode(), b"<forwarded@acme.test>"))
    mailbox.file(tracked.replace(first.message_id.encode(), first.message_id.replace("@", ".x@").encode()))
    mailbox.file(tracked, "INBOX")
    sent(subject="Second")
    work_through(1, 5, 30)
    assert sorted(kept(mailbox)) == ["clean", "clean", "other", "tracked", "tracked"]
    assert kept(mailbox, "INBOX") == ["tracked"]


def test_a_later_look_does_not_bring_back_what_the_person_deleted(mailbox, sent):
    sent()
    mailbox.mails.clear()
    work_through(1, 5, 30)
    assert kept(mailbox) == []


def test_what_the_person_marked_as_deleted_is_not_expunged_along(mailbox, sent):
    mailbox.file(OTHER, flags={r"\Deleted"})
    sent()
    assert kept(mailbox) == ["other", "clean"]


@pytest.mark.parametrize("capabilities", [PLAIN], indirect=True)
def test_without_uidplus_ours_waits_marked_until_the_persons_have_gone(mailbox, sent):
    bystander = mailbox.file(OTHER, flags={r"\Deleted"})
    message = sent()
    assert kept(mailbox) == ["other", "tracked", "clean"]
    assert r"\Deleted" in mailbox.in_folder("Sent")[1].flags
    mailbox.mails.remove(bystander)
    work(after=MINUTE)
    assert (kept(mailbox), filing(message)) == (["clean"], "watched")


@pytest.mark.parametrize("capabilities", [PLAIN], indirect=True)
def test_without_uidplus_all_goes_at_once_when_it_is_ours_alone(mailbox, sent):
    mailbox.file(OTHER)
    sent(cc="carla@client.test")
    assert kept(mailbox) == ["other", "clean"]


@pytest.mark.parametrize("answer", ["NO [OVERQUOTA] full", DROP])
def test_when_the_clean_copy_cannot_be_put_there_it_is_tried_again(server, mailbox, sent, answer):
    mailbox.will(append=[answer])
    message = sent()
    assert (kept(mailbox), filing(message)) == ([], "pending")
    work(after=MINUTE)
    assert kept(mailbox) == [], "not before its time"
    work(after=6 * MINUTE)
    assert (kept(mailbox), filing(message), len(server.taken)) == (["clean"], "watched", 1)


def test_a_worker_that_died_after_filing_leads_to_no_second_copy(mailbox, sent):
    message = sent()
    Message.objects.filter(pk=message.pk).update(filing="pending", filing_looks=0)
    work(after=10 * MINUTE)
    assert (kept(mailbox), names(mailbox).count("append"), filing(message)) == (["clean"], 1, "watched")


def test_what_cannot_be_put_together_again_is_not_deleted(server, mailbox, draft):
    message = draft(body_html=LINKED)
    attachments.add(message=message, upload=SimpleUploadedFile("offer.pdf", b"%PDF"))
    preferences.update(user=message.owner, open_tracking=True, link_tracking=True, notify_activity=True)
    outbox.queue(message=message, track_opens=True, track_links=True, now=timezone.now())
    work()
    mailbox.file(server.taken[0].data)
    Attachment.objects.get().file.delete(save=False)
    Attachment.objects.update(file="attachments/gone")
    work(after=MINUTE)
    assert kept(mailbox) == ["tracked"]


def test_a_retry_that_succeeds_later_is_cleaned_up_after_as_well(server, mailbox, sent):
    server.will(rcpt=["250 ok", WAIT_AN_HOUR])
    message = sent(cc="carla@client.test")
    work_through(1, 5, 30)
    assert (kept(mailbox), filing(message), len(server.taken)) == (["clean"], "filed", 1)
    mailbox.before["login"] = lambda: mailbox.file(server.taken[1].data)
    work(after=61 * MINUTE)
    assert (kept(mailbox), filing(message), len(server.taken)) == (["clean"], "watched", 2)


def test_while_more_is_about_to_be_sent_sent_is_left_alone(server, mailbox, queued):
    server.will(rcpt=["250 ok", "450 4.2.0 greylisted"])
    queued(track=True, cc="carla@client.test", body_html=LINKED)
    work()
    assert (len(server.taken), mailbox.connections) == (1, 0)
    work(after=2 * MINUTE)
    assert (len(server.taken), mailbox.connections) == (2, 1)


def test_a_copy_in_doubt_that_is_filed_late_proves_that_it_left_before_it_is_deleted(server, mailbox, queued):
    server.will(dot=["250 ok", ACCEPT_AND_DROP])
    message = queued(track=True, cc="carla@client.test", body_html=LINKED)
    work_through(0, 1, 10, 20)
    assert list(message.deliveries.values_list("status", flat=True)) == ["sent", "uncertain"]
    for taken in server.taken:
        mailbox.file(taken.data)
    work_through(30, 31)
    assert list(message.deliveries.values_list("status", flat=True)) == ["sent", "sent"]
    assert (kept(mailbox), len(server.taken)) == (["clean"], 2)


def test_copies_that_the_provider_gave_other_message_ids_are_found(server, mailbox, queued):
    given = [f"<{number}@eurprd01.prod.outlook.com>" for number in "12"]
    server.will(dot=[f"250 2.0.0 OK {one} [Hostname=x]" for one in given])
    message = queued(track=True, cc="carla@client.test", body_html=LINKED)
    work()
    for taken, one in zip(server.taken, given, strict=True):
        mailbox.file(taken.data.replace(message.message_id.encode(), one.encode()))
    work(after=MINUTE)
    assert kept(mailbox) == ["clean"]


def test_a_provider_that_nobody_knew_to_file_is_cleaned_up_after_as_well(server, mailbox, sent):
    use(mailbox, kept_by="")
    message = sent(cc="carla@client.test")
    assert (kept(mailbox), filing(message)) == (["clean"], "watched")
    mailbox.file(server.taken[1].data)
    work(after=MINUTE)
    assert kept(mailbox) == ["clean"]


def test_a_server_that_files_nothing_is_asked_once(mailbox, queued):
    use(mailbox, kept_by="")
    message = queued(track=True, body_html=LINKED)
    work_through(0, 1, 30)
    assert (kept(mailbox), filing(message), mailbox.connections) == (["clean"], "filed", 1)


def test_a_copy_is_known_behind_files_and_in_a_long_body(server, mailbox, queued):
    message = queued(track=True, body_html=f"<p>{'Long text. ' * 40_000}</p>")
    work()
    (tracked,) = (taken.data for taken in server.taken)
    assert len(tracked) > 800_000
    mailbox.file(tracked)
    work(after=MINUTE)
    assert (kept(mailbox), filing(message)) == (["clean"], "watched")


def test_several_mails_are_looked_after_over_one_connection(mailbox, queued):
    for number in range(3):
        queued(track=True, subject=f"Mail {number}", body_html=LINKED)
    work()
    assert mailbox.connections == 1


def test_a_mail_that_the_server_does_not_take_back_holds_up_no_other(server, mailbox, queued):
    first, second = (queued(track=True, subject=subject, body_html=LINKED) for subject in ("First", "Second"))
    mailbox.will(append=["NO [LIMIT] too large"])
    mailbox.before["login"] = lambda: [mailbox.file(one.data) for one in server.taken]
    work()
    assert (filing(first), filing(second)) == ("pending", "watched")


def test_a_mailbox_that_stays_away_is_told_quietly_in_the_end(server, mailbox, queued):
    Account.objects.update(imap_port=1)
    message = queued(track=True, body_html=LINKED)
    work_through(0, 6, 70)
    assert not Card.objects.exists()
    work(after=DAY)
    card = Card.objects.get()
    assert card.title == "A tracked copy may lie in your provider's Sent folder: Offer"
    assert card.detail == "Opening it there may count as the recipient's."
    assert (filing(message), len(server.taken)) == ("failed", 1)
    assert message.deliveries.get().status == Delivery.Status.SENT


def test_two_workers_do_not_look_after_the_same_mail(mailbox, queued):
    queued(track=True, body_html=LINKED)
    work()
    later = timezone.now() + MINUTE
    (mine,), (others,) = sent_copies.due(now=later), sent_copies.due(now=later)
    assert sent_copies.claim(mine, now=later)
    assert not sent_copies.claim(others, now=later)
    sent_copies.look_again(mine, now=later)
    with pytest.raises(sent_copies.ClaimLost):
        sent_copies.change(mine, filing="filed")
