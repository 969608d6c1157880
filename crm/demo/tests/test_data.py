from datetime import timedelta

import pytest
from django.db.models import Count, Max, Min, Q
from django.template.loader import render_to_string

from crm.accounts.models import User
from crm.context import frame
from crm.demo import maildir, reading
from crm.demo.company import ANNA, BORIS, COLLEAGUES, MARTA, PAGES, PASSWORD, TOM
from crm.demo.data import letters, moments
from crm.demo.tests.loading import NOW, loaded_at
from crm.records.models import Activity, Deal, Note, Organisation, Person, Stage, TimelineEntry
from mail import letters as mail_letters
from mail import merge_fields
from mail.models import Account, Delivery, Message, Template
from notifications.models import Card, LiveEvent
from tracking import tokens
from tracking.models import Copy, Event, Preferences, TrackedLink, TrackedMail

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker, tmp_path_factory):
    """Loaded once: the tests only read."""
    with django_db_blocker.unblock(), loaded_at(NOW, tmp_path_factory.mktemp("data")) as root:
        yield root


def test_a_newcomer_finds_templates_that_can_be_filled_in(loaded):
    anna = User.objects.get(email=ANNA.email)
    seen = Template.objects.visible_to(anna)
    about = merge_fields.about_person(user=anna, account=anna.mail_accounts.get(), person=Person.objects.get(email=BORIS))
    assert {template.owner.email for template in seen} == {ANNA.email, TOM.email, MARTA.email}
    for template in seen:
        filled = mail_letters.fill(template, about)
        assert "Boris" in filled.subject + filled.body_html
        assert "{" not in filled.subject + filled.body_html


def test_counters_are_those_of_the_events(loaded):
    opened, clicked = Q(kind=Event.Kind.OPEN, counts=True), Q(kind=Event.Kind.CLICK, counts=True)
    for mail in TrackedMail.objects.all():
        facts = mail.events.aggregate(
            opens=Count("pk", filter=opened),
            first=Min("at", filter=opened),
            last=Max("at", filter=opened),
            clicks=Count("pk", filter=clicked),
            last_click=Max("at", filter=clicked),
        )
        counters = (mail.open_count, mail.first_opened_at, mail.last_opened_at, mail.click_count, mail.last_clicked_at)
        assert counters == (facts["opens"], facts["first"], facts["last"], facts["clicks"], facts["last_click"]), mail.subject
    for link in TrackedLink.objects.all():
        assert link.click_count == link.events.filter(clicked).count(), link.target


def test_every_reading_of_the_letters_that_has_happened_is_there(loaded):
    readings = [reading for letter in letters.LETTERS for reading in letter.readings]
    assert Event.objects.filter(kind=Event.Kind.OPEN).count() == len(readings)
    assert Event.objects.filter(kind=Event.Kind.CLICK).count() == sum(len(reading.pages) for reading in readings)


def test_nothing_is_read_before_it_is_sent_nor_in_the_future(loaded):
    for event in Event.objects.select_related("mail__message"):
        sent_at = event.mail.message.sent_at
        assert sent_at
        assert sent_at < event.at <= NOW, event.mail.subject
    assert not Message.objects.filter(sent_at__gt=NOW).exists()
    assert not Card.objects.filter(updated_at__gt=NOW).exists()
    assert not TimelineEntry.objects.filter(at__gt=NOW).exists()


def test_some_mails_are_opened_some_followed_some_neither_and_one_is_not_tracked(loaded):
    mine = Message.objects.filter(owner__email=ANNA.email, folder=Message.Folder.SENT)
    assert mine.filter(tracked_mail__first_clicked_at__isnull=False).count() >= 5
    assert mine.filter(tracked_mail__first_opened_at__isnull=False, tracked_mail__first_clicked_at=None).count() >= 3
    assert mine.filter(tracked_mail__isnull=False, tracked_mail__first_opened_at=None).count() >= 2
    assert mine.filter(tracked_mail=None).count() == 1


def test_a_mail_filter_and_apple_mail_have_been_there_too_and_are_known_for_what_they_are(loaded):
    proposal = TrackedMail.objects.get(subject__startswith="Proposal: 120 sensors")
    assert set(proposal.events.filter(copy__person__name="Carla Stein").values_list("verdict", flat=True)) == {"machine"}
    assert set(proposal.events.filter(copy__person__name="Henrik Vogel").values_list("verdict", flat=True)) == {"unknown"}
    agreement = TrackedMail.objects.get(subject__startswith="Data processing agreement")
    assert (agreement.first_opened_at, agreement.loaded_count) == (None, 1)


def test_mails_are_sent_at_working_hours_within_the_last_fortnight(loaded):
    for message in Message.objects.filter(folder=Message.Folder.SENT).select_related("owner"):
        assert message.sent_at
        at = message.sent_at.astimezone(message.owner.zone)
        assert NOW - timedelta(days=15) < at < NOW
        assert at.weekday() < 5
        assert 8 <= at.hour <= 18
    assert set(Delivery.objects.values_list("status", flat=True)) == {Delivery.Status.SENT}
    assert not Message.objects.filter(filing=Message.Filing.PENDING).exists()


def test_the_company_is_of_a_believable_size(loaded):
    assert Organisation.objects.count() == 15
    assert Person.objects.count() == 41  # one of them was entered twice
    assert not Person.objects.filter(email="").exists()
    assert Person.objects.values("email").distinct().count() == 41
    for stage in Stage.objects.all():
        assert stage.deals.filter(status=Deal.Status.OPEN).exists(), stage
    assert Deal.objects.filter(status=Deal.Status.WON).count() >= 2
    assert Deal.objects.filter(status=Deal.Status.LOST).exclude(closing_reason="").count() >= 2
    assert Note.objects.count() >= 8


