"""The sync on bad days: what breaks, disappears, arrives twice or was changed meanwhile costs no mail."""

import imaplib
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from mail import changing, drafts, imap, leaving, outbox, rendering
from mail.models import Block, KeptMail, Message, RemoteCopy, SyncState, Thread
from mail.sync import choices, entering, first, folders, news, pace, visit
from mail.sync import server as asking
from mail.tests.fake_imap import DROP, GMAIL
from mail.tests.syncing import account as account  # a fixture
from mail.tests.syncing import folder_of, pause_of, sent_here, subjects, sync, synced_account
from mail.tests.syncing import server as server  # a fixture
from tracking import instrument, preferences

MINUTES, DAYS = timedelta(minutes=1), timedelta(days=1)


def test_a_wrong_password_is_not_tried_every_minute(server, account):
    server.will(login=["NO [AUTHENTICATIONFAILED] who are you?"])
    state = sync(account)
    assert pause_of(state) > timedelta(minutes=50)
    assert "did not accept user name and password" in state.error


def test_what_candor_sent_is_recognised_in_sent_even_under_another_message_id(server, account, alice):
    preferences.update(user=alice, open_tracking=True, link_tracking=True, notify_activity=True)
    common: dict[str, Any] = {"owner": alice, "message": None, "account": account, "cc": "", "bcc": "", "subject": "Offer"}
    message = drafts.save(**common, to="boris@client.test", body_html='<p>Our <a href="https://acme.test/offer">offer</a></p>')
    outbox.queue(message=message, track_opens=True, track_links=True, now=timezone.now())
    delivery = message.deliveries.get()
    Message.objects.filter(pk=message.pk).update(folder="sent", dated_at=timezone.now())
    message.refresh_from_db()
    assert delivery.copy
    raw = rendering.render(message, html=instrument.instrument(message.body_html, copy=delivery.copy), bcc=[])
    server.file(raw.replace(message.message_id.encode(), b"<other@provider.test>"), "Sent", at="02-Nov-2026 10:00:00 +0000")
    quoting = raw.replace(message.message_id.encode(), b"<answer@provider.test>").replace(
        b"Date: ", b"Date: Mon, 01 Jun 2026 10:00:00 +0000\r\nX-Was: "
    )
    server.file(quoting, "Sent", at="02-Nov-2026 10:00:00 +0000")
    sync(account)
    assert [copy.message_id for copy in RemoteCopy.objects.filter(uid=1)] == [message.pk]
    assert Message.objects.filter(folder="sent").count() == 2  # the answer that quotes it is a mail of its own


def test_a_mail_read_elsewhere_while_its_folder_was_numbered_anew_is_read_here_too(server, account):
    mail = server.letter(1)
    sync(account)
    server.validity, mail.uid, mail.flags = 9, 50, {r"\Seen"}
    server._uids = 50
    sync(account)
    assert Message.objects.get().is_read


def test_who_shares_a_public_provider_is_no_colleague(server, alice):
    account = synced_account(alice, server, email="alice@gmail.com")
    SyncState.objects.update(skips_own_domain=True)
    server.letter(1, sender="customer@gmail.com", To="alice@gmail.com")
    sync(account)
    assert subjects(account) == ["Letter 1"]


def test_a_mail_without_a_message_id_is_not_taken_for_the_sent_one_beside_it(server, account):
    sent_here(account)
    about = "Date: Mon, 02 Nov 2026 10:00:00 +0000\r\nFrom: alice@acme.test\r\nTo: boris@client.test\r\nSubject: "
    server.file(f"Message-ID: <own@acme.test>\r\n{about}Own\r\n\r\nHello.\r\n".encode(), "Sent", at="02-Nov-2026 10:00:00 +0000")
    server.file(f"{about}Nameless\r\n\r\nHello.\r\n".encode(), "Sent", at="02-Nov-2026 10:00:00 +0000")
    sync(account)
    assert subjects(account, "sent") == ["Own", "Nameless"]


