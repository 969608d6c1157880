"""Where a user is signed in: the list, and ending what is on it."""

from datetime import timedelta
from typing import Any, Final

from allauth.usersessions.models import UserSession
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from crm.accounts import audit
from crm.accounts.models import User

SEEN: Final = "seen_at"  # in a session: when its row in the list was written last, as a timestamp
SEEN_EVERY: Final = timedelta(minutes=5)  # a row of the list is written no more often


def touch(request: HttpRequest) -> None:
    """Keep the request's session in the list, at most every five minutes."""
    UserSession.objects.create_from_request(request)
    request.session[SEEN] = timezone.now().timestamp()


def is_stale(request: HttpRequest) -> bool:
    """Whether the list says something older than SEEN_EVERY of the session."""
    seen = request.session.get(SEEN)
    return seen is not None and timezone.now().timestamp() - seen > SEEN_EVERY.total_seconds()


def of(user: User) -> list[UserSession]:
    """The sessions that are still good, the latest first; those that ended are dropped from the list on the way."""
    return sorted(UserSession.objects.purge_and_list(user), key=lambda session: session.last_seen_at, reverse=True)


@transaction.atomic
def end(session: UserSession, *, actor: User) -> None:
    """Sign one browser out."""
    session.end()
    audit.note("sessions_ended", actor=actor, about=session.user.email, count=1)


@transaction.atomic
def end_all(user: User, *, but: str = "", actor: User) -> int:
    """Sign all of a user's browsers out but the one with this session key; answers how many."""
    keys = [key for key in _keys({user.pk}) if key != but]
    _drop(keys)
    if keys:
        audit.note("sessions_ended", actor=actor, about=user.email, count=len(keys))
    return len(keys)


@transaction.atomic
def end_of_everybody(users: Any, *, but: str = "") -> int:
    """Sign all browsers of these users out but one; answers how many."""
    keys = [key for key in _keys(set(users.values_list("pk", flat=True))) if key != but]
    _drop(keys)
    return len(keys)


def forget_ended() -> None:
    """Drop rows of sessions that ended by themselves; run after Django's own clearing."""
    UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()


def _keys(users: set[int]) -> list[str]:
    """The keys of all their sessions: those too that began before there was a list."""
    wanted = {str(pk) for pk in users}
    current = Session.objects.filter(expire_date__gt=timezone.now())
    return [session.session_key for session in current.iterator() if session.get_decoded().get(SESSION_KEY) in wanted]


def _drop(keys: list[str]) -> None:
    UserSession.objects.filter(session_key__in=keys).delete()
    Session.objects.filter(session_key__in=keys).delete()
