"""A suggested call is planned with one click, and taken back with another."""

from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.lib import workdays
from crm.lib.days import short
from crm.records import agenda
from crm.records.models import Activity, Deal, Person
from mail import suggesting, suggestion_words
from mail.models import Message
from mail.suggestion_words import Reason
from notifications import feed
from notifications.models import Card


class NotSuggested(Exception):
    """Nothing is suggested there any more: the call was planned before, or has no point now."""


@transaction.atomic
def plan(*, message: Message, kind: str, now: datetime) -> Activity:
    """Put a call into the owner's next working day, at ten; a card says so in place of the suggestion. Raises NotSuggested."""
    suggested = Card.objects.select_for_update().filter(user=message.owner, group_key=suggesting.key_of(message, kind), put_away_at=None)
    if not suggested:
        raise NotSuggested
    reason = Reason(message, kind, 0, suggesting.most_opened([message]).get(message.tracked_mail_id, (None, 0))[0])
    activity = Activity(owner=message.owner, kind=Activity.Kind.CALL, due_at=workdays.next_morning(now, message.owner.zone))
    activity.subject = (_("Call %(name)s") % {"name": reason.name or suggestion_words.names(message)})[:200]
    activity.note = _("About the mail “%(subject)s”") % {"subject": suggestion_words.subject(message)}
    agenda.save(activity=activity, person=_visible_person(reason), deal=_deal(message))
    feed.put_away(list(suggested), now=now)
    feed.show_step(_planned(message, kind, activity), now=now)
    suggesting.tend_thread(message.thread, now=now)
    return activity


@transaction.atomic
def take_back(*, message: Message, kind: str, activity: Activity, now: datetime) -> int | None:
    """Drop the call that was just planned; the suggestion stands again. Answers the suggestion's card."""
    planned = Card.objects.visible_to(message.owner).filter(group_key=_key(activity))
    feed.put_away(list(planned), now=now)
    activity.delete()
    return feed.bring_back(user=message.owner, group_key=suggesting.key_of(message, kind))


def card_of(activity: Activity) -> int | None:
    """The card that says what was planned."""
    return Card.objects.visible_to(activity.owner).filter(group_key=_key(activity)).values_list("pk", flat=True).first()


def when(activity: Activity) -> str:
    """Day and hour, in the zone of the moment."""
    return short(timezone.localtime(activity.due_at), "D j M, H:i")


def undo_url(message: Message, kind: str, activity: Activity) -> str:
    """Where the call is taken back."""
    return reverse("mail:call_undo", args=[message.pk, kind, activity.pk])


def _key(activity: Activity) -> str:
    return f"planned:{activity.pk}"


def _planned(message: Message, kind: str, activity: Activity) -> feed.Suggestion:
    title = _("%(subject)s: planned for %(when)s") % {"subject": activity.subject, "when": when(activity)}
    steps = [
        feed.Action(_("Change"), reverse("records:activity_edit", args=[activity.pk])),
        feed.Action(_("Undo"), undo_url(message, kind, activity), "post"),
    ]
    url = reverse("records:activity_detail", args=[activity.pk])
    return feed.Suggestion(message.owner, _key(activity), "activity", title, steps, activity.note, url)


def _visible_person(reason: Reason) -> Person | None:
    person = reason.person
    return Person.objects.visible_to(reason.message.owner).filter(pk=person.pk).first() if person else None


def _deal(message: Message) -> Deal | None:
    """The one that the conversation is about; of several the newest open one."""
    deals = Deal.objects.visible_to(message.owner).filter(mail_threads=message.thread_id, status=Deal.Status.OPEN)
    return deals.order_by("-pk").first()
