"""ASGI entry: hits by the edge, the live stream by Django's ASGI handler, pages by its WSGI handler in threads.

Django's ASGI handler serves pages several times slower than its WSGI handler does, so only `/live/` goes there.
"""

import os
from collections.abc import Awaitable, Callable
from typing import Any, cast

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")

from a2wsgi import WSGIMiddleware
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application

from crm.checks import stop_on_errors
from tracking.edge import asgi_edge

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]

live = get_asgi_application()
pages = WSGIMiddleware(cast(Any, get_wsgi_application()), workers=8)
stop_on_errors()


async def site(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Route one connection; lifespan and websockets are not spoken."""
    if scope["type"] != "http":
        return
    if scope["path"].startswith("/live/"):
        await live(scope, cast(Any, receive), cast(Any, send))
    else:
        await pages(cast(Any, scope), _coroutine(receive), _coroutine(send))


def _coroutine(function: Callable[..., Awaitable[Any]]) -> Any:
    """The pages' threads can only wait for coroutines, and a server may hand out other awaitables."""

    async def called(*message: Any) -> Any:
        return await function(*message)

    return called


application = asgi_edge(site)