def test_a_connection_that_breaks_while_missing_mail_is_asked_for_again_loses_none(server, account):
    sync(account)
    server.letter(1), server.letter(2)
    server.left_out = {1, 2}
    sync(account)
    server.left_out = set()
    server.will(uid_fetch=[DROP])
    sync(account, after=2 * DAYS)
    assert KeptMail.objects.count() == 2
    sync(account, after=4 * DAYS)
    assert subjects(account) == ["Letter 1", "Letter 2"]
    assert not KeptMail.objects.exists()


def test_a_head_that_cannot_be_read_costs_that_mail_alone(server, account):
    server.headless = {2, 5}
    for number in (1, 2, 3):
        server.letter(number)
    sync(account)
    for number in (4, 5):
        server.letter(number)
    state = sync(account)
    assert not state.error
    assert sorted(subjects(account)) == ["Letter 1", "Letter 3", "Letter 4"]
    assert sorted(KeptMail.objects.values_list("uid", flat=True)) == [2, 5]


def test_a_very_large_mail_over_which_the_connection_breaks_does_not_hold_up_the_others(server, account, monkeypatch):
    monkeypatch.setattr(entering, "LARGEST", 300)
    server.letter(1), server.letter(2, X_Filling="x" * 300)
    server.cut_off = {2}
    for _time in range(4):
        state = sync(account)
    assert not state.error
    assert subjects(account) == ["Letter 1"]
    assert "The connection to the server breaks" in KeptMail.objects.get().reason


def test_an_undo_moves_nothing_at_the_server_that_it_does_not_move_here(server, account, alice):
    server.letter(1), server.letter(2)
    sync(account)
    archived = changing.archive(owner=alice, messages=Message.objects.all(), now=timezone.now())
    changing.trash(owner=alice, messages=Message.objects.filter(subject="Letter 1"), now=timezone.now())
    changing.undo(change=archived, now=timezone.now())
    sync(account)
    assert (subjects(account), subjects(account, "trash")) == (["Letter 2"], ["Letter 1"])
    assert [mail.message_id for mail in server.in_folder("Trash")] == ["<1@client.test>"]


def test_a_star_is_taken_from_every_mail_of_the_conversation_that_has_one(server, account, alice):
    mail = server.letter(1)
    mail.flags = {r"\Flagged"}
    server.letter(2, In_Reply_To="<1@client.test>", Date="Tue, 03 Nov 2026 10:00:00 +0000")
    sync(account)
    changing.star(owner=alice, threads=Thread.objects.all(), is_starred=False, now=timezone.now())
    sync(account)
    assert mail.flags == set()
    changing.star(owner=alice, threads=Thread.objects.all(), is_starred=True, now=timezone.now())
    changing.star(owner=alice, threads=Thread.objects.all(), is_starred=False, now=timezone.now())
    sync(account)
    assert not any(mail.flags for mail in server.mails)


def test_what_lay_in_the_trash_before_it_was_deleted_at_the_server_can_be_put_back(server, account, alice):
    mail = server.letter(1)
    sync(account)
    SyncState.objects.update(is_on=False)
    changing.trash(owner=alice, messages=Message.objects.all(), now=timezone.now())
    SyncState.objects.update(is_on=True)
    server.mails.remove(mail)
    sync(account)
    changing.restore(owner=alice, messages=Message.objects.all(), now=timezone.now())
    assert subjects(account) == ["Letter 1"]


def test_back_from_gmails_archive_a_mail_lies_in_the_inbox_there_too(server, account, alice):
    server.capabilities, server.folders["All"] = GMAIL, r"\All"
    mail = server.letter(1)
    mail.folders.add("All")
    sync(account)
    changing.archive(owner=alice, messages=Message.objects.all(), now=timezone.now())
    sync(account)
    assert mail.folders == {"All"}
    changing.restore(owner=alice, messages=Message.objects.all(), now=timezone.now())
    sync(account)
    assert mail.folders == {"All", "INBOX"}
    assert subjects(account) == ["Letter 1"]


