"""The pixel and the redirect, answered in front of Django's middleware: no database, no session, no cookie.

One function over a small request value, with thin adapters for WSGI, ASGI and (in `middleware`) Django itself. A host
that is tracking's alone answers nothing else: the CRM's pages, its sign-in and its cookies do not exist there.
"""

import logging
import time
from base64 import b64decode
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, NamedTuple

from django.conf import settings

from crm.lib import viewer
from crm.lib.proxies import client_address, note_undeclared
from tracking import hits, robots, tokens, waking

logger = logging.getLogger(__name__)
GIF = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
OURS = (tokens.PIXEL_START, tokens.LINK_START)
KEPT = {"HTTP_SEC_PURPOSE": "Sec-Purpose", "HTTP_PURPOSE": "Purpose", "HTTP_X_PURPOSE": "X-Purpose", "HTTP_X_MOZ": "X-Moz"}
READ = ("HTTP_HOST", "HTTP_USER_AGENT", "HTTP_COOKIE", "HTTP_X_FORWARDED_FOR", *KEPT)
READ_FROM_ASGI = {name[5:].replace("_", "-").lower().encode(): name for name in READ}
NEVER_STORED = [("Cache-Control", "no-store, no-cache, must-revalidate, private, max-age=0"), ("X-Content-Type-Options", "nosniff")]
DISCREET = [("Referrer-Policy", "no-referrer"), ("X-Robots-Tag", "noindex")]
PLAIN = "text/plain; charset=utf-8"

Headers = list[tuple[str, str]]


class Request(NamedTuple):
    """What the edge reads of a request. Headers are named as in WSGI; the query is raw."""

    method: str
    path: str
    query: str
    headers: Mapping[str, Any]
    peer: str


class Answer(NamedTuple):
    """What goes back; the body is left out for HEAD by the adapters."""

    status: int
    headers: Headers
    body: bytes


def _headers(kind: str, body: bytes) -> Headers:
    return [("Content-Type", kind), ("Content-Length", str(len(body))), *NEVER_STORED, *DISCREET]


PIXEL = Answer(200, [*_headers("image/gif", GIF), ("Cross-Origin-Resource-Policy", "cross-origin")], GIF)
NOT_FOUND = Answer(404, _headers(PLAIN, b"Not found."), b"Not found.")
ROBOTS = Answer(200, _headers(PLAIN, robots.TEXT), robots.TEXT)
REDIRECT_HEADERS = _headers(PLAIN, b"")
STATUS_LINES = {200: "200 OK", 302: "302 Found", 404: "404 Not Found"}


def hit_or_nothing(request: Request) -> Answer | None:
    """The answer to a hit; on a host that is tracking's alone a 404 to all else; None for what belongs to the CRM."""
    if request.path.startswith(OURS):
        return answer(request)
    if not is_tracking_only(request.headers.get("HTTP_HOST", "")):
        return None
    return ROBOTS if request.path == "/robots.txt" else NOT_FOUND


def is_tracking_only(host: str) -> bool:
    """Whether a `Host` header names one of the hosts that answer nothing but hits."""
    only: frozenset[str] = settings.TRACKING_ONLY_HOSTS
    if not only:
        return False
    name, _, port = host.lower().partition(":") if "]" not in host else (host.lower(), "", "")
    bare = name.rstrip(".")
    return (f"{bare}:{port}" if port and port not in ("80", "443") else bare) in only


def answer(request: Request) -> Answer:
    """The image whatever the token; the redirect of a genuine link; a plain 404 for a forged one. Genuine ones are recorded."""
    if request.path.startswith(tokens.PIXEL_START):
        public_id = tokens.read_pixel(request.path)
        if public_id is not None:
            _record(request, hits.OPEN, public_id, 0)
        return PIXEL
    link = tokens.read_link(request.path, request.query)
    if link is None:
        return NOT_FOUND
    if link.public_id != tokens.PROBE:
        _record(request, hits.CLICK, link.public_id, link.number)
    return Answer(302, [*REDIRECT_HEADERS, ("Location", link.target)], b"")


def wsgi_edge(application: Any) -> Any:
    """A WSGI application that answers hits and passes everything else on."""

    def edge(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        found = hit_or_nothing(from_wsgi(environ))
        if found is None:
            passed_on: Iterable[bytes] = application(environ, start_response)
            return passed_on
        start_response(STATUS_LINES[found.status], list(found.headers))
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else found.body]

    return edge


def from_wsgi(environ: Mapping[str, Any]) -> Request:
    """The request in a WSGI environment, Django's `request.META` included."""
    get = environ.get
    return Request(get("REQUEST_METHOD", "GET"), get("PATH_INFO", ""), get("QUERY_STRING", ""), environ, get("REMOTE_ADDR", ""))


def asgi_edge(application: Any) -> Any:
    """An ASGI application that answers hits and passes everything else on."""

    async def edge(scope: dict[str, Any], receive: Callable[..., Awaitable[Any]], send: Callable[..., Awaitable[None]]) -> None:
        found = hit_or_nothing(_from_asgi(scope)) if scope["type"] == "http" else None
        if found is None:
            await application(scope, receive, send)
            return
        headers = _PIXEL_BYTES if found is PIXEL else _bytes(found.headers)
        await send({"type": "http.response.start", "status": found.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else found.body})

    return edge


def _record(request: Request, kind: str, public_id: int, number: int) -> None:
    """Keep the hit and have it recorded; whatever goes wrong, the answer goes out."""
    try:
        headers = request.headers
        forwarded = headers.get("HTTP_X_FORWARDED_FOR", "")
        if forwarded:
            note_undeclared(request.peer, forwarded)
        address = client_address(request.peer, forwarded) if forwarded or ":" in request.peer else request.peer
        hits.keep(
            hits.Hit(
                hits.new_id(),
                kind,
                public_id,
                number,
                time.time(),
                request.method[: hits.MAX_METHOD],
                headers.get("HTTP_USER_AGENT", "")[: hits.MAX_USER_AGENT],
                address,
                {KEPT[name]: headers[name][: hits.MAX_HEADER] for name in KEPT if name in headers},
                _viewer(headers.get("HTTP_COOKIE", "")),
            )
        )
        waking.wake(and_later=kind == hits.CLICK)
    except Exception:
        logger.exception("A hit could not be kept.")


def _viewer(cookies: str) -> int | None:
    """Which of our users this browser belongs to."""
    if viewer.COOKIE not in cookies:
        return None
    for cookie in cookies.split(";"):
        name, _, value = cookie.strip().partition("=")
        if name == viewer.COOKIE:
            return viewer.read(value)
    return None


def _from_asgi(scope: dict[str, Any]) -> Request:
    path, needs_headers = scope["path"], settings.TRACKING_ONLY_HOSTS or scope["path"].startswith(OURS)
    headers = _asgi_headers(scope["headers"]) if needs_headers else {}
    return Request(scope["method"], path, scope["query_string"].decode("latin-1"), headers, (scope.get("client") or ("",))[0])


def _asgi_headers(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in headers:
        key = READ_FROM_ASGI.get(name)
        if key:
            text = value.decode("latin-1")
            found[key] = f"{found[key]}{'; ' if name == b'cookie' else ', '}{text}" if key in found else text
    return found


def _bytes(headers: Headers) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode("ascii"), value.encode("ascii")) for name, value in headers]


_PIXEL_BYTES = _bytes(PIXEL.headers)
