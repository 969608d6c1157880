"""The pixel and the redirect, answered in front of Django's middleware."""

from typing import Any


def wsgi_edge(application: Any) -> Any:
    return application


def asgi_edge(application: Any) -> Any:
    return application