def test_a_mail_that_is_deleted_right_after_it_was_sent_does_not_come_back(server, account, alice):
    sync(account)
    sent_here(account)
    server.file(b"Message-ID: <own@acme.test>\r\nFrom: alice@acme.test\r\nSubject: Own\r\n\r\nHello.\r\n", at="02-Nov-2026 10:00:00 +0000")
    changing.trash(owner=alice, messages=Message.objects.all(), now=timezone.now())
    sync(account)
    assert (subjects(account, "sent"), subjects(account, "trash")) == ([], ["Own"])
    assert not server.in_folder("Sent")


def test_the_claim_is_renewed_while_many_mails_are_moved(server, account, alice, monkeypatch):
    for number in range(4):
        server.letter(number)
    sync(account)
    renewals: list[str] = []
    monkeypatch.setattr(visit, "RENEWED_EVERY", -1)
    monkeypatch.setattr(pace, "renew", lambda state, *, now: renewals.append(server.commands[-1].split()[0]))
    changing.trash(owner=alice, messages=Message.objects.all(), now=timezone.now())
    sync(account)
    assert renewals.count("uid_move") >= 3


def test_what_the_user_chooses_while_a_worker_is_at_it_holds(server, account):
    server.folders["Archive"] = r"\Archive"
    Block.objects.create(account=account, pattern="anna@client.test")
    server.letter(1)
    sync(account)
    server.letter(2, sender="boris@client.test")
    state = pace.claim(account.pk, now=timezone.now() + 5 * MINUTES)
    assert state
    with imap.connected(account) as mailbox:
        worker = visit.Visit(state, mailbox, timezone.now)
        inbox, archive = (one for one in folders.take_over(account, worker.server) if one.name in ("INBOX", "Archive"))
        chosen: dict[str, Any] = {"since": None, "folders": [inbox.pk], "skips_own_domain": False, "blocked": []}
        choices.choose(account=account, **chosen, now=timezone.now())
        worker.server.open("INBOX")
        news.fetch(worker, inbox)
        archive.next_uid = 0
        first.prepare(worker, archive, worker.server.open("Archive"))
    SyncState.objects.update(claim=None, claimed_at=None)
    sync(account)
    assert sorted(subjects(account)) == ["Letter 1", "Letter 2"]
    assert not folder_of(account, "Archive").is_chosen


def test_a_range_that_is_widened_while_a_worker_is_at_it_holds(server, account):
    SyncState.objects.update(since=date(2026, 11, 10))
    server.letter(1)
    state = pace.claim(account.pk, now=timezone.now())
    assert state
    with imap.connected(account) as mailbox:
        worker = visit.Visit(state, mailbox, timezone.now)
        inbox = next(one for one in folders.take_over(account, worker.server) if one.name == "INBOX")
        choices.choose(account=account, since=None, folders=[inbox.pk], skips_own_domain=False, blocked=[], now=timezone.now())
        first.prepare(worker, inbox, worker.server.open("INBOX"))
        first.go_on(worker, [inbox], until=float("inf"))
    assert subjects(account) == ["Letter 1"]


def test_a_list_of_folders_without_an_inbox_is_not_believed(server, account):
    server.letter(1)
    sync(account)
    server.will(list=["OK that was all"])
    sync(account)
    server.letter(2)
    sync(account)
    assert subjects(account) == ["Letter 1", "Letter 2"]


def test_a_mail_from_the_end_of_time_comes_in_like_any_other(server, account):
    server.letter(1).at = "31-Dec-9999 23:59:59 -0100"
    assert not sync(account).error
    assert subjects(account) == ["Letter 1"]


def test_a_fault_of_ours_is_told_and_waits_like_any_other(server, account, monkeypatch):
    monkeypatch.setattr(news, "CHUNK", "many")
    sync(account)
    server.letter(2)
    states = [sync(account) for _time in range(2)]
    assert states[-1].error
    assert pause_of(states[-1]) > pause_of(states[0])
    assert states[-1].claim is None


def test_who_disconnects_an_account_stops_the_worker_that_is_at_it(account):
    state = pace.claim(account.pk, now=timezone.now())
    assert state
    leaving.begin(account=account, now=timezone.now())
    with pytest.raises(pace.ClaimLost):
        pace.renew(state, now=timezone.now())


