"""What servers say in prose when they give a mail back: Exim, qmail, old Sendmail, Exchange, Domino, Gmail and the others that write no
machine-readable status (RFC 3464), or leave out the recipient there. Pure: text in, values out."""

import re
from collections.abc import Iterable
from itertools import islice

from mail import report_words

ADDRESS = r"[^\s<>()\[\]\"',;:]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?"
LONGEST = 500  # characters of a reason
MOST = 100  # recipients of one report
PARAGRAPH = 1500  # characters after an address that may say why

# Where the returned mail begins in the text of the report, or the first of its header lines
ORIGINAL = re.compile(
    r"^(?:[^\w\n]*(?:original|returned|unsent|undelivered) message\b(?! was)|.{0,60}\bcopy of (?:the|your)(?: original)? message"
    r"|.{0,10}headers? of the original message|(?:Received|Return-Path|DKIM-Signature|X-Originating-IP): ?\S).*$",
    re.IGNORECASE | re.MULTILINE,
)
# How the servers name whom they did not reach. Every row is one habit; in brackets who has it
NAMED = tuple(
    re.compile(pattern.replace("ADDRESS", f"({ADDRESS})"), re.IGNORECASE | re.MULTILINE)
    for pattern in (
        r"^\s*<ADDRESS>(?: \([^)]*\))?:",  # qmail, QSBMF, Postfix, Yahoo
        r"^\s*\"?ADDRESS\"?:(?:\s*$| [45]\d\d)",  # 1&1, GMX, OpenSMTPD
        r"^>>> ?\S+ <ADDRESS>",  # Active! hunter
        r"^\s*<ADDRESS>\s+\(",  # McAfee, Sendmail
        r"^\s*ADDRESS \[",  # Mail2000
        r"^\s*<ADDRESS>$",  # EZweb
        r"^[ \t]*Recipient address: ADDRESS",  # Sun and Oracle Messaging Server
        r"^\s*Final-Recipient: *(?:[\w-]+;)? *<?ADDRESS",  # Amazon WorkMail, in its text
        r"\b(?:deliver(?:ed|ing)?|sent?)\b[^\n@]{0,60}\bto:?\s+(?:-- ?)?<?ADDRESS",  # Mimecast, MailFoundry, KDDI, DragonFly, Google
        r"\b(?:unknown user|user unknown|invalid recipient): ?<?ADDRESS",  # IMail
        r"\bRCPT TO: ?<?ADDRESS",  # InterScan, Apache James, Verizon
        r"\bpermanent errors?: ?ADDRESS",  # x6
        r"^\s*ADDRESS Invalid Address",  # Zoho
    )
)
# A line after which the addresses stand, one a line [Exim, Gmail, Sendmail, Exchange, Domino, MailMarshal, Biglobe, m-FILTER, Notes]
INTRODUCED = re.compile(
    r"following (?:recipient|address)|these recipients|not delivered to|did not reach|not be delivered|delivery (?:problems|errors)"
    r"|fatal errors|failure reasons|recipients? (?:was|were)|failed addresses|Delivery to|以下のメールアドレス"
    r"|следующ\w+ (?:адрес|получател)|получателям|nicht zugestellt|destinatari",
    re.IGNORECASE,
)
LISTED = re.compile(rf"^[ \t]*(?:[*•>-]+[ \t]*)?<?({ADDRESS})>?(?=$|[\s<])", re.MULTILINE)
REPLY = re.compile(r"\b[45]\d\d[ -](?=\S)")
CODE = re.compile(r"\b[45]\.\d{1,3}\.\d{1,3}\b")
DECORATION = re.compile(r"^[ \t]*(?:[-=*_]{2,}.*|.*:)[ \t]*$", re.MULTILINE)  # headings of a report
DELAYED = re.compile(
    r"\bdelay(?:ed)?\b|still trying|will (?:be )?(?:keep trying|retried|retry|continue)|not yet been delivered"
    r"|warning: (?:could not|message)|temporary (?:problem|error)|do not need to resend",
    re.IGNORECASE,
)
GIVEN_UP = re.compile(r"permanent|giv(?:en|ing) up|has failed|could not be delivered", re.IGNORECASE)
# What a mail says that tells of a failure; it counts only in the mail of a server
FAILED = re.compile(
    r"undeliver|not deliver|n.t deliver|(?:could not|cannot|unable to|was not|n.t) (?:be )?(?:deliver|reach|sen[dt])|failed to deliver"
    r"|returned (?:mail|message|to sender)|delivery.{0,20}(?:fail|status)|deliver(?:y|ing) .{0,20}(?:error|problem)|failure notice"
    r"|(?:mail|message|delivery) (?:delivery )?(?:fail|error|status)|message you sent blocked|delivery report|mail system error"
    r"|error sending your mail|error message below|did not reach|rejected by|recipients? was|failure reasons"
    r"|user unknown|unknown user|no such user"
    r"|unzustellbar|nicht zugestellt|не доставлено|недоставлен|non remis|non recapitat|no se ha podido entregar"
    r"|メールエラー|送信できません|配送できません|配信できません",
    re.IGNORECASE,
)


def split(text: str) -> tuple[str, str]:
    """What the server says, and the returned mail below it."""
    found = ORIGINAL.search(text)
    return (text[: found.start()], text[found.start() :]) if found else (text, "")


def is_delay(subject: str, said: str) -> bool:
    """Whether the server goes on trying."""
    return bool(DELAYED.search(f"{subject}\n{said}")) and not GIVEN_UP.search(said)


def failed(said: str, *, but: Iterable[str]) -> dict[str, str]:
    """Whom the mail did not reach and why, as far as the text says so; `but` are addresses that it is not about."""
    others = {address.casefold() for address in but}
    named = [match for pattern in NAMED for match in islice(pattern.finditer(said), MOST)] or list(islice(_listed(said), MOST))
    found: dict[str, str] = {}
    whole = reason(said) if _tells(said) else ""
    for match in sorted(named, key=lambda match: match.start(1))[:MOST]:
        address = match[1].rstrip(".").casefold()
        if address not in others and not found.get(address):
            below = said[match.end(1) :][:PARAGRAPH]
            found[address] = reason(below) if _tells(below) or not whole else whole
    return found


def _listed(said: str) -> Iterable[re.Match[str]]:
    start = INTRODUCED.search(said)
    return LISTED.finditer(said, start.end()) if start else ()


def _tells(text: str) -> bool:
    return bool(REPLY.search(text) or CODE.search(text) or report_words.in_words(text))


def reason(text: str) -> str:
    """The server's answer in a text: what it replied by SMTP, else the first words that say why, else the first ones."""
    found = REPLY.search(text) or CODE.search(text)
    paragraphs = [text[found.start() :]] if found else DECORATION.sub("", text).lstrip(' \t:>"].,').split("\n\n")
    short = [one_line(one) for one in ("\n".join(paragraphs).split("\n\n") if found else paragraphs)]
    telling = [one for one in short if found or report_words.in_words(one)] or [one for one in short if len(one) >= 20] or [""]
    return telling[0]


def one_line(text: str) -> str:
    """Words as they can be kept and shown."""
    return " ".join(text.replace("\0", " ").split())[:LONGEST]
