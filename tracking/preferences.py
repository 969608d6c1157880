"""A user's tracking options and the choice that they made last."""

from django.db import transaction

from crm.accounts.models import User
from tracking.models import Preferences


def for_user(user: User) -> Preferences:
    """The user's options; all off before they turn any on."""
    return Preferences.objects.get_or_create(user=user)[0]


def counts_undecided(user: User) -> bool:
    """Whether the user wants what may have been a machine shown as if a person had done it."""
    return Preferences.objects.filter(user=user, count_undecided=True).exists()


@transaction.atomic
def update(*, user: User, open_tracking: bool, link_tracking: bool, notify_activity: bool, count_undecided: bool = False) -> None:
    """Keep what the settings page says."""
    options = {
        "open_tracking": open_tracking,
        "link_tracking": link_tracking,
        "notify_activity": notify_activity,
        "count_undecided": count_undecided,
    }
    Preferences.objects.update_or_create(user=user, defaults=options)


@transaction.atomic
def remember_choice(*, user: User, track_opens: bool, track_links: bool, tell_apart: bool) -> None:
    """Make the choice of a mail just sent the default of the next; a kind whose option is off was no choice."""
    options = for_user(user)
    options.last_track_opens = track_opens if options.open_tracking else options.last_track_opens
    options.last_track_links = track_links if options.link_tracking else options.last_track_links
    options.last_tell_apart = tell_apart if options.open_tracking or options.link_tracking else options.last_tell_apart
    options.save(update_fields=["last_track_opens", "last_track_links", "last_tell_apart"])
