# ruff: noqa: E402 - Django must be set up before its models are imported
"""A process of its own that writes live events, driven line by line: `sign-in <email>`, `push <email> <text>`, …"""

import os
import sys
import threading
import time
from collections.abc import Callable

os.environ["DJANGO_SETTINGS_MODULE"] = "crm.settings"

import django

django.setup()

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from crm.accounts.models import User
from notifications import feed
from notifications.models import LiveEvent
from notifications.push import push


def sign_in(email: str) -> str:
    user = User.objects.filter(email=email).first() or User.objects.create_user(email, "pw", name=email)
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return session.session_key or ""


def make_admin(email: str) -> str:
    User.objects.create_user(email, "pw", name="Ada Adler", role=User.Role.ADMIN)
    return "done"


def push_one(email: str, text: str) -> str:
    push(user=User.objects.get(email=email), name="note", payload={"text": text})
    return str(time.time())


def push_many(email: str, count: str) -> str:
    user = User.objects.get(email=email)
    for number in range(int(count)):
        push(user=user, name="note", payload={"text": str(number)})
    return "done"


def push_late(email: str, text: str) -> str:
    """Take an id, let a later one commit first, then commit."""
    user = User.objects.get(email=email)
    taken, other_is_in = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            push(user=user, name="note", payload={"text": f"{text} slow"})
            taken.set()
            other_is_in.wait(10)
            time.sleep(0.6)
        connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    taken.wait(10)
    push(user=user, name="note", payload={"text": f"{text} quick"})
    other_is_in.set()
    thread.join()
    return "done"


def card(email: str, title: str) -> str:
    feed.notify(user=User.objects.get(email=email), kind="opened", title=title, group_key=title, now=timezone.now(), url="/privacy/")
    return str(time.time())


def cards(email: str, count: str) -> str:
    for number in range(int(count)):
        card(email, f"card {number}")
    return "done"


def forget(email: str) -> str:
    LiveEvent.objects.filter(user__email=email).delete()
    return "done"


def sign_out(session_key: str) -> str:
    SessionStore(session_key).delete()
    return "done"


COMMANDS: dict[str, Callable[..., str]] = {
    "sign-in": sign_in,
    "make-admin": make_admin,
    "push": push_one,
    "push-many": push_many,
    "push-late": push_late,
    "card": card,
    "cards": cards,
    "forget": forget,
    "sign-out": sign_out,
}


def main() -> None:
    call_command("migrate", verbosity=0)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        name, *words = line.rstrip("\n").split(" ", 2)
        sys.stdout.write(COMMANDS[name](*words) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