def test_some_activities_are_overdue_some_due_today_some_planned(loaded):
    mine = Activity.objects.filter(owner__email=ANNA.email, done_at=None)
    midnight = moments.on(0, "00:00", now=NOW) + timedelta(days=1)
    assert mine.filter(due_at__lt=NOW).count() == 2
    assert mine.filter(due_at__gt=NOW, due_at__lt=midnight).count() == 2
    assert mine.filter(due_at__gte=midnight).count() >= 3


def test_everybody_s_account_is_connected_and_the_three_options_are_on(loaded):
    assert set(Account.objects.values_list("email", flat=True)) == {colleague.email for colleague in COLLEAGUES}
    assert not Account.objects.filter(is_demo=False).exists()
    assert Preferences.objects.filter(open_tracking=True, link_tracking=True, notify_activity=True).count() == len(COLLEAGUES)


def test_boris_has_his_mails_with_pixel_and_links_that_work(loaded):
    mails = [reading.open_mail(mail) for mail in maildir.mails(maildir.mailbox(loaded, BORIS))]
    assert len(mails) == sum("Boris Petrov" in (*letter.to, *letter.cc) for letter in letters.LETTERS)
    for mail in mails:
        copy = Copy.objects.get(mail__subject=mail.subject, email=BORIS)
        assert f"http://127.0.0.1:8000{tokens.pixel_path(copy.public_id)}" in mail.html
    proposal = next(mail for mail in mails if mail.subject.startswith("Proposal"))
    assert [part.name for part in proposal.attachments] == ["Northgate proposal.pdf"]
    target = "http://brightwater.localhost:8000/site/pricing/"
    link = TrackedLink.objects.get(mail__subject=proposal.subject, target=target)
    copy = Copy.objects.get(mail=link.mail, email=BORIS)
    assert tokens.link_path(copy.public_id, link.number, target).replace("&", "&amp;") in proposal.html
    assert target in proposal.text  # the text part leads there directly


def test_every_recipient_has_the_mail_and_the_sender_a_clean_copy(loaded):
    for message in Message.objects.filter(folder=Message.Folder.SENT).prefetch_related("recipients"):
        for recipient in message.recipients.all():
            subjects = {reading.heading(mail).subject for mail in maildir.mails(maildir.mailbox(loaded, recipient.email))}
            assert message.subject in subjects, recipient.email
    sent = maildir.mails(maildir.mailbox(loaded, ANNA.email) / ".Sent")
    assert len(sent) == Message.objects.filter(owner__email=ANNA.email, folder=Message.Folder.SENT).count()
    assert not any(b"127.0.0.1" in mail.path.read_bytes() for mail in sent)


def test_every_link_of_the_letters_leads_to_a_page_that_exists():
    assert {page for letter in letters.LETTERS for reading in letter.readings for page in reading.pages} <= set(PAGES)
    for letter in letters.LETTERS:
        assert all(f"]({page})" in letter.text for reading in letter.readings for page in reading.pages), letter.key


def test_cards_are_their_owner_s_alone_and_yesterday_s_are_seen(loaded):
    for card in Card.objects.exclude(kind="mention").select_related("user"):
        assert TrackedMail.objects.filter(owner=card.user, url=card.url).exists()
    yesterday = moments.on(1, "17:45", now=NOW)
    assert not Card.objects.filter(updated_at__lt=yesterday, seen_at=None).exists()
    assert Card.objects.filter(user__email=ANNA.email, seen_at=None).count() >= 3
    assert not LiveEvent.objects.exists()


def test_tracking_lines_of_the_timeline_are_for_the_sender_alone(loaded):
    anna, marta = (User.objects.get(email=one.email) for one in (ANNA, MARTA))
    lines = TimelineEntry.objects.filter(kind__in=["opened", "clicked"])
    assert lines.filter(only_for=anna).exists()
    assert not lines.filter(only_for=None).exists()
    assert not lines.visible_to(marta).exclude(only_for=marta).exists()


def test_a_thread_goes_on_with_references(loaded):
    reply = Message.objects.get(subject__startswith="Re: Proposal")
    assert reply.thread.messages.count() == 2
    assert reply.in_reply_to == reply.thread.messages.order_by("at")[0].message_id


def test_a_draft_waits_and_belongs_to_its_deal(loaded):
    draft = Message.objects.get(folder=Message.Folder.DRAFTS)
    assert draft.owner.email == ANNA.email
    assert [deal.title for deal in draft.thread.deals.all()] == ["Port of Ostmark: quay 4 and 5"]


def test_everybody_can_sign_in_with_the_password_that_is_shown(loaded):
    for colleague in COLLEAGUES:
        assert User.objects.get(email=colleague.email).check_password(PASSWORD)
    assert User.objects.get(email=ANNA.email).team == User.objects.get(email=TOM.email).team


def test_the_sign_in_page_shows_the_demo_s_users_and_only_there(rf, settings):
    settings.DEMO = True
    words = render_to_string("demo/_sign_ins.html", frame(rf.get("/")))
    for colleague in COLLEAGUES:
        assert colleague.email in words
    assert PASSWORD in words
    assert f"/inboxes/{BORIS}/" in words
    settings.DEMO = False
    assert "demo" not in frame(rf.get("/"))
