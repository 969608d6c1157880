"""Received mails find their conversations, in whatever order they come."""

from itertools import permutations
from typing import Any

import pytest

from crm.accounts.models import User
from crm.records.models import Person
from mail import intake
from mail.models import Account, Delivery, Message, MissingMessage, Thread
from mail.tests.letters import mail
from mail.tests.posting import a_deal, sent
from mail.tests.test_intake import Draft, take

pytestmark = pytest.mark.django_db


def letter(number: int, *, answers: int = 0, references: tuple[int, ...] = (), **fields: Any) -> bytes:
    """A mail with this number as its Message-ID, from Boris to Alice, that answers another one."""
    chain = " ".join(f"<{one}@x.test>" for one in references)
    subject = fields.pop("Subject", "Re: Offer" if answers or references else "Offer")
    parent = f"<{answers}@x.test>" if answers else ""
    return mail(Message_ID=f"<{number}@x.test>", In_Reply_To=parent, References=chain, Subject=subject, **fields)


def threads_of(*messages: Message) -> int:
    return Thread.objects.filter(messages__in=[one.pk for one in messages]).distinct().count()


def test_an_answer_joins_what_it_answers(alice: User):
    first, answer = take(letter(1), alice).message, take(letter(2, answers=1, Subject="Something else"), alice).message
    assert answer.thread == first.thread


def test_the_newest_reference_that_is_here_decides(alice: User):
    old, new = take(letter(1), alice).message, take(letter(2, Subject="Another"), alice).message
    answer = take(letter(9, references=(1, 2, 7)), alice).message
    assert answer.thread == new.thread
    assert old.thread != new.thread  # a list of references ties nothing together


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_a_conversation_is_one_in_whatever_order_it_comes(alice: User, order: tuple[int, ...]):
    mails = [letter(1), letter(2, answers=1), letter(3, answers=2), letter(4, answers=3, references=(1, 2, 3))]
    for place in order:
        take(mails[place], alice)
    assert Thread.objects.count() == 1
    assert not MissingMessage.objects.exists()


def test_two_answers_to_what_is_not_here_are_one_conversation(alice: User):
    assert threads_of(take(letter(2, answers=1), alice).message, take(letter(3, answers=1), alice).message) == 1


def test_a_late_link_brings_deals_and_star_and_date_together(alice: User):
    first = take(letter(1, Date="Tue, 10 Nov 2026 09:00:00 +0000"), alice).message
    last = take(letter(3, answers=2, Date="Thu, 12 Nov 2026 09:00:00 +0000"), alice, is_starred=True).message
    deals = [a_deal(alice), a_deal(alice)]
    first.thread.deals.add(deals[0])
    last.thread.deals.add(*deals)
    take(letter(2, answers=1, Date="Wed, 11 Nov 2026 09:00:00 +0000"), alice)
    thread = Thread.objects.get()
    assert thread == first.thread  # pages and cards lead to the older row
    assert thread.messages.count() == 3
    assert set(thread.deals.all()) == set(deals)
    assert thread.is_starred
    assert thread.latest_at == last.at


def test_an_answer_to_a_mail_that_a_provider_renamed_joins_it(alice: User, account: Account, draft: Draft):
    message = sent(draft(subject="Offer"))
    Message.objects.filter(pk=message.pk).update(provider_message_id="<8@x.test>")
    Delivery.objects.create(message=message, provider_message_id="<9@x.test>")
    for given in (8, 9):
        assert take(letter(given + 10, answers=given), alice, account).message.thread == message.thread


def test_conversations_of_two_users_never_meet(alice: User, bob: User):
    take(letter(1), alice)
    answer = take(letter(2, answers=1), bob).message
    take(letter(3, answers=2), alice)
    assert answer.thread.messages.count() == 1
    assert set(Thread.objects.values_list("owner", flat=True)) == {alice.pk, bob.pk}


def test_a_mail_that_answers_itself_is_a_conversation(alice: User):
    assert take(letter(1, answers=1, references=(1,)), alice).message.thread.messages.count() == 1


def test_mails_that_answer_each_other_are_one_conversation(alice: User):
    assert threads_of(take(letter(1, answers=2), alice).message, take(letter(2, answers=1), alice).message) == 1


def test_the_same_subject_is_the_same_conversation_where_no_reference_says_so(alice: User):
    first = take(letter(1), alice).message
    assert take(letter(2, Subject="RE: offer".title()), alice).message.thread == first.thread


def test_an_answer_that_came_before_its_question_is_found_by_its_subject(alice: User):
    answer = take(letter(2, Subject="Re: Offer", Date="Wed, 11 Nov 2026 09:00:00 +0000"), alice).message
    assert take(letter(1), alice).message.thread == answer.thread


@pytest.mark.parametrize(
    "fields",
    [
        {"Subject": "Offer"},  # no answer
        {"Subject": "Re: Other offer"},
        {"Subject": "Re: Offer", "From": "eve@other.test"},
        {"Subject": "Re: Offer", "Date": "Tue, 15 Dec 2026 10:00:00 +0000"},
        {"Subject": "Re: Offer", "List_Id": "<news.client.test>"},
    ],
)
def test_a_like_subject_alone_joins_nothing(alice: User, fields: dict[str, Any]):
    first = take(letter(1), alice).message
    other = take(letter(2, **fields), alice, at=None, now=first.at.replace(year=2027)).message
    assert other.thread != first.thread


def test_short_subjects_say_nothing(alice: User):
    assert threads_of(take(letter(1, Subject="Hi"), alice).message, take(letter(2, Subject="Re: Hi"), alice).message) == 2
    assert threads_of(take(letter(3, Subject=""), alice).message, take(letter(4, Subject="Re:"), alice).message) == 2


def test_a_reference_counts_more_than_a_subject(alice: User):
    first = take(letter(1), alice).message
    assert take(letter(2, answers=7, Subject="Re: Offer"), alice).message.thread != first.thread


def test_older_mail_leaves_the_date_of_a_conversation(alice: User):
    newer = take(letter(2, answers=1, Date="Thu, 12 Nov 2026 09:00:00 +0000"), alice).message
    take(letter(1), alice)
    assert Thread.objects.get().latest_at == newer.at


def test_a_merged_conversation_can_be_opened(alice: User, alice_client: Any):
    Person.objects.create(owner=alice, name="Boris", email="boris@client.test")
    for raw in (letter(3, answers=2), letter(1), letter(2, answers=1)):
        taken: intake.Taken = take(raw, alice)
    assert alice_client.get(f"/mail/threads/{taken.message.thread_id}/").status_code == 200
    assert alice_client.get("/mail/inbox/").status_code == 200
