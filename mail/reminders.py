"""What a sender is asked before a mail goes, once each: what is missing more often by a slip than on purpose."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

import lxml.html
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mail import before_sending, body
from mail.models import Message

OLD = "//blockquote | //div[contains(@class, 'gmail_quote')] | //div[contains(@class, 'candor_signature')]"
PROMISES = re.compile(  # of a file, as people write it
    r"\b(?:"
    r"attached|attachments?|attaching|enclosed|enclosures?"  # English
    r"|anbei|im anhang|angehängt\w*|beigefügt\w*|beiliegend\w*|in der anlage|als anlage"  # German
    r"|во вложени\w+|вложени[еяю]|вложил[аи]?|прилага\w+|приложил[аи]?|прикрепил[аи]?|прикрепля\w+"  # Russian
    r"|ci-joint\w*|pièces? jointes?|en pj|joins à ce"  # French
    r"|adjunt[oa]s?|adjuntamos|adjuntad[oa]s?"  # Spanish
    r"|in allegato|allegat[oiae]|allego|alleghiamo"  # Italian
    r"|em anexo|anexad[oa]s?|segue anexo"  # Portuguese
    r"|bijgevoegd\w*|in de bijlage|bijlagen?"  # Dutch
    r"|w załączeniu|w załączniku|załączam|załącznik\w*"  # Polish
    r"|bifoga\w*|vedhæft\w*|vedlagt\w*|liitteenä|v příloze|у вкладенні|додаю файл"  # Swedish, Danish, Norwegian, Finnish, Czech, Ukrainian
    r")\b|添付|附件",  # Japanese, Chinese
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Reminder:
    """A question before sending; `key` says that it was put."""

    key: str
    sentence: Promise


def due(message: Message, *, put: Collection[str]) -> list[Reminder]:
    """What to ask of a draft that is about to go, without what was asked already."""
    return [Reminder(key, sentence) for key, (is_due, sentence) in QUESTIONS.items() if key not in put and is_due(message)]


def own_html(html: str) -> str:
    """What is written anew: neither what is quoted nor the signature."""
    root = lxml.html.fragment_fromstring(html, create_parent="div")
    for old in root.xpath(OLD):
        if old.getparent() is not None:
            old.drop_tree()
    return str(lxml.html.tostring(root, encoding="unicode"))


def _has_no_subject(message: Message) -> bool:
    return not message.subject.strip()


def _lacks_its_file(message: Message) -> bool:
    """Whether the new words promise a file and none is there; a picture in the text is one."""
    if message.attachments.exists():
        return False
    own = own_html(message.body_html)
    words = "\n".join(line for line in body.to_text(own).splitlines() if not line.startswith(">"))
    return "<img" not in own and PROMISES.search(f"{message.subject}\n{words}") is not None


QUESTIONS: dict[str, tuple[Callable[[Message], bool], Promise]] = {
    "subject": (_has_no_subject, _("This mail has no subject.")),
    "asked": (
        before_sending.has_warnings,
        _("You ask somebody for permission who refused it before, or who was asked less than six months ago."),
    ),
    "attachment": (_lacks_its_file, _("You write of an attachment, but no file is attached.")),
}
