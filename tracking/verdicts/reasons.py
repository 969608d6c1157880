"""Why a verdict is what it is, in words for the sender."""

from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

REASONS: dict[str, Promise] = {
    # nothing is kept
    "refused": _("Tracking is off for this recipient"),
    # oneself
    "draft": _("This mail had not been sent yet"),
    "before_dispatch": _("It came before the mail was sent: a draft or a preview"),
    "returned": _("The mail was returned to you; this is the returned copy"),
    "yourself": _("Your own signed-in browser"),
    "colleague": _("The signed-in browser of a colleague"),
    "hint": _("You were looking at this mail yourself a moment ago"),
    "own_network": _("It came from a network that you work from"),
    # machines
    "method": _("Not the kind of request that shows an image or follows a link"),
    "prefetch": _("Loaded in advance; the program said so"),
    "no_name": _("The program gave no name"),
    "gmail_prefetch": _("Gmail loads images in advance, once for each unread conversation"),
    "bare_click": _("No browser follows a link under this name"),
    "proxy_click": _("An image proxy follows no links"),
    "declared": _("The program says that it is a robot, a preview or a library"),
    "not_a_browser": _("People follow links with browsers; this program is none"),
    "scanner_network": _("From a network that only checks mail and links"),
    "many_recipients": _("The same source came to the mails of several recipients within a minute"),
    "click_too_early": _("Nobody follows a link within seconds of sending"),
    "gateway": _("From the network of a mail security service, soon after sending"),
    "microsoft_early": _("From Microsoft’s network soon after sending, as its link checks come"),
    "stale_early": _("A browser that hardly anybody has any more, soon after sending"),
    "burst": _("Several links were followed at once, as only a program does"),
    "same_source_as_burst": _("From the source that followed several links at once"),
    "head_then_get": _("The same source first asked without taking anything, as link checkers do"),
    "checked_while_clicked": _("Microsoft checked this link at the moment when a person followed it"),
    # undecided
    "apple_privacy": _("Apple Mail loads images by itself, whether the mail is read or not"),
    "bare_name": _("The program only calls itself “Mozilla/5.0”; most that do load mail by themselves"),
    "microsoft_prefetch": _("Gmail’s name for loading in advance, but from Microsoft’s network"),
    "proxy_early": _("The mailbox provider fetched the image too soon to tell whether anybody looked"),
    "proxy_forged": _("It calls itself a mailbox provider’s image proxy, but does not come from its network"),
    "clock": _("It came while the mail was still being sent"),
    "no_clock": _("When the mail was sent is not known, so speed says nothing"),
    "open_too_early": _("Hardly anybody sees a mail within seconds of sending"),
    "microsoft_later": _("From Microsoft’s network: a person’s computer there or one of its link checks"),
    "bare_webkit": _("A shortened program name, which scanners use too, soon after sending"),
    "apple_network": _("A shortened program name from Apple’s network"),
    "stale": _("A browser that hardly anybody has any more: often a program in disguise"),
    "browser_early": _("A browser, but so soon after sending that it may be a scanner in disguise"),
    "office_click": _("A program of Office, which also looks at links by itself"),
    "unknown_program": _("A program that nobody here knows"),
    "many_openings": _("The same source loaded the mails of several recipients within a minute"),
    "same_source_as_machine": _("From the source of a click that no person made"),
    # people
    "proxy": _("The mailbox provider fetches images when somebody looks at the mail"),
    "mail_app": _("A mail program as people use it"),
    "browser": _("A browser as people use it"),
    "apple_relay": _("Through Apple’s relay, which people’s browsers use"),
    "behind_gateway": _("Through a mail security service, so long after sending that a person behind it is likely"),
    "on_this_machine": _("From this very machine: no mail filter stands in between"),
    "recipient_signed_in": _("The signed-in browser of the recipient"),
    # beside the verdict
    "repeat": _("Again within five minutes: counted once"),
}

A_PERSON = frozenset({"proxy", "mail_app", "browser", "apple_relay", "behind_gateway", "on_this_machine", "recipient_signed_in"})


def words_of(reasons: Iterable[str]) -> list[Promise | str]:
    """Reasons in words, in their order; of an older or newer version of the rules, what is known."""
    return [REASONS[key] for key in reasons if key in REASONS]
