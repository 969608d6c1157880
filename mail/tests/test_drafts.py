"""Drafts keep all that was typed, right or wrong; files fit into one mail or are told about."""

from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from crm.records.models import Deal, Person, Pipeline, Stage
from mail import attachments, drafts, outbox
from mail.models import Attachment, Message, Thread
from tracking.models import TrackedMail

NOT_TRACKED: dict[str, Any] = {"track_opens": False, "track_links": False}


class LargeFile(SimpleUploadedFile):
    """A file that claims a size without having it."""

    def __init__(self, name: str, size: int) -> None:
        super().__init__(name, b"x")
        self.size = size


def test_a_draft_keeps_what_was_typed_and_links_the_people(alice, charlie, draft):
    boris = Person.objects.create(owner=alice, name="Boris", email="Boris@client.test")
    Person.objects.create(owner=charlie, name="Hidden", email="dora@client.test")
    message = draft(cc="dora@client.test")
    assert [(one.kind, one.name, one.email, one.person) for one in message.recipients.all()] == [
        ("to", "Boris", "boris@client.test", boris),
        ("cc", "", "dora@client.test", None),
    ]
    assert (message.folder, message.thread.subject, message.body_text, message.preview) == ("drafts", "Offer", "Hello", "Hello")


def test_of_two_people_with_one_address_ones_own_is_linked(alice, bob, draft):
    Person.objects.create(owner=bob, name="Boris of Bob", email="boris@client.test")
    own = Person.objects.create(owner=alice, name="Boris", email="boris@client.test")
    assert draft().recipients.get().person == own


def test_somebody_named_twice_gets_one_mail(draft):
    message = draft(to="boris@client.test, BORIS@client.test", cc="Boris <boris@client.test>")
    assert [(one.kind, one.email) for one in message.recipients.all()] == [("to", "boris@client.test")]


def test_a_mistyped_address_is_kept_and_told(draft):
    message = draft(to="boris@client.test, carla@", cc="x y; z")
    assert message.typed_recipients["to"] == "boris@client.test, carla@"
    assert drafts.mistakes(message) == {
        "to": "“carla@” is not an email address.",
        "cc": "These are not email addresses: “x y”, “z”.",
    }
    with pytest.raises(outbox.CannotSend) as error:
        outbox.queue(message=message, **NOT_TRACKED, now=timezone.now())
    assert (error.value.field, error.value.sentence) == ("to", "“carla@” is not an email address.")
    message.refresh_from_db()
    assert (message.folder, message.body_html) == (Message.Folder.DRAFTS, "<p>Hello</p>")


def test_saving_again_changes_the_same_draft(draft):
    message = draft()
    recipient = message.recipients.get()
    again = draft(message=message, subject="Better offer", body_html="<p>Hello again</p>")
    assert (again.pk, again.thread_id, Thread.objects.count()) == (message.pk, message.thread_id, 1)
    assert (again.thread.subject, again.preview) == ("Better offer", "Hello again")
    assert again.recipients.get() == recipient, "what did not change is not written again"


def test_a_mail_from_a_deal_is_linked_to_it(alice, draft):
    stage = Stage.objects.create(pipeline=Pipeline.objects.create(name="Licences"), name="New")
    deal = Deal.objects.create(owner=alice, title="Ten licences", stage=stage)
    assert list(draft(deal=deal).thread.deals.all()) == [deal]


def test_our_pixels_and_links_are_taken_out_of_what_is_pasted(draft, queued):
    from tracking import instrument

    sent = queued(track=True, body_html='<p>See <a href="https://acme.test/">our site</a></p>')
    tracked = instrument.instrument(sent.body_html, copy=sent.deliveries.get().copy)
    assert settings.TRACKING_URL in tracked
    pasted = draft(body_html=f"<p>As I wrote:</p><blockquote>{tracked}</blockquote>")
    assert settings.TRACKING_URL not in pasted.body_html
    assert '<a href="https://acme.test/">our site</a>' in pasted.body_html


def test_a_subject_is_one_line(draft):
    assert draft(subject="Offer\r\nBcc: eve@x.test").subject == "Offer Bcc: eve@x.test"


