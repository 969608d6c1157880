"""How often a stranger may press a button of the public pages."""

from datetime import datetime

from django.core.cache import cache
from django.http import HttpRequest

from crm.lib.proxies import client_address

MOST_A_MINUTE = 20  # of one address; an office shares one


def is_too_often(request: HttpRequest, *, now: datetime) -> bool:
    """Count this press; says whether it is one too many within the minute."""
    who = client_address(request.META.get("REMOTE_ADDR", ""), request.headers.get("X-Forwarded-For", ""))
    key = f"privacy:{who}:{int(now.timestamp()) // 60}"
    cache.add(key, 0, timeout=120)
    try:
        return cache.incr(key) > MOST_A_MINUTE
    except ValueError:  # dropped meanwhile
        return False