def test_a_deletion_behind_a_look_that_was_cut_off_is_noticed_within_the_hour(server, account, monkeypatch):
    monkeypatch.setattr(news, "CHUNK", 1)
    server.modseq = 5
    gone = server.letter(1)
    sync(account)
    server.letter(2), server.letter(3)
    server.cut_off = {3}
    sync(account)
    server.cut_off = set()
    server.mails.remove(gone)
    sync(account)
    sync(account, after=61 * MINUTES)
    assert subjects(account, "trash") == ["Letter 1"]


def test_mail_of_an_account_that_was_connected_anew_follows_what_is_done_to_it(server, account, alice):
    mails = [
        server.letter(1),
        server.file(b"From: anna@client.test\r\nSubject: Nameless\r\n\r\nHello.\r\n", "INBOX", at="02-Nov-2026 10:00:00 +0000"),
    ]
    sync(account)
    leaving.keep_mail(account=account)
    again = synced_account(alice, server)
    sync(again)
    assert server.fetched.count(1) == 1
    changing.mark_read(owner=alice, messages=Message.objects.all(), is_read=True, now=timezone.now())
    sync(again)
    assert Message.objects.count() == 2
    assert [mail.flags for mail in mails] == [{r"\Seen"}] * 2


def test_more_news_than_fit_into_one_answer_come_in(server, account, monkeypatch):
    sync(account)
    monkeypatch.setattr(imaplib, "_MAXLINE", 200)
    monkeypatch.setattr(asking, "WINDOW", 20)
    for number in range(100):
        server.letter(number)
    assert not sync(account).error
    assert len(subjects(account)) == 100


def test_a_mail_that_says_nothing_of_its_size_does_not_fill_the_memory(server, account, monkeypatch):
    server.letter(1), server.letter(2, X_Filling="x" * 500)
    monkeypatch.setattr(imap, "LARGEST_LITERAL", 500)
    for _time in range(5):
        sync(account)
    assert subjects(account) == ["Letter 1"]
    assert KeptMail.objects.get().uid == 2


def test_uids_that_lie_far_apart_are_not_searched_for_one_window_after_the_other(server, account):
    server.letter(1)
    server._uids = 1_700_000_000
    server.letter(2)
    sync(account)
    assert sorted(subjects(account)) == ["Letter 1", "Letter 2"]
    assert len([command for command in server.commands if command.startswith("uid_search")]) < 20


def test_old_mail_is_not_taken_for_deleted_when_its_folder_is_numbered_anew(server, account):
    server.letter(1)
    sync(account)
    SyncState.objects.update(since=date(2026, 11, 10))
    server.validity = 9
    sync(account)
    assert subjects(account) == ["Letter 1"]


def test_a_mail_that_is_moved_while_the_folders_are_gone_through_is_not_taken_for_deleted(server, account):
    server.folders["Archive"] = r"\Archive"
    mail = server.letter(1, folder="Archive")
    sync(account)

    def behind_the_inbox() -> None:
        server.before["examine"] = lambda: (server.file(mail.raw, "INBOX", at=mail.at), server.mails.remove(mail))

    server.before["examine"] = behind_the_inbox
    sync(account)
    assert subjects(account) == ["Letter 1"]


def test_a_folder_that_is_deleted_with_its_mail_holds_up_nothing(server, account):
    server.folders["Archive"] = r"\Archive"
    gone = server.letter(1, folder="Archive")
    sync(account)
    server.mails.remove(gone)
    del server.folders["Archive"]
    state = sync(account)
    assert not state.error
    assert subjects(account, "trash") == ["Letter 1"]
    sync(account)
    assert not account.remote_folders.filter(name="Archive").exists()


def test_a_kept_mail_whose_file_is_lost_is_fetched_anew(server, account):
    server.letter(1)
    sync(account)
    Message.objects.all().delete()
    values: dict[str, Any] = {"validity": server.validity, "uid": 1, "reason": "unreadable", "reader_version": 0}
    KeptMail.objects.create(folder=folder_of(account), file="kept/lost", **values)
    assert not sync(account).error
    assert subjects(account) == ["Letter 1"]
    assert not KeptMail.objects.exists()
