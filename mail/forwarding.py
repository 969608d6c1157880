"""Passing a mail on: quoted below its header block, its files copied, without our pixels and links."""

from django.db import transaction
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from mail import attachments, drafts, quoting, threading
from mail.models import Account, Message


@transaction.atomic
def begin(*, message: Message, account: Account | None, above: str = "") -> Message:
    """A draft to nobody yet that passes a message on; `above` is what stands over it, as the signature does."""
    html, left_over = quoting.quotable(message)
    quote = render_to_string("mail/_forward.html", {"message": message, "html": html})
    draft = drafts.save(
        owner=message.owner,
        message=None,
        account=account,
        to="",
        cc="",
        bcc="",
        subject=_("Fwd: %(subject)s") % {"subject": threading.bare_subject(message.subject)},
        body_html=f"{above or '<div><br></div>'}<div><br></div>{quote}",
        in_reply_to=message,
    )
    attachments.copy_all(source=message, draft=draft)
    for picture in left_over:
        attachments.copy_one(picture, draft=draft)
    return draft
