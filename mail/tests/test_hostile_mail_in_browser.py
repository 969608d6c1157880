"""Attacks as received mail in a real browser: no script runs, nothing is asked of anybody, nothing goes elsewhere, no window opens."""

import io
import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread as Running
from typing import Any

import pytest
from django.core.files.base import ContentFile
from PIL import Image

from crm.accounts.models import User
from mail import framing, trust
from mail.models import Attachment, Message, Thread
from mail.tests.hostile import snippets

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SENDER = "mallory@evil.test"
A_THREAD = 110  # messages
WAITED = 300  # milliseconds for what begins by itself late
LOAD_FRAMES = """urls => Promise.all(urls.map((url) => new Promise((done) => {
    const frame = document.createElement("iframe");
    frame.setAttribute("sandbox", "allow-popups allow-popups-to-escape-sandbox");
    frame.addEventListener("load", done, { once: true });
    frame.src = url;
    document.body.append(frame);
})))"""


class Trap(BaseHTTPRequestHandler):
    """A server that answers everything with a picture and remembers what was asked how."""

    asked: list[dict[str, str]] = []

    def do_GET(self) -> None:
        self.asked.append({"path": self.path, **{name.lower(): value for name, value in self.headers.items()}})
        picture = io.BytesIO()
        Image.new("RGB", (40, 30), "red").save(picture, "PNG")
        self.send_response(200)
        self.send_header("Content-Type", "text/html")  # a lie: what it is is seen by looking at it
        self.end_headers()
        self.wfile.write(picture.getvalue())

    def log_message(self, *_arguments: Any) -> None:
        return


