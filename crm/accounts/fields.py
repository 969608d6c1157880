"""Choices and defaults of the users' fields."""

import zoneinfo

from django.conf import settings


def default_time_zone() -> str:
    """The installation's zone for new users."""
    return str(settings.DEFAULT_USER_TIME_ZONE)


def time_zones() -> list[tuple[str, str]]:
    """Choices for a form, by name; without the historic aliases that hold no slash."""
    return [(name, name.replace("_", " ")) for name in sorted(zoneinfo.available_timezones()) if "/" in name or name == "UTC"]
