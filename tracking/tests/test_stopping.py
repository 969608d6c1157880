"""Who is not tracked, or no longer: their copy holds nothing of ours, their hits are answered, and no row remembers them."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.core.serializers import serialize
from django.utils import timezone

from crm.consent import ledger
from crm.consent.decisions import Reason
from crm.consent.models import Consent
from notifications.models import LiveEvent
from tracking import edge, hits, settling, stopping
from tracking.instrument import add_copy, instrument, mark_dispatched, mark_returned, pixel
from tracking.models import Copy, Event, Preferences, SpoolFile, TrackedLink, TrackedMail
from tracking.tests.promised import HOME, TARGET, decision, drain, follows, opens, sent

BODY = '<html><body>\r\n<p>See <a  HREF="https://x.test/prices">our prices</a>\r\n</body></html>\n'


@pytest.fixture(autouse=True)
def own_spool(db, spool):
    return spool


@pytest.fixture
def boris(mail: TrackedMail) -> Copy:
    """A copy that is tracked in full, sent an hour ago; Alice is told of everything."""
    Preferences.objects.update_or_create(user=mail.owner, defaults={"open_tracking": True, "link_tracking": True, "notify_activity": True})
    TrackedLink.objects.create(mail=mail, number=0, target=TARGET, text="Prices")
    return sent(mail, timezone.now() - timedelta(hours=1))


def everything() -> str:
    """All rows of the database but the places of spool files, which hold no hit."""
    models = [model for model in apps.get_models() if model is not SpoolFile]
    return "\n".join(serialize("json", model._base_manager.order_by("pk")) for model in models)


def refuse(email: str = "boris@client.test") -> None:
    ledger.record(email=email, state=Consent.State.REFUSED, source=Consent.Source.PAGE, at=timezone.now())


def test_what_was_decided_is_frozen_on_the_copy(mail):
    copy = add_copy(mail=mail, decision=decision(may_track=False, reason=Reason.MUST_AGREE, is_coarse=True, kept=1, kept_days=7))
    copy.refresh_from_db()

    assert (copy.is_tracked, copy.is_coarse, copy.kept, copy.kept_days, copy.reason) == (False, True, 1, 7, "must_agree")


def test_an_untracked_copy_goes_out_byte_for_byte_and_its_mail_stays_tracked(mail):
    copy = add_copy(mail=mail, decision=decision(may_track=False, reason=Reason.REFUSED))

    assert instrument(BODY, copy=copy) == BODY
    assert not TrackedLink.objects.exists()
    mail.refresh_from_db()
    assert (mail.tracks_opens, mail.tracks_links) == (True, True)


def test_who_refused_while_the_mail_waited_gets_it_without_a_trace(mail):
    copy = add_copy(mail=mail, email="boris@client.test", decision=decision())
    refuse()
    copy.refresh_from_db()

    assert instrument(BODY, copy=copy) == BODY


def test_a_coarse_copy_has_a_pixel_and_plain_links_and_takes_nothing_from_the_others(mail):
    copy = add_copy(mail=mail, decision=decision(is_coarse=True))

    assert instrument(BODY, copy=copy).replace(pixel(copy), "") == BODY
    assert pixel(copy) in instrument(BODY, copy=copy)
    mail.refresh_from_db()
    assert (mail.tracks_opens, mail.tracks_links, mail.links.count()) == (True, True, 0)
    other = add_copy(mail=mail, decision=decision())
    assert "/l/" in instrument(BODY, copy=other)


def test_a_coarse_copy_whose_links_nobody_could_track_does_not_speak_for_the_mail(mail):
    doubtful = '<a href="https://[x/">a</a>'
    instrument(doubtful, copy=add_copy(mail=mail, decision=decision(is_coarse=True)))
    mail.refresh_from_db()
    assert mail.tracks_links

    instrument(doubtful, copy=add_copy(mail=mail, decision=decision()))
    mail.refresh_from_db()
    assert not mail.tracks_links


def test_an_untracked_copy_that_went_out_does_not_make_a_failed_one_tracked(mail, monkeypatch):
    mark_dispatched(copy=add_copy(mail=mail, decision=decision(may_track=False)), at=timezone.now())
    monkeypatch.setattr("tracking.tokens.link_path", lambda *args: 1 / 0)

    assert instrument(BODY, copy=add_copy(mail=mail, decision=decision())) == BODY
    mail.refresh_from_db()
    assert not mail.tracks_opens


@pytest.mark.parametrize("way", ["untracked", "stopped", "shared", "refused", "restricted"])
def test_a_hit_of_a_copy_that_is_not_watched_is_answered_and_leaves_no_row_anywhere(mail, boris, way):
    if way == "untracked":
        Copy.objects.update(is_tracked=False)
    elif way == "stopped":
        stopping.stop(emails=["Boris@Client.test"], at=timezone.now())
    elif way == "shared":
        Copy.objects.update(email="", person=None)
        stopping.stop_copies([boris.pk], at=timezone.now())
    elif way == "refused":
        refuse()
    else:
        ledger.restrict(email="boris@client.test", now=timezone.now())
    before = everything()

    for method in ("GET", "HEAD", "POST"):
        assert opens(boris, method=method) is edge.PIXEL
        assert ("Location", TARGET) in follows(boris, method=method).headers
    assert hits.waiting_bytes() > 0
    assert drain() == 0
    settling.settle(now=timezone.now() + timedelta(minutes=6))

    assert everything() == before
    hits.release()
    drain()
    assert everything() == before
    assert not SpoolFile.objects.exists()


def test_a_watched_copy_does_leave_rows(boris):
    before = everything().count(HOME)
    opens(boris)

    assert drain() == 1
    assert everything().count(HOME) > before == 0


def test_what_waits_in_the_spool_at_the_moment_of_refusal_is_dropped(boris):
    opens(boris)
    follows(boris)
    refuse()

    assert drain() == 0
    assert not Event.objects.exists()
    assert not LiveEvent.objects.exists()


def test_only_the_copies_of_that_address_are_stopped_and_the_first_refusal_is_noted(mail, boris):
    carla = sent(mail, timezone.now() - timedelta(hours=1), name="Carla Conti")
    shared = add_copy(mail=mail)
    now = timezone.now()

    assert stopping.stop(emails=["boris@client.test", ""], at=now) == 1
    assert stopping.stop(emails=["boris@client.test"], at=now + timedelta(hours=1)) == 0
    assert list(Copy.objects.order_by("pk").values_list("stopped_at", flat=True)) == [now, None, None]
    for copy in (boris, carla, shared):
        opens(copy)
    assert drain() == 2


def test_a_click_that_is_being_checked_when_its_recipient_refuses_is_settled_all_the_same(mail, boris):
    follows(boris)
    drain()
    refuse()
    settling.settle(now=timezone.now() + timedelta(minutes=6))
    mark_returned(copy=boris, at=timezone.now())
    settling.settle(now=timezone.now() + timedelta(minutes=7))

    assert not Event.objects.exclude(look_again_at=None).exists()
    assert Event.objects.get().verdict == "self"
