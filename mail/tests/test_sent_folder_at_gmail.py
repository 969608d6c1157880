"""Gmail has each mail once, under labels: what is expunged from Sent only moves to All Mail, and a second Message-ID is merged."""

from datetime import timedelta

import pytest

from mail.tests.fake_imap import DROP, GMAIL
from mail.tests.filing import OTHER, filing, kept, names, work, work_through
from notifications.models import Card

WITHOUT_MOVE = tuple(one for one in GMAIL if one != "MOVE")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def capabilities(request: pytest.FixtureRequest) -> tuple[str, ...]:
    chosen: tuple[str, ...] = getattr(request, "param", GMAIL)
    return chosen


@pytest.mark.parametrize("capabilities", [GMAIL, WITHOUT_MOVE], indirect=True)
def test_the_tracked_copy_is_deleted_by_way_of_trash(server, mailbox, sent):
    message = sent(cc="carla@client.test")
    assert (kept(mailbox), kept(mailbox, "Trash"), len(mailbox.mails)) == (["clean"], [], 1)
    work_through(1, 5, 30)
    assert (filing(message), kept(mailbox), len(server.taken)) == ("filed", ["clean"], 2)


def test_of_trash_nothing_else_is_taken(server, mailbox, sent):
    mailbox.file(OTHER, "Trash", flags={r"\Deleted"})
    sent()
    assert (kept(mailbox), kept(mailbox, "Trash")) == (["clean"], ["other"])


def test_a_trash_that_imap_does_not_show_leaves_all_as_it_is_and_is_told(mailbox, sent):
    del mailbox.folders["Trash"]
    mailbox.folders["Deleted Items"] = ""  # as other mail programs make it: a label
    message = sent()
    work_through(6, 70)
    assert (kept(mailbox), filing(message)) == (["tracked"], "awaited")
    work(after=timedelta(days=1))
    assert (filing(message), Card.objects.get().title) == ("failed", "A tracked copy may lie in your provider's Sent folder: Offer")
    assert not {"append", "uid_expunge", "uid_move"} & set(names(mailbox))


def test_a_worker_that_died_with_the_copy_in_trash_is_followed_by_one_that_ends_it(mailbox, sent):
    mailbox.will(uid_expunge=[DROP])
    message = sent()
    assert (kept(mailbox), kept(mailbox, "Trash"), filing(message)) == ([], ["tracked"], "pending")
    work(after=6 * MINUTE)
    assert (kept(mailbox), kept(mailbox, "Trash"), filing(message)) == (["clean"], [], "watched")


def test_when_gmail_takes_the_clean_copy_for_a_tracked_one_that_came_meanwhile_it_is_done_again(server, mailbox, sent):
    mailbox.before["append"] = lambda: mailbox.file(server.taken[0].data)
    message = sent()
    assert (kept(mailbox), filing(message)) == (["tracked"], "pending")
    work(after=6 * MINUTE)
    assert (kept(mailbox), filing(message)) == (["clean"], "watched")


def test_a_mail_that_goes_to_the_sender_as_well_is_left_where_it_is(mailbox, sent):
    message = sent(cc="Alice@acme.test")
    assert (kept(mailbox), filing(message)) == (["tracked"], "provider")
    work_through(1, 5, 30)
    assert mailbox.connections == 1


def test_a_mail_that_lies_in_the_inbox_as_well_is_left_where_it_is(server, mailbox, queued):
    message = queued(track=True, to="sales@acme.test")  # a list that Alice is on
    work()
    mailbox.file(server.taken[0].data, "INBOX")
    mailbox.file(server.taken[0].data)
    work(after=MINUTE)
    assert (kept(mailbox, "INBOX"), filing(message)) == (["tracked"], "provider")
