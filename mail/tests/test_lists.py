"""What a folder lists, in which order, and what the filters leave."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.accounts.models import User
from crm.records.models import Deal
from crm.records.tests.queries import count_queries
from mail import answers, lists
from mail.models import Attachment, Message
from mail.tests.incoming import received
from mail.tests.posting import a_deal, sent
from tracking import preferences
from tracking.tests.seen import copy_of, hit, link_of

pytestmark = pytest.mark.django_db
Draft = Callable[..., Message]


@pytest.fixture
def deal(alice: User) -> Deal:
    return a_deal(alice)


def subjects(user: User, folder: str = "sent", **more: Any) -> list[str]:
    return [row.subject for row in lists.folder_page(user=user, folder=folder, **more).rows]


def test_the_newest_conversation_comes_first(alice: User, draft: Draft):
    sent(draft(subject="Old"), days_ago=2)
    sent(draft(subject="New"))
    assert subjects(alice) == ["New", "Old"]


def test_a_conversation_is_one_row_and_shows_its_newest_mail(alice: User, draft: Draft):
    first = sent(draft(subject="Offer"), days_ago=2)
    sent(draft(subject="Re: Offer", in_reply_to=first), days_ago=1)
    page = lists.folder_page(user=alice, folder="sent")
    assert [(row.subject, row.thread_size) for row in page.rows] == [("Re: Offer", 2)]  # type: ignore[attr-defined]


def test_two_drafts_of_one_conversation_are_two_rows(alice: User, draft: Draft):
    first = sent(draft(subject="Offer"))
    draft(subject="Re: Offer", in_reply_to=first)
    draft(subject="Re: Offer, second try", in_reply_to=first)
    assert len(subjects(alice, "drafts")) == 2


def test_pages_follow_one_another_without_gap_or_repetition(alice: User, draft: Draft):
    for number in range(5):
        sent(draft(subject=str(number)), days_ago=number)
    same_moment = sent(draft(subject="twin"))
    Message.objects.filter(pk=same_moment.pk).update(at=Message.objects.get(subject="0").at)
    seen: list[str] = []
    before = ""
    while True:
        page = lists.folder_page(user=alice, folder="sent", before=before, size=2)
        seen += [row.subject for row in page.rows]
        before = page.older
        if not before:
            break
    assert sorted(seen) == ["0", "1", "2", "3", "4", "twin"]


@pytest.mark.parametrize("key", ["", "nonsense", "12", "-", "9" * 40 + "-1", "1-" + "9" * 40, "²-²"])
def test_a_key_that_cannot_be_read_begins_at_the_newest(alice: User, draft: Draft, key: str):
    sent(draft(subject="Only"))
    assert subjects(alice, before=key) == ["Only"]


@pytest.fixture
def one_of_each(draft: Draft, deal: Deal) -> None:
    sent(draft(subject="plain"), days_ago=7)
    sent(draft(subject="loaded"), days_ago=6, loaded=True)
    sent(draft(subject="tracked"), days_ago=5, tracked=True)
    sent(draft(subject="opened"), days_ago=4, opened=True)
    sent(draft(subject="clicked"), days_ago=3, clicked=True)
    sent(draft(subject="on a deal", deal=deal), days_ago=2)
    message = sent(draft(subject="with a file"), days_ago=1)
    Attachment.objects.create(message=message, name="a.txt", file=ContentFile(b"x", "a"), size=1)


@pytest.mark.usefixtures("one_of_each")
@pytest.mark.parametrize(
    ("names", "left"),
    [
        (["tracked"], ["clicked", "opened", "tracked", "loaded"]),
        (["opened"], ["clicked", "opened"]),  # whoever followed a link has read
        (["not-opened"], ["tracked", "loaded"]),
        (["clicked"], ["clicked"]),
        (["deal"], ["on a deal"]),
        (["attachment"], ["with a file"]),
        (["tracked", "opened"], ["clicked", "opened"]),
        (["tracked", "deal"], []),
    ],
)
def test_filters_combine(alice_client: Client, alice: User, names: list[str], left: list[str]):
    assert subjects(alice, filters=names) == left
    page = alice_client.get("/mail/sent/", {"is": names})
    assert [row.subject for row in page.context["page"].rows] == left


@pytest.mark.usefixtures("one_of_each")
def test_who_counts_undecided_openings_finds_them_among_the_opened(alice: User):
    preferences.update(user=alice, open_tracking=True, link_tracking=True, notify_activity=True, count_undecided=True)
    assert subjects(alice, filters=["opened"]) == ["clicked", "opened", "loaded"]
    assert subjects(alice, filters=["not-opened"]) == ["tracked"]


def test_tracked_emails_finds_a_conversation_whose_newest_mail_is_not_tracked(alice: User, draft: Draft):
    first = sent(draft(subject="Offer"), days_ago=2, tracked=True)
    sent(draft(subject="Re: Offer", in_reply_to=first), days_ago=1)
    page = lists.folder_page(user=alice, folder="sent", filters=["tracked"])
    assert [row.subject for row in page.rows] == ["Re: Offer"]
    assert page.rows[0].tracked == first.tracked_mail  # type: ignore[attr-defined]


def test_active_filters_are_in_the_address_and_can_be_taken_away(alice_client: Client):
    page = alice_client.get("/mail/sent/?is=tracked&is=opened").content.decode()
    assert 'aria-label="Remove filter Tracked emails"' in page
    assert 'href="?is=opened"' in page  # without "tracked"


def test_drafts_and_outbox_are_counted(alice_client: Client, alice: User, draft: Draft, queued: Draft):
    draft(subject="one")
    queued(subject="two")
    assert lists.folder_counts(alice) == {"drafts": 1, "outbox": 1}


@pytest.mark.parametrize("address", ["/mail/sent/", "/mail/sent/?is=tracked", "/mail/outbox/"])
def test_more_rows_need_no_more_queries(alice_client: Client, draft: Draft, queued: Draft, deal: Deal, address: str):
    def fill(count: int) -> None:
        for number in range(count):
            message = sent(draft(subject=str(number), deal=deal, to="a@b.test, c@d.test"), clicked=True, days_ago=number)
            assert message.tracked_mail
            for recipient in range(number + 1):
                copy = copy_of(message.tracked_mail, f"Reader{recipient}")
                hit(copy)
                hit(copy, link=link_of(message.tracked_mail, number=recipient))
            queued(subject=str(number))

    fill(2)
    alice_client.get(address)  # whatever is made on first use
    with CaptureQueriesContext(
        connection,
    ) as few:
        alice_client.get(address)
    fill(10)
    with CaptureQueriesContext(connection) as many:
        alice_client.get(address)
    assert len(many) == len(few)
    assert len(few) < 25


@pytest.mark.parametrize("folder", ["inbox", "drafts", "outbox", "sent", "archive", "trash", "search"])
def test_every_folder_teaches_when_it_is_empty(alice_client: Client, folder: str):
    page = alice_client.get(f"/mail/{folder}/")
    assert page.status_code == 200
    assert 'href="/settings/email-sync/"' in page.content.decode()


def test_an_unknown_folder_is_not_found(alice_client: Client):
    assert alice_client.get("/mail/spam/").status_code == 404


def test_a_fragment_is_not_a_page(alice_client: Client, draft: Draft):
    sent(draft())
    fragment = alice_client.get("/mail/sent/", headers={"HX-Request": "true"})
    assert "<html" not in fragment.content.decode()
    assert "HX-Request" in fragment["Vary"]


def came_in(to: Message, *, who: str = "boris@client.test", days_ago: float = 0, **fields: Any) -> Message:
    """What came in the conversation of a sent mail."""
    at = timezone.now() - timedelta(days=days_ago)
    common: dict[str, Any] = {"owner": to.owner, "thread": to.thread, "folder": "inbox", "at": at, "subject": f"Re: {to.subject}"}
    message = Message.objects.create(**{**common, "from_email": who, "in_reply_to": to.message_id, "is_read": False, **fields})
    answers.take_in(message, now=at)
    return message


def test_replied_and_awaiting_and_unread_tell_conversations_apart(alice: User, bob: User, draft: Draft):
    answered = sent(draft(subject="answered"), days_ago=9)
    came_in(answered, days_ago=8, is_read=True)
    absent = sent(draft(subject="out of office"), days_ago=7)
    came_in(absent, days_ago=7, automatic="reply")
    sent(draft(subject="waiting"), days_ago=6)
    mine = sent(draft(subject="mine last"), days_ago=5)
    came_in(mine, days_ago=4, is_read=True)
    sent(draft(subject="Re: mine last", in_reply_to=mine), days_ago=3)
    sent(draft(subject="colleague", to="BOB@acme.test, alice@acme.test"), days_ago=2)
    many = ", ".join(f"reader{number}@client.test" for number in range(6))
    sent(draft(subject="to many", to=many), days_ago=1)
    sent(draft(subject="came back"), days_ago=0.5).recipients.update(refusal="550 no such user")

    assert subjects(alice, filters=["replied"]) == ["Re: mine last", "answered"]
    assert subjects(alice, filters=["awaiting"]) == ["Re: mine last", "waiting", "out of office"]
    assert subjects(alice, filters=["unread"]) == ["out of office"]
    assert subjects(alice, "inbox", filters=["replied"]) == ["Re: mine last", "Re: answered"]


def test_a_draft_ends_no_waiting_and_what_was_sent_from_elsewhere_does(alice: User, draft: Draft):
    first = sent(draft(subject="Offer"), days_ago=3)
    draft(subject="Re: Offer", in_reply_to=first)
    assert subjects(alice, filters=["awaiting"]) == ["Offer"]
    Message.objects.create(owner=alice, thread=first.thread, folder="sent", from_email="alice@acme.test", subject="Re: Offer")
    assert subjects(alice, filters=["awaiting"]) == []


def test_more_messages_and_more_neighbours_need_no_more_queries(alice_client: Client, alice: User, draft: Draft, deal: Deal):
    first = received(alice, hours_ago=9, is_read=True)
    first.thread.deals.add(deal)
    address = f"/mail/threads/{first.thread_id}/?in=inbox"
    answer = sent(draft(in_reply_to=first, to="a@b.test, c@d.test"), tracked=True)
    alice_client.get(address)  # whatever is made on first use
    few = count_queries(alice_client, address)
    for number in range(8):
        received(alice, hours_ago=number, thread=first.thread, is_read=True, from_email=f"x{number}@y.test")
        received(alice, hours_ago=number)
        Attachment.objects.create(message=answer, name="a.txt", file=ContentFile(b"x", "a"), size=1)
        sent(draft(in_reply_to=first, to="a@b.test, e@f.test"), clicked=True)
    assert count_queries(alice_client, address) == few < 45


def test_a_conversation_knows_the_list_that_it_was_opened_from(alice_client: Client, alice: User):
    newest, middle, oldest = (received(alice, hours_ago=number, subject=f"Zebra {number}") for number in (1, 2, 3))
    Attachment.objects.create(message=newest, name="a.txt", file=ContentFile(b"x", "a"), size=1)
    Attachment.objects.create(message=middle, name="a.txt", file=ContentFile(b"x", "a"), size=1)

    def around(query: str) -> tuple[str, str, str]:
        context = alice_client.get(f"/mail/threads/{middle.thread_id}/{query}").context
        return context["above"], context["below"], context["listing"].address

    def of(message: Message, query: str) -> str:
        return f"/mail/threads/{message.thread_id}/{query}"

    assert around("") == (of(newest, "?in=inbox"), of(oldest, "?in=inbox"), "/mail/inbox/")
    filtered = "?in=inbox&is=attachment"
    assert around(filtered) == (of(newest, filtered), "", "/mail/inbox/?is=attachment")
    search = "?in=search&q=zebra"
    assert around(search) == (of(newest, search), of(oldest, search), "/mail/search/?q=zebra")
    assert around("?in=sent") == ("", "", "/mail/sent/")
    assert around("?in=%22%3E&is=nonsense")[2] == "/mail/inbox/"


def test_a_row_names_who_takes_part_and_says_what_is_unread(alice_client: Client, alice: User, draft: Draft):
    question = received(alice, hours_ago=3, from_name="Anna Petrova", from_email="anna@client.test")
    sent(draft(in_reply_to=question), days_ago=0.1)
    received(alice, hours_ago=1, thread=question.thread, is_read=True, automatic="reply")
    page = alice_client.get("/mail/inbox/").content.decode()
    assert "Anna, me, Boris" in page
    assert "Unread:" in page
    assert "Automatic reply" in page
    assert 'aria-describedby="folder-count-inbox"' in page


def test_pages_of_the_inbox_follow_each_other_while_mail_comes_in(alice: User):
    for number in range(4):
        received(alice, subject=str(number), hours_ago=number + 1)
    first = lists.folder_page(user=alice, folder="inbox", size=2)
    received(alice, subject="new")
    second = lists.folder_page(user=alice, folder="inbox", before=first.older, size=2)
    assert [row.subject for row in (*first.rows, *second.rows)] == ["0", "1", "2", "3"]
