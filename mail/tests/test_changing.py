"""What a person does to their mail, one conversation or many at a time, and taking it back."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client, override_settings
from django.utils import timezone

from crm.accounts.models import User
from mail import changing, tasks
from mail.models import Attachment, Change, Message, Thread
from mail.tests.incoming import received
from mail.tests.posting import a_deal, sent
from notifications.models import LiveEvent

pytestmark = pytest.mark.django_db
Draft = Callable[..., Message]
JSON = {"Accept": "application/json"}


def do(client: Client, verb: str, *messages: Message, folder: str = "", **more: Any) -> dict[str, str]:
    """What the bulk bar of a list does; answers with what is told."""
    posted = {"do": verb, "folder": folder, "thread": [message.thread_id for message in messages], **more}
    answer: dict[str, str] = client.post("/mail/changes/", posted, headers=JSON).json()
    return answer


def folders(*messages: Message) -> list[str]:
    known = dict(Message.objects.values_list("pk", "folder"))
    return [known[message.pk] for message in messages]


def unread(*messages: Message) -> list[bool]:
    known = dict(Message.objects.values_list("pk", "is_read"))
    return [not known[message.pk] for message in messages]


@pytest.fixture
def conversation(alice: User, draft: Draft) -> tuple[Message, Message, Message]:
    """A question, an answer that was sent, and one that is still being written."""
    question = received(alice, hours_ago=2, is_read=True)
    answer = sent(draft(subject="Re: Question", in_reply_to=question), days_ago=0.04)
    return question, answer, draft(subject="Re: Question", in_reply_to=question)


def test_archiving_in_the_inbox_leaves_what_was_sent_and_what_is_being_written(alice_client: Client, conversation: Any):
    assert do(alice_client, "archive", *conversation[:1], folder="inbox")["toast"] == "Archived."
    assert folders(*conversation) == ["archive", "sent", "drafts"]


def test_archiving_takes_a_sent_conversation_out_of_sent_and_back(alice_client: Client, draft: Draft):
    message = sent(draft())
    do(alice_client, "archive", message)
    assert folders(message) == ["archive"]
    do(alice_client, "restore", message, folder="archive")
    assert folders(message) == ["sent"]


def test_deleting_puts_the_conversation_into_the_trash_and_restoring_puts_each_mail_back(alice_client: Client, conversation: Any):
    do(alice_client, "trash", *conversation[:1], folder="inbox")
    assert folders(*conversation) == ["trash", "trash", "drafts"]
    page = alice_client.get("/mail/trash/")
    assert [row.subject for row in page.context["page"].rows] == ["Re: Question"]
    do(alice_client, "restore", *conversation[:1], folder="trash")
    assert folders(*conversation) == ["inbox", "sent", "drafts"]


def test_a_draft_is_deleted_by_itself_and_comes_back_as_a_draft(alice_client: Client, conversation: Any):
    _question, _answer, draft = conversation
    told = alice_client.post("/mail/changes/", {"one": f"trash-{draft.pk}", "folder": "drafts"}, headers=JSON).json()
    assert folders(*conversation) == ["inbox", "sent", "trash"]
    alice_client.post(told["undo"])
    assert folders(*conversation) == ["inbox", "sent", "drafts"]


def test_what_is_on_its_way_is_neither_archived_nor_deleted(alice_client: Client, queued: Draft):
    message = queued()
    for verb in ("archive", "trash", "restore", "read", "delete"):
        do(alice_client, verb, message)
    alice_client.post("/mail/changes/", {"do": "trash", "folder": "outbox", "message": message.pk}, headers=JSON)
    assert folders(message) == ["outbox"]


@pytest.mark.parametrize("verb", ["archive", "trash", "restore", "read", "unread", "star", "unstar", "link"])
def test_every_change_of_many_is_taken_back_by_one_undo(alice_client: Client, alice: User, verb: str):
    state: dict[str, Any] = {"folder": "archive" if verb == "restore" else "inbox", "is_read": verb == "unread"}
    messages = [received(alice, hours_ago=number, **state) for number in range(3)]
    Thread.objects.update(is_starred=verb == "unstar")
    deal = a_deal(alice, title="Big one")

    def everything() -> list[Any]:
        rows = Message.objects.order_by("pk").values_list("folder", "is_read", "thread__is_starred", "thread__deals", "trashed_at")
        return list(rows)

    before = everything()
    told = do(alice_client, verb, *messages, folder=state["folder"], deal=str(deal))
    assert all(old != new for old, new in zip(before, everything(), strict=True))
    assert "3" in told["toast"]
    assert alice_client.post(told["undo"], headers=JSON).json()["toast"] == "Taken back."
    assert everything() == before
    assert alice_client.post(told["undo"], headers=JSON).json()["toast"] == "This was taken back already."


def test_undo_leaves_what_was_moved_on_meanwhile(alice_client: Client, alice: User):
    first, second = received(alice), received(alice)
    told = do(alice_client, "archive", first, second)
    do(alice_client, "trash", first)
    alice_client.post(told["undo"])
    assert folders(first, second) == ["trash", "inbox"]


def test_reading_a_conversation_marks_what_came_as_read(alice_client: Client, alice: User):
    question = received(alice)
    later = received(alice, thread=question.thread)
    alice_client.get(f"/mail/threads/{question.thread_id}/", headers={"HX-Request": "true", "X-Candor-Refresh": "true"})
    assert unread(question, later) == [True, True]  # the page only brought itself up to date
    alice_client.get(f"/mail/threads/{question.thread_id}/")
    assert unread(question, later) == [False, False]


def test_marking_as_unread_marks_the_newest_mail_that_came(alice_client: Client, alice: User, draft: Draft):
    question, later = received(alice, hours_ago=3, is_read=True), received(alice, hours_ago=2, is_read=True)
    Message.objects.filter(pk=later.pk).update(thread=question.thread)
    answer = sent(draft(in_reply_to=question))
    do(alice_client, "unread", question)
    assert unread(question, later, answer) == [False, True, False]


def test_only_what_is_in_the_trash_is_deleted_for_good_with_its_files(
    alice_client: Client, alice: User, settings: Any, tmp_path: Path, django_capture_on_commit_callbacks: Any
):
    settings.MEDIA_ROOT = tmp_path
    kept, gone = received(alice), received(alice, folder="trash")
    file = Attachment.objects.create(message=gone, name="a.txt", file=ContentFile(b"x", "a"), size=1)
    with django_capture_on_commit_callbacks(execute=True):
        told = do(alice_client, "delete", kept, gone, folder="trash")
    assert told == {"toast": "Deleted for good.", "undo": ""}
    assert list(Message.objects.values_list("pk", flat=True)) == [kept.pk]
    assert not Thread.objects.filter(pk=gone.thread_id).exists()
    assert not Path(file.file.path).exists()


def test_the_trash_is_emptied_by_itself_after_its_days(alice: User):
    old, fresh, unknown = (received(alice, folder="trash") for _number in range(3))
    now = timezone.now()
    Message.objects.filter(pk=old.pk).update(trashed_at=now - timedelta(days=31))
    Message.objects.filter(pk=fresh.pk).update(trashed_at=now - timedelta(days=29))
    with override_settings(TRASH_DAYS=0):
        tasks.empty_trash()
    assert Message.objects.count() == 3
    tasks.empty_trash()
    assert set(Message.objects.values_list("pk", flat=True)) == {fresh.pk, unknown.pk}  # the sync found the latter there: its time begins


def test_the_trash_is_emptied_at_once_on_demand(alice_client: Client, alice: User):
    received(alice, folder="trash")
    kept = received(alice)
    alice_client.post("/mail/trash/empty/")
    assert list(Message.objects.all()) == [kept]


def test_without_script_a_change_is_told_on_the_next_page_with_its_undo(alice_client: Client, alice: User):
    message = received(alice)
    posted = {"thread": message.thread_id, "do": "archive", "folder": "inbox", "next": "/mail/inbox/?is=attachment"}
    page = alice_client.post("/mail/changes/", posted, follow=True)
    change = Change.objects.get()
    assert page.redirect_chain[-1][0] == f"/mail/inbox/?is=attachment&undo={change.pk}"
    assert f'action="/mail/changes/{change.pk}/undo/"' in page.content.decode()
    assert "Archived." in page.content.decode()
    assert alice_client.post("/mail/changes/", {"do": "archive", "next": "//evil.test/mail/"})["Location"] == "/mail/inbox/"


def test_a_change_reaches_the_open_tabs(alice_client: Client, alice: User):
    do(alice_client, "archive", received(alice))
    assert list(LiveEvent.objects.values_list("user", "name")) == [(alice.pk, "mail")]


def test_nobody_changes_the_mail_of_somebody_else(alice: User, bob: User, alice_client: Client):
    message = received(bob)
    for verb in ("archive", "trash", "restore", "read", "star", "delete"):
        assert do(alice_client, verb, message)["toast"] == "Nothing had to be changed."
    assert (folders(message), unread(message)) == (["inbox"], [True])
    change = changing.archive(owner=bob, messages=Message.objects.all(), now=timezone.now())
    assert alice_client.post(f"/mail/changes/{change.pk}/undo/").status_code == 404


@pytest.mark.parametrize("posted", [{}, {"do": "move"}, {"do": "explode"}, {"one": "explode-1"}, {"one": "archive-9" * 30}, {"do": "link"}])
def test_what_cannot_be_done_changes_nothing(alice_client: Client, alice: User, posted: dict[str, str]):
    message = received(alice)
    response = alice_client.post("/mail/changes/", {"thread": message.thread_id, **posted})
    assert response.status_code in (302, 404)
    assert (folders(message), Change.objects.count()) == (["inbox"], 0)
