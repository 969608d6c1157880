"""The demo's clock: the time zone of this machine, so that what a newcomer sees agrees with their own watch."""

import zoneinfo
from functools import cache

import tzlocal
from django.conf import settings


@cache
def local_zone() -> zoneinfo.ZoneInfo:
    """The machine's zone, or the installation's default where it names none."""
    try:
        name = tzlocal.get_localzone_name() or ""
        return zoneinfo.ZoneInfo(name)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        return zoneinfo.ZoneInfo(settings.DEFAULT_USER_TIME_ZONE)
