"""The sync with a server that keeps to the protocol, and with ones that do not: nothing is lost, nothing comes twice."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from mail import accounts, parsing
from mail.models import Block, KeptMail, Message, RemoteCopy, SyncState
from mail.sync import changes, first, pace, running
from mail.tests.syncing import account as account  # a fixture
from mail.tests.syncing import folder_of, pause_of, subjects, sync
from mail.tests.syncing import server as server  # a fixture

MINUTES, DAYS = timedelta(minutes=1), timedelta(days=1)


def test_the_first_sync_takes_the_newest_mail_first_and_marks_nothing_as_read(server, account):
    for number in range(1, 6):
        server.letter(number, seen=number < 3)
    state = sync(account)
    assert subjects(account) == ["Letter 5", "Letter 4", "Letter 3", "Letter 2", "Letter 1"]
    assert list(Message.objects.filter(is_read=True).order_by("pk").values_list("subject", flat=True)) == ["Letter 2", "Letter 1"]
    assert [mail.flags for mail in server.mails] == [{r"\Seen"}, {r"\Seen"}, set(), set(), set()]
    assert not any(command.startswith("uid_store") for command in server.commands)
    assert state.synced_at
    assert not state.error
    assert (folder_of(account).wanted_count, folder_of(account).done_count, folder_of(account).is_fully_read) == (5, 5, True)


def test_new_mail_comes_in_once_and_known_mail_is_not_fetched_again(server, account):
    server.letter(1)
    sync(account)
    server.letter(2)
    sync(account)
    sync(account)
    assert subjects(account) == ["Letter 1", "Letter 2"]
    assert server.fetched == [1, 2]


def test_a_first_sync_that_is_cut_off_anywhere_goes_on_where_it_was(server, account, monkeypatch):
    monkeypatch.setattr(first, "CHUNK", 2)
    for number in range(1, 8):
        server.letter(number)
    sync(account, seconds=0)  # news only: the mail of before waits
    assert subjects(account) == []
    server.cut_off = {4}
    state = sync(account)
    assert subjects(account) == ["Letter 7", "Letter 6", "Letter 5"] or subjects(account) == ["Letter 7", "Letter 6"]
    assert state.error
    assert state.failures == 1
    server.cut_off = set()
    sync(account)
    assert sorted(subjects(account)) == [f"Letter {number}" for number in range(1, 8)]
    assert Message.objects.count() == 7


def test_a_worker_that_was_killed_is_followed_by_another_when_its_claim_is_old(server, account):
    server.letter(1)
    now = timezone.now()
    assert pace.claim(account.pk, now=now)  # and dies
    running.run(account.pk, clock=lambda: now + MINUTES)
    assert subjects(account) == []
    running.run(account.pk, clock=lambda: now + pace.LEASE + MINUTES)
    assert subjects(account) == ["Letter 1"]


def test_a_worker_that_lost_its_claim_changes_nothing_more(account):
    now = timezone.now()
    old = pace.claim(account.pk, now=now)
    assert old
    new = pace.claim(account.pk, now=now + pace.LEASE + MINUTES)
    with pytest.raises(pace.ClaimLost):
        pace.went_well(old, is_complete=True, now=now)
    assert new
    assert SyncState.objects.get(pk=account.pk).claim == new.claim


def test_the_cursor_never_passes_a_mail_that_the_server_left_out(server, account):
    server.letter(1)
    sync(account)
    server.left_out = {2}
    server.letter(2), server.letter(3)
    sync(account)
    assert subjects(account) == ["Letter 1", "Letter 3"]
    kept = KeptMail.objects.get()
    assert (kept.uid, bool(kept.file)) == (2, False)
    server.left_out = set()
    sync(account, after=timedelta(days=1, hours=1))
    assert subjects(account) == ["Letter 1", "Letter 3", "Letter 2"]
    assert not KeptMail.objects.exists()


def test_a_mail_over_which_the_connection_breaks_is_passed_over_and_told_in_the_end(server, account):
    for number in (1, 2, 3):
        server.letter(number)
    server.cut_off = {2}
    for _time in range(6):
        state = sync(account)
    assert sorted(subjects(account)) == ["Letter 1", "Letter 3"]
    assert not state.error
    assert [kept.uid for kept in KeptMail.objects.all()] == [2]


def test_an_answer_that_cannot_be_read_costs_that_mail_alone(server, account):
    for number in (1, 2, 3):
        server.letter(number)
    server.garbled = {2}
    for _time in range(4):
        sync(account)
    assert sorted(subjects(account)) == ["Letter 1", "Letter 3"]
    assert [kept.uid for kept in KeptMail.objects.all()] == [2]


def test_a_mail_that_cannot_be_read_is_kept_raw_and_read_by_the_next_version(server, account, monkeypatch):
    mail = server.letter(1)
    read = parsing.read
    monkeypatch.setattr(parsing, "read", lambda raw: read(raw) if b"Body" not in raw else 1 / 0)
    sync(account)
    kept = KeptMail.objects.get()
    with kept.file.open("rb") as file:
        assert (file.read(), subjects(account)) == (mail.raw, [])
    monkeypatch.setattr(parsing, "read", read)
    sync(account)
    assert subjects(account) == []  # the same version is not asked twice
    monkeypatch.setattr("mail.sync.retrying.VERSION", 10_000)
    sync(account)
    assert subjects(account) == ["Letter 1"]
    assert not KeptMail.objects.exists()


def test_a_changed_uidvalidity_matches_known_mail_by_its_content(server, account):
    for number in (1, 2):
        server.letter(number)
    sync(account)
    server.validity, server.fetched = 8, []
    for mail in server.mails:
        mail.uid += 100
    server._uids = 102
    server.letter(3)
    sync(account)
    assert sorted(subjects(account)) == ["Letter 1", "Letter 2", "Letter 3"]
    assert Message.objects.count() == 3
    assert server.fetched == [103]
    assert set(RemoteCopy.objects.values_list("validity", "uid")) == {(8, 101), (8, 102), (8, 103)}


def test_a_server_that_changes_its_uidvalidity_each_time_is_told_and_not_followed_for_ever(server, account):
    server.letter(1)
    for validity in range(10, 20):
        server.validity = validity
        sync(account)
        if folder_of(account).error:
            break
    assert "anew each time" in folder_of(account).error
    assert subjects(account) == ["Letter 1"]


def test_without_uidnext_the_highest_uid_is_asked_for(server, account):
    server.announces_next_uid = False
    server.letter(1)
    sync(account)
    server.letter(2)
    sync(account)
    assert subjects(account) == ["Letter 1", "Letter 2"]


def test_flags_are_followed_both_ways(server, account, alice):
    mail = server.letter(1)
    sync(account)
    mail.flags = {r"\Seen", r"\Flagged"}
    sync(account)
    message = Message.objects.get()
    assert message.is_read
    assert message.thread.is_starred
    Message.objects.update(is_read=False)
    changes.note([message.pk], "unread", now=timezone.now())
    changes.note([message.pk], "unstar", now=timezone.now())
    sync(account)
    assert mail.flags == set()
    assert Message.objects.get().is_read is False
    assert not account.remote_changes.exists()


def test_what_the_user_did_here_wins_over_what_the_server_still_says(server, account):
    mail = server.letter(1)
    sync(account)
    message = Message.objects.get()
    Message.objects.update(is_read=True)
    changes.note([message.pk], "read", now=timezone.now())
    server.will(uid_store=["NO [UNAVAILABLE] later"])
    mail.flags = {r"\Flagged"}
    sync(account)
    assert Message.objects.get().is_read
    sync(account, after=5 * MINUTES)
    assert r"\Seen" in mail.flags


def test_moves_and_deletions_at_the_server_are_followed(server, account):
    server.folders["Archive"] = r"\Archive"
    one, two, three = (server.letter(number) for number in (1, 2, 3))
    sync(account)
    server.file(one.raw, "Archive", at=one.at), server.mails.remove(one)
    server.file(two.raw, "Trash", at=two.at), server.mails.remove(two)
    server.mails.remove(three)
    sync(account)
    assert (subjects(account), subjects(account, "archive")) == ([], ["Letter 1"])
    assert sorted(subjects(account, "trash")) == ["Letter 2", "Letter 3"]
    assert Message.objects.count() == 3


def test_a_mail_moved_to_a_folder_that_is_not_synced_goes_to_the_archive(server, account):
    server.folders["Projects"] = ""
    mail = server.letter(1)
    sync(account)
    server.file(mail.raw, "Projects", at=mail.at), server.mails.remove(mail)
    sync(account)
    assert subjects(account, "archive") == ["Letter 1"]


def test_archiving_and_deleting_here_moves_the_mail_there(server, account):
    one, two = server.letter(1), server.letter(2)
    sync(account)
    messages = {message.subject: message for message in Message.objects.all()}
    for subject, target in (("Letter 1", "archive"), ("Letter 2", "trash")):
        Message.objects.filter(subject=subject).update(folder=target)
        changes.note([messages[subject].pk], target, now=timezone.now())
    sync(account)
    assert [mail.raw for mail in server.in_folder("Archive")] == [one.raw]  # made there, for want of one
    assert [mail.raw for mail in server.in_folder("Trash")] == [two.raw]
    assert (subjects(account, "archive"), subjects(account, "trash")) == (["Letter 1"], ["Letter 2"])
    sync(account)
    assert Message.objects.count() == 2


def test_back_from_the_trash_it_lies_in_the_inbox_again_on_both_sides(server, account):
    server.letter(1)
    sync(account)
    message = Message.objects.get()
    for target in ("trash", "inbox"):
        Message.objects.update(folder=target)
        changes.note([message.pk], target, now=timezone.now())
        sync(account)
    assert len(server.in_folder("INBOX")) == 1
    assert not server.in_folder("Trash")
    assert subjects(account) == ["Letter 1"]


def test_a_deletion_for_good_is_done_at_the_server_and_nothing_else_is_deleted(server, account):
    server.letter(1), server.letter(11)  # “<1@client.test>” is a part of “<11@client.test>”
    sync(account)
    message = Message.objects.get(subject="Letter 1")
    changes.note([message.pk], "delete", now=timezone.now())
    message.delete()
    sync(account)
    assert [mail.message_id for mail in server.mails] == ["<11@client.test>"]
    assert subjects(account) == ["Letter 11"]


def test_only_what_the_user_chose_enters(server, account):
    server.letter(1, sender="spam@Bad.Example")
    server.letter(2, sender="x@news.shop.test")
    server.letter(3, sender="bob@acme.test")
    server.letter(4).at = "01-Jan-2020 10:00:00 +0000"
    server.letter(5)
    SyncState.objects.update(skips_own_domain=True, since=date(2026, 1, 1))
    Block.objects.bulk_create([Block(account=account, pattern=pattern) for pattern in ("spam@bad.example", "shop.test")])
    state = sync(account)
    assert subjects(account) == ["Letter 5"]
    assert server.fetched == [5]
    assert (state.taken_count, state.left_out_count) == (1, 3)  # the server itself left out the old one


def test_an_old_mail_that_is_moved_into_the_inbox_later_does_not_enter_either(server, account):
    SyncState.objects.update(since=date(2026, 1, 1))
    sync(account)
    server.letter(1).at = "01-Jan-2020 10:00:00 +0000"
    sync(account)
    assert subjects(account) == []


def test_a_back_off_ends_with_a_sync_that_went_well_and_not_with_a_sign_in(server, account):
    server.letter(1)
    server.will(list=["NO not now"] * 3)
    states = [sync(account) for _time in range(3)]
    pauses = [pause_of(state) for state in states]
    assert pauses[0] < pauses[1] < pauses[2]
    assert states[-1].failures == 3
    state = sync(account)
    assert (state.failures, state.error, state.failing_since) == (0, "", None)


def test_what_the_user_does_meanwhile_does_not_end_a_back_off(server, account):
    server.letter(1)
    sync(account)
    server.will(login=["NO [AUTHENTICATIONFAILED] who are you?"])
    sync(account)
    changes.note([Message.objects.get().pk], "read", now=timezone.now())
    assert pause_of(SyncState.objects.get()) > timedelta(minutes=50)
    accounts.save(account=account, now=timezone.now())  # with another password
    assert pause_of(SyncState.objects.get()) < MINUTES


def test_news_that_come_while_a_worker_is_at_it_are_looked_at_next(account):
    now = timezone.now()
    state = pace.claim(account.pk, now=now)
    assert state
    state.wake(now=now + timedelta(seconds=1))
    pace.went_well(state, is_complete=True, now=now + timedelta(seconds=2))
    assert pace.due(now + timedelta(seconds=2)) == [account.pk]


def test_a_server_that_asks_for_patience_is_left_alone_as_long_as_it_says(server, account):
    server.will(list=["BAD Request is throttled. Suggested Backoff Time: 1200000 milliseconds"])
    state = sync(account)
    assert timedelta(minutes=19) < pause_of(state) < timedelta(minutes=21)


def test_patience_that_is_asked_for_in_the_middle_of_a_folder_is_had_too(server, account):
    server.letter(1)
    server.will(uid_fetch=["BAD Request is throttled. Suggested Backoff Time: 1200000 milliseconds"])
    assert timedelta(minutes=19) < pause_of(sync(account)) < timedelta(minutes=21)
    server.letter(2)
    server.will(uid_fetch=["NO [OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)"])
    assert sync(account).failures == 2
    assert not KeptMail.objects.exists()


def test_one_folder_that_the_server_refuses_does_not_stop_the_others(server, account):
    server.folders["Archive"] = r"\Archive"
    server.letter(1)
    original: Any = server.folders.copy()
    sync(account)
    server.folders = {name: mark for name, mark in original.items() if name != "Archive"}
    server.folders["Archive"] = r"\Archive \Nonexistent"
    server.letter(2)
    sync(account)
    assert subjects(account) == ["Letter 1", "Letter 2"]


def test_gmails_one_mail_in_two_folders_is_one_message(server, account):
    server.folders["All"] = r"\All"
    mail = server.letter(1)
    mail.folders.add("All")
    sync(account)
    assert subjects(account) == ["Letter 1"]
    mail.folders.discard("INBOX")  # archived in Gmail
    sync(account)
    assert subjects(account, "archive") == ["Letter 1"]
    assert Message.objects.count() == 1