@pytest.fixture
def trap(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, str]]]:
    """Every name of the web leads to a server of this test, for the server side too."""
    settings.OUTWARD_ONLY_PUBLIC = False
    Trap.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Trap)
    Running(target=server.serve_forever, args=(0.05,), daemon=True).start()
    resolve = socket.getaddrinfo

    def astray(host: Any, port: Any, *rest: Any, **named: Any) -> Any:
        is_near = host in ("localhost", "127.0.0.1", "::1")
        return resolve(host, port, *rest, **named) if is_near else resolve("127.0.0.1", server.server_port, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", astray)
    yield Trap.asked
    server.shutdown()
    server.server_close()


@pytest.fixture
def watched(tab: Any) -> Any:
    """Alice's tab; whatever it asks of others is stopped and remembered, as is what a script or a policy would say."""
    tab.left, tab.said, tab.missing, tab.loaded = [], [], [], []

    def stop(route: Any) -> None:
        tab.left.append(route.request.url)
        route.abort()

    tab.context.route(lambda url: not url.startswith((tab.base_url, "data:", "blob:")), stop)
    tab.on("dialog", lambda dialog: (tab.said.append(f"dialog {dialog.message}"), dialog.dismiss()))
    tab.on("console", lambda line: tab.said.append(line.text) if "Failed to load resource" not in line.text else None)
    tab.on("requestfinished", lambda request: tab.loaded.append(request.url) if request.url.endswith("/body/") else None)
    tab.on("response", lambda answer: tab.missing.append(answer.url) if answer.status >= 400 else None)
    return tab


def received(alice: User, texts: list[str], *, as_html: bool) -> list[Thread]:
    """A mail of each attack, which is its subject, its sender's name and its file's name too; some dozens make a conversation."""
    threads = []
    for start in range(0, len(texts), A_THREAD):
        threads.append(Thread.objects.create(owner=alice, subject=texts[start][:400]))
        for text in texts[start : start + A_THREAD]:
            body = {"body_html": f"<p>before</p>{text}"} if as_html else {"body_text": f"before\n\n{text}"}
            message = Message.objects.create(
                owner=alice, thread=threads[-1], folder="inbox", subject=text[:400], from_name=text[:150], from_email=SENDER, **body
            )
            Attachment.objects.create(
                message=message, name=text[:200] or "x", file=ContentFile(b"x", "x"), size=1, content_type="text/html"
            )
    return threads


def show(tab: Any, thread: Thread) -> None:
    """Open a conversation with all of its messages, and wait until every frame is there."""
    tab.loaded.clear()
    tab.goto(f"/mail/threads/{thread.pk}/")
    tab.evaluate("document.querySelectorAll('details.message').forEach((message) => { message.open = true; })")
    tab.wait_for_function("count => document.querySelectorAll('.reading-frame').length === count", arg=thread.messages.count())


def show_bodies(tab: Any, urls: list[str]) -> None:
    """Load frames alone, all at once, beside a page of ours."""
    tab.loaded.clear()
    tab.goto("/mail/inbox/")
    tab.evaluate(LOAD_FRAMES, urls)


def assert_nothing_happened(tab: Any, *, at: str, count: int) -> None:
    while len(tab.loaded) < count:
        tab.wait_for_timeout(20)
    tab.wait_for_timeout(WAITED)
    assert len(tab.frames) == count + 1, "a frame is missing"
    assert tab.left == [], "something was asked of others"
    assert tab.said == [], "a script or a policy said something"
    assert [url for url in tab.missing if "/thumbnail/" not in url and "/pictures/" not in url] == [], "an address of ours is none"
    assert len(tab.context.pages) == 1, "a window was opened"
    assert tab.url.endswith(at), "the page went elsewhere"
    assert [frame.url for frame in tab.frames if frame != tab.main_frame and not frame.url.endswith("/body/")] == [], (
        "a frame went elsewhere"
    )


def test_no_attack_in_a_conversation_runs_asks_or_goes_anywhere(watched: Any, alice: User):
    for thread in received(alice, snippets(), as_html=True):
        show(watched, thread)
        assert_nothing_happened(watched, at=f"/mail/threads/{thread.pk}/", count=thread.messages.count())


def test_no_attack_in_plain_text_does(watched: Any, alice: User):
    received(alice, snippets(), as_html=False)
    urls = bodies_of(alice)
    show_bodies(watched, urls)
    assert_nothing_happened(watched, at="/mail/inbox/", count=len(urls))


def bodies_of(alice: User) -> list[str]:
    return [f"/mail/messages/{pk}/body/" for pk in Message.objects.filter(owner=alice).values_list("pk", flat=True)]


def test_shown_pictures_are_asked_for_by_us_alone(watched: Any, alice: User, trap: list[dict[str, str]]):
    trust.trust(user=alice, email=SENDER)
    received(alice, snippets(), as_html=True)
    urls = bodies_of(alice)
    show_bodies(watched, urls)
    assert_nothing_happened(watched, at="/mail/inbox/", count=len(urls))
    assert trap, "no picture was fetched"
    assert {name for asked in trap for name in asked} <= {"path", "host", "user-agent", "accept", "accept-encoding", "connection"}
    assert {asked["user-agent"] for asked in trap} == {"Mozilla/5.0 (compatible; image proxy)"}


def test_the_policy_alone_holds_too(watched: Any, alice: User):
    """Whatever the cleaning might miss: the attacks as they are, under the frame's headers."""
    texts = snippets()
    headers = {**framing.HEADERS, "Content-Security-Policy": framing.policy(watched.base_url), "Content-Type": "text/html; charset=utf-8"}
    watched.context.route("**/raw/*", lambda route: route.fulfill(body=texts[int(route.request.url.rpartition("/")[2])], headers=headers))
    show_bodies(watched, [f"/raw/{number}" for number in range(len(texts))])
    watched.wait_for_timeout(WAITED)
    watched.problems.clear()  # the policy says what it stops
    assert watched.left == []
    assert [line for line in watched.said if line.startswith("dialog")] == []
    assert watched.url.endswith("/mail/inbox/")
    assert len(watched.context.pages) == 1
