"""The hosts that pixels and links lead to: one for the installation, and one for each sending domain that has its own."""

from django.conf import settings

from tracking.models import TrackedMail


def host_for(sender: str) -> str:
    """The address (`https://t.example.com`) for mail from this sender; "" when it is the installation's own, TRACKING_URL."""
    return ""


def base_of(mail: TrackedMail) -> str:
    """The address that a mail's pixels and links begin with."""
    return mail.host or settings.TRACKING_URL
