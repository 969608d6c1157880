"""Why a verdict is what it is, in words for the sender."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

REASONS: dict[str, Promise] = {
    "browser": _("A request as a person's program makes it"),
    "method": _("Not the kind of request that shows an image or follows a link"),
    "prefetch": _("Loaded in advance; the program said so"),
    "yourself": _("Your own signed-in browser"),
    "colleague": _("The signed-in browser of a colleague"),
}