def test_what_is_on_its_way_is_changed_no_more(draft, queued):
    message = queued()
    with pytest.raises(drafts.NotADraft):
        draft(message=message)
    with pytest.raises(drafts.NotADraft):
        drafts.discard(message=message)
    with pytest.raises(attachments.NotADraft):
        attachments.add(message=message, upload=SimpleUploadedFile("a.txt", b"a"))


def test_a_discarded_draft_leaves_nothing(draft, django_capture_on_commit_callbacks):
    message = draft()
    attachment = attachments.add(message=message, upload=SimpleUploadedFile("a.txt", b"a"))
    with django_capture_on_commit_callbacks(execute=True):
        drafts.discard(message=message)
    assert (Message.objects.count(), Thread.objects.count(), Attachment.objects.count()) == (0, 0, 0)
    assert not attachment.file.storage.exists(str(attachment.file.name))


def test_a_discarded_answer_leaves_the_conversation(draft, queued):
    first = queued()
    drafts.discard(message=draft(in_reply_to=first))
    assert Thread.objects.get() == first.thread


def test_a_file_is_kept_with_its_name_and_type(draft):
    attachment = attachments.add(message=draft(), upload=SimpleUploadedFile("Plan für März.pdf", b"PDF", content_type="text/html"))
    assert (attachment.name, attachment.content_type, attachment.size) == ("Plan für März.pdf", "application/pdf", 3)
    assert "Plan" not in str(attachment.file.name)


def test_thirty_megabytes_are_refused_with_a_sentence_and_the_rest_is_kept(draft):
    message = draft()
    attachments.add(message=message, upload=LargeFile("a.zip", 20 * 1024**2))
    with pytest.raises(attachments.TooLarge) as error:
        attachments.add(message=message, upload=LargeFile("b.zip", 10 * 1024**2))
    assert error.value.sentence == "The attachments would have 30.0 MB together; a mail takes 25 MB. Send large files as a link."
    assert [one.name for one in message.attachments.all()] == ["a.zip"]
    message.refresh_from_db()
    assert message.body_html == "<p>Hello</p>"


def test_pictures_in_the_text_count_too(draft, settings):
    settings.MAX_MESSAGE_BYTES = 1000
    message = draft(body_html=f'<img src="data:image/png;base64,{"A" * 2000}">')
    with pytest.raises(outbox.CannotSend) as error:
        outbox.queue(message=message, **NOT_TRACKED, now=timezone.now())
    assert error.value.field == "attachments"


def test_a_draft_without_an_account_is_kept_and_cannot_be_sent(draft):
    message = draft(account=None)
    with pytest.raises(outbox.CannotSend) as error:
        outbox.queue(message=message, **NOT_TRACKED, now=timezone.now())
    assert error.value.field == "account"


def test_a_draft_without_recipients_cannot_be_sent(draft):
    with pytest.raises(outbox.CannotSend) as error:
        outbox.queue(message=draft(to=""), **NOT_TRACKED, now=timezone.now())
    assert (error.value.field, error.value.sentence) == ("to", "Say who shall get this mail.")


def test_nothing_is_tracked_before_sending(draft):
    draft()
    assert TrackedMail.objects.count() == 0


def test_files_are_held_to_what_the_account_s_server_takes_once_they_are_encoded(account, draft):
    message = draft()
    account.max_bytes = 10 * 1024 * 1024
    account.save()
    message.refresh_from_db()
    assert 7.1 < attachments.limit(account) / attachments.MEGABYTE < 7.2
    attachments.add(message=message, upload=LargeFile("a.bin", 7 * 1024 * 1024))
    with pytest.raises(attachments.TooLarge) as error:
        attachments.add(message=message, upload=LargeFile("b.bin", 1024 * 1024))
    assert error.value.sentence == "The attachments would have 8.0 MB together; a mail takes 7.1 MB. Send large files as a link."
    account.max_bytes = 100 * 1024 * 1024
    assert attachments.limit(account) == settings.MAX_MESSAGE_BYTES
