"""The block of a mail that asks its recipients whether they may be tracked: known by its class, filled with one link when it leaves.

Such a mail is tracked in no way, and each recipient gets a copy of their own: the answer has to come from that very address.
"""

from datetime import datetime
from html import escape
from typing import Any

import lxml.html
from django.conf import settings
from django.utils.translation import gettext as _

from crm.consent import questions
from mail import body
from mail.models import Delivery, Message
from mail.models.message import Recipient

MARK = "candor_ask"
NOWHERE = "#answer"  # where the link leads until the mail leaves, and in every other copy of it
OURS = f'.//div[contains(concat(" ", @class, " "), " {MARK} ") and not(ancestor::*[contains(concat(" ", @class, " "), " gmail_quote ")])]'


def html(sender: str) -> str:
    """The block as it is put into a mail, in the language that is active."""
    question, answer = escape(questions.wording(sender)), escape(_("Answer: yes or no"))
    return f'<div class="{MARK}"><p>{question}</p><p><a href="{NOWHERE}">{answer}</a></p></div>'


def is_in(written: str) -> bool:
    """Whether a body asks; what it quotes asks nobody any more."""
    return MARK in written and bool(_blocks(_tree(written)))


def filled(delivery: Delivery, recipient: Recipient, *, now: datetime) -> str:
    """The body for one recipient, with a link that only this mail has; the question is remembered as it is put here."""
    message = delivery.message
    root = _tree(message.body_html)
    blocks = _blocks(root)
    if delivery.attempts > 1:  # the tries before reached nobody
        questions.take_back(email=recipient.email, asked_by=message.owner, since=delivery.queued_at)
    token = questions.ask(email=recipient.email, words=_question(blocks[0]), now=now, asked_by=message.owner)
    for block in blocks:
        _lead(block, f"{settings.SITE_URL}{questions.ASK_START}{token}/")
    return _written(root)


def recipient_of(delivery: Delivery) -> Recipient | None:
    """Whom an envelope asks; None where nobody is."""
    return delivery.recipients.first() if is_in(delivery.message.body_html) else None


def asked_in(message: Message, tokens: set[str]) -> set[int]:
    """The envelopes that carry the questions of these links."""
    emails = questions.emails_of(tokens)
    envelopes = message.deliveries.prefetch_related("recipients")
    return {one.pk for one in envelopes if any(recipient.email.casefold() in emails for recipient in one.recipients.all())}


def _question(block: Any) -> str:
    """What the recipient is asked, without the words of the link."""
    copy = lxml.html.fragment_fromstring(lxml.html.tostring(block, encoding="unicode", with_tail=False), create_parent="div")
    for link in list(copy.iter("a")):
        link.drop_tree()
    return body.to_text(_written(copy)).strip()


def _lead(block: Any, url: str) -> None:
    """Have the block's link lead there; one that was taken out while writing is put in again."""
    found = list(block.iter("a"))
    if not found:
        found = [lxml.html.fragment_fromstring(f"<a>{escape(_('Answer: yes or no'))}</a>")]
        block.append(found[0])
    found[0].set("href", url)
    for other in found[1:]:
        other.drop_tag()


def _blocks(root: Any) -> list[Any]:
    return list(root.xpath(OURS))


def _tree(written: str) -> Any:
    return lxml.html.fragment_fromstring(written, create_parent="div")


def _written(root: Any) -> str:
    return escape(root.text or "") + "".join(lxml.html.tostring(child, encoding="unicode") for child in root)
