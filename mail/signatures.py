"""What stands below one's mails: several signatures an account, one of them by itself."""

from django.db import transaction

from mail import body
from mail.models import Account, Signature
from mail.reading import plain_as_html
from tracking.cleaning import strip_own


@transaction.atomic
def save(*, signature: Signature, name: str, html: str, is_default: bool, is_default_for_replies: bool) -> Signature:
    """Keep a signature, new or changed; it takes the place of the one that stood by itself below new mails or replies."""
    Account.objects.select_for_update().get(pk=signature.account_id)
    others = Signature.objects.filter(account=signature.account_id).exclude(pk=signature.pk)
    if is_default:
        others.filter(is_default=True).update(is_default=False)
    if is_default_for_replies:
        others.filter(is_default_for_replies=True).update(is_default_for_replies=False)
    signature.name, signature.html = name, html
    signature.is_default, signature.is_default_for_replies = is_default, is_default_for_replies
    signature.save()
    return signature


def clean(typed: str) -> str:
    """A signature made safe, plain lines as lines; "" when nothing stands there."""
    html = body.clean(strip_own(typed)) if "<" in typed else plain_as_html(typed)
    return "" if body.is_empty(html) else html


def default_html(account: Account | None, *, is_reply: bool = False) -> str:
    """What stands below the account's new mails, or its replies, by itself; "" for nothing."""
    if account is None:
        return ""
    wanted = {"is_default_for_replies" if is_reply else "is_default": True}
    return str(account.signatures.filter(**wanted).values_list("html", flat=True).first() or "")


def below(account: Account | None, *, is_reply: bool = False) -> str:
    """What a new mail or a reply of the account's begins with."""
    return marked(default_html(account, is_reply=is_reply))


def marked(html: str) -> str:
    """An empty body above a signature, marked so that it can be told from what is written; "" without one."""
    return f'<div><br></div><div><br></div><div class="candor_signature">{html}</div>' if html else ""


def with_first_words(account: Account) -> list[tuple[Signature, str]]:
    """The account's signatures, each with what can be read of it in a line."""
    return [(signature, body.preview(body.to_text(signature.html))) for signature in account.signatures.all()]
