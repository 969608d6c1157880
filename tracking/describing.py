"""What a hit is called, in words for the sender."""

from django.utils.translation import gettext as _

from tracking.models import Event


def client(event: Event) -> str:
    """The program that asked."""
    return _("mail software")
