"""One hit alone, as it came, and what is said of it."""

import pytest

from tracking.tests.verdicts import agents as a
from tracking.verdicts import COUNTING, REASONS, CopyFacts, HitFacts, Judgement, Viewer, client_of, judge

SENT_AT = 1_800_000_000.0
MINUTE, HOUR = 60, 3600


def judged(
    kind: str, user_agent: str, after: float, address: str = a.SOMEWHERE, copy: CopyFacts | None = None, **facts: object
) -> Judgement:
    """The verdict on a hit so many seconds after dispatch."""
    hit = HitFacts(at=SENT_AT + after, kind=kind, user_agent=user_agent, address=address, **facts)  # type: ignore[arg-type]
    return judge(hit, copy or CopyFacts(dispatched_at=SENT_AT))


TABLE = [
    # Apple
    ("open", a.BARE, 240, a.AT_APPLE, "unknown", "apple_privacy"),
    ("open", a.BARE, 8 * HOUR, "104.28.30.7", "unknown", "apple_privacy"),
    ("open", a.BARE, HOUR, a.SOMEWHERE, "unknown", "bare_name"),
    ("click", a.BARE, HOUR, a.AT_APPLE, "machine", "bare_click"),
    ("open", a.BARE_WEBKIT, 20, a.SOMEWHERE, "unknown", "bare_webkit"),
    ("open", a.BARE_WEBKIT, 10, a.SOMEWHERE, "unknown", "bare_webkit"),
    ("open", a.BARE_WEBKIT, 60, a.SOMEWHERE, "unknown", "bare_webkit"),
    ("open", a.BARE_WEBKIT, 61, a.SOMEWHERE, "human", "browser"),
    ("open", a.BARE_WEBKIT, 24 * MINUTE, a.SOMEWHERE, "human", "browser"),
    ("click", a.BARE_WEBKIT, 24 * MINUTE, a.AT_APPLE, "human", "browser"),
    ("open", a.BARE_WEBKIT, 24 * MINUTE, a.AT_APPLE, "unknown", "apple_network"),
    ("click", a.SAFARI, 300, a.AT_APPLE, "human", "browser"),
    ("open", a.SAFARI, 300, a.AT_APPLE, "human", "browser"),
    # Gmail
    ("open", a.GMAIL, 900, a.AT_GOOGLE, "proxy_with_human", "proxy"),
    ("open", a.GMAIL, 10, a.AT_GOOGLE, "proxy_with_human", "proxy"),
    ("open", a.GMAIL, 9.9, a.AT_GOOGLE, "unknown", "proxy_early"),
    ("open", a.GMAIL, 900, a.AT_GOOGLE_CRAWLER, "proxy_with_human", "proxy"),
    ("open", a.GMAIL, 900, "2a00:1450:4001:80b::1", "proxy_with_human", "proxy"),
    ("open", a.GMAIL, 900, a.ELSEWHERE, "unknown", "proxy_forged"),
    ("click", a.GMAIL, 900, a.AT_GOOGLE, "machine", "proxy_click"),
    ("open", a.GMAIL_PREFETCH, 7200, "108.177.2.32", "machine", "gmail_prefetch"),
    ("open", a.GMAIL_PREFETCH, 7200, a.AT_MICROSOFT, "unknown", "microsoft_prefetch"),
    ("click", a.CHROME, HOUR, a.AT_GOOGLE_CRAWLER, "machine", "scanner_network"),
    # other mailbox providers
    ("open", a.YAHOO, 3000, a.AT_YAHOO, "proxy_with_human", "proxy"),
    ("open", a.YAHOO, 3000, a.SOMEWHERE, "proxy_with_human", "proxy"),  # nobody publishes all of Yahoo's networks
    ("open", a.YAHOO, 3000, a.AT_GOOGLE, "unknown", "proxy_forged"),
    ("open", a.OLD_CHROME, 800, a.AT_MAIL_RU, "proxy_with_human", "proxy"),
    ("open", a.OLD_CHROME, 800, a.SOMEWHERE, "unknown", "stale"),
    ("open", a.CHROME, 800, a.AT_MAIL_RU, "human", "browser"),
    ("open", a.RAMBLER, 1200, a.AT_RAMBLER, "proxy_with_human", "proxy"),
    *(("open", proxy, 1200, a.SOMEWHERE, "proxy_with_human", "proxy") for proxy in (a.UKR_NET, "FastmailUA/1.0", "hey.com/imageproxy x")),
    ("open", a.UKR_NET, 9, a.SOMEWHERE, "unknown", "proxy_early"),
    # Microsoft
    ("click", a.CHROME, HOUR, a.AT_MICROSOFT_FILTER, "machine", "scanner_network"),
    ("open", a.CHROME, HOUR, "2a01:111:f403::1", "machine", "scanner_network"),
    ("click", a.CHROME, 600, a.AT_MICROSOFT, "machine", "microsoft_early"),
    ("click", a.CHROME, 601, a.AT_MICROSOFT, "unknown", "microsoft_later"),
    ("open", a.CHROME, 120, a.AT_MICROSOFT, "human", "browser"),  # Outlook on the web shows images through it
    # gateways
    ("click", a.CHROME, 600, a.AT_PROOFPOINT, "machine", "gateway"),
    ("open", a.CHROME, 55, a.AT_MIMECAST, "machine", "gateway"),
    ("click", a.CHROME, 601, a.AT_PROOFPOINT, "human", "browser"),
    ("click", a.CHROME, 2 * HOUR, a.AT_IRONPORT, "human", "browser"),
    ("click", a.CHROME, 2 * HOUR, a.AT_BARRACUDA, "machine", "scanner_network"),
    ("click", a.CHROME, -1.9, a.AT_PROOFPOINT, "machine", "gateway"),
    ("open", a.CHROME, -2, a.AT_PROOFPOINT, "unknown", "clock"),
    ("open", a.CHROME, 2, a.AT_PROOFPOINT, "unknown", "open_too_early"),
    ("open", a.OLD_EXPLORER, 55, a.AT_PROOFPOINT, "machine", "gateway"),
    ("click", a.CHROME, 40, a.AT_PROOFPOINT_TOO, "machine", "gateway"),
    # speed
    ("open", a.CHROME, -61, a.SOMEWHERE, "self", "before_dispatch"),
    ("open", a.CHROME, -60, a.SOMEWHERE, "unknown", "clock"),
    ("click", a.CHROME, -0.1, a.SOMEWHERE, "unknown", "clock"),
    ("click", a.CHROME, -5, a.AT_BARRACUDA, "machine", "scanner_network"),
    ("click", "curl/8.1.2", -5, a.SOMEWHERE, "machine", "declared"),
    ("open", a.GMAIL, -5, a.AT_GOOGLE, "unknown", "proxy_early"),
    ("click", a.CHROME, 0, a.SOMEWHERE, "machine", "click_too_early"),
    ("click", a.CHROME, 4.9, a.SOMEWHERE, "machine", "click_too_early"),
    ("click", a.CHROME, 5, a.SOMEWHERE, "unknown", "browser_early"),
    ("click", a.CHROME, 30, a.SOMEWHERE, "unknown", "browser_early"),
    ("click", a.CHROME, 31, a.SOMEWHERE, "human", "browser"),
    ("open", a.THUNDERBIRD, 2.9, a.SOMEWHERE, "unknown", "open_too_early"),
    ("open", a.THUNDERBIRD, 3, a.SOMEWHERE, "human", "mail_app"),
    ("open", a.CHROME, 15, a.SOMEWHERE, "unknown", "browser_early"),
    ("open", a.CHROME, 16, a.SOMEWHERE, "human", "browser"),
    # names
    ("open", "", 700, a.SOMEWHERE, "unknown", "no_name"),
    ("click", "  ", 700, a.SOMEWHERE, "machine", "no_name"),
    ("open", "-", 700, a.SOMEWHERE, "unknown", "no_name"),
    ("open", a.OLD_EXPLORER, 800, a.SOMEWHERE, "unknown", "stale"),
    ("open", a.OLD_EXPLORER, 300, a.SOMEWHERE, "unknown", "stale"),
    ("click", a.OLD_EXPLORER, 600, a.SOMEWHERE, "machine", "stale_early"),
    ("click", a.OLD_EXPLORER, 601, a.SOMEWHERE, "unknown", "stale"),
    *(("open", stale, 800, a.SOMEWHERE, "unknown", "stale") for stale in a.STALE),
    *(("click", stale, 300, a.SOMEWHERE, "machine", "stale_early") for stale in a.STALE),
    ("open", a.OFFICE, 800, a.SOMEWHERE, "human", "mail_app"),
    ("open", a.OUTLOOK_ELDER, 800, a.SOMEWHERE, "human", "mail_app"),
    ("open", "Microsoft Office/16.0 (Windows NT 10.0; MAPI 16.0.8431; Pro)", 800, a.SOMEWHERE, "human", "mail_app"),
    ("click", a.OFFICE, 800, a.SOMEWHERE, "unknown", "office_click"),
    ("open", "Fetchmore/7", 800, a.SOMEWHERE, "unknown", "unknown_program"),
    ("click", "Fetchmore/7", 800, a.SOMEWHERE, "machine", "not_a_browser"),
    ("click", a.PROBE, 400, a.SOMEWHERE, "machine", "declared"),
    *(("click", robot, 2500, a.SOMEWHERE, "machine", "declared") for robot in a.ROBOTS),
    *(("open", robot, 2500, a.SOMEWHERE, "machine", "declared") for robot in a.ROBOTS),
    *(("open", app, 1300, a.SOMEWHERE, "human", "mail_app") for app in a.MAIL_APPS),
    *(("open", browser, 1300, a.SOMEWHERE, "human", "browser") for browser in a.BROWSERS),
    *(("click", browser, 1300, a.SOMEWHERE, "human", "browser") for browser in a.BROWSERS),
]


@pytest.mark.parametrize(("kind", "user_agent", "after", "address", "verdict", "reason"), TABLE)
def test_a_hit_is_judged_by_who_asks_from_where_and_when(kind, user_agent, after, address, verdict, reason):
    judgement = judged(kind, user_agent, after, address)

    assert (judgement.verdict, judgement.reasons[0]) == (verdict, reason)
    assert judgement.counts == (judgement.verdict in COUNTING)
    assert set(judgement.reasons) <= set(REASONS)


@pytest.mark.parametrize(
    ("copy", "facts", "verdict", "reason"),
    [
        (CopyFacts(SENT_AT, is_tracked=False), {"viewer": Viewer.OWNER}, "none", "refused"),
        (CopyFacts(SENT_AT, is_tracked=False, is_draft=True), {}, "none", "refused"),
        (CopyFacts(SENT_AT, is_draft=True), {}, "self", "draft"),
        (CopyFacts(SENT_AT, is_draft=True), {"viewer": Viewer.OWNER}, "self", "draft"),
        (CopyFacts(SENT_AT, is_returned=True), {}, "self", "returned"),
        (CopyFacts(SENT_AT), {"viewer": Viewer.OWNER}, "self", "yourself"),
        (CopyFacts(SENT_AT), {"viewer": Viewer.OWNER, "method": "HEAD"}, "self", "yourself"),
        (CopyFacts(SENT_AT), {"viewer": Viewer.COLLEAGUE}, "self", "colleague"),
        (CopyFacts(SENT_AT), {"viewer": Viewer.RECIPIENT}, "human", "recipient_signed_in"),
        (CopyFacts(SENT_AT), {"viewer": Viewer.RECIPIENT, "is_own_network": True}, "human", "recipient_signed_in"),
        (CopyFacts(SENT_AT), {"viewer": Viewer.RECIPIENT, "at": SENT_AT + 5}, "human", "recipient_signed_in"),
        (CopyFacts(SENT_AT), {"is_own_network": True}, "self", "own_network"),
        (CopyFacts(SENT_AT), {"is_own_network": True, "kind": "click", "at": SENT_AT + 2}, "self", "own_network"),
        (CopyFacts(SENT_AT), {"hint_age": 5.0}, "self", "hint"),
        (CopyFacts(SENT_AT), {"hint_age": 5.1}, "human", "browser"),
        (CopyFacts(SENT_AT), {"hint_age": -1.0}, "human", "browser"),  # it was said of a later look
        (CopyFacts(SENT_AT), {"method": "HEAD"}, "machine", "method"),
        (CopyFacts(SENT_AT), {"method": "OPTIONS"}, "machine", "method"),
        (CopyFacts(SENT_AT), {"headers": {"sec-purpose": "Prefetch;Prerender"}}, "machine", "prefetch"),
        (CopyFacts(SENT_AT), {"headers": {"Purpose": "preview"}}, "machine", "prefetch"),
        (CopyFacts(SENT_AT), {"headers": {"X-Moz": "prefetch"}}, "machine", "prefetch"),
        (CopyFacts(SENT_AT), {"headers": {"X-Purpose": "preview"}}, "machine", "prefetch"),
        (CopyFacts(SENT_AT), {"headers": {"Referer": "https://preview.example.test/prefetch"}}, "human", "browser"),
        (CopyFacts(SENT_AT), {"other_recipients": 2}, "unknown", "many_openings"),
        (CopyFacts(SENT_AT), {"other_recipients": 2, "kind": "click"}, "machine", "many_recipients"),
        (CopyFacts(SENT_AT), {"other_recipients": 2, "user_agent": a.OUTLOOK}, "human", "mail_app"),
        (CopyFacts(SENT_AT), {"other_recipients": 2, "at": SENT_AT + 55, "address": a.AT_PROOFPOINT}, "machine", "gateway"),
        (CopyFacts(SENT_AT), {"other_recipients": 2, "is_own_network": True}, "self", "own_network"),
        (CopyFacts(SENT_AT), {"other_recipients": 2, "viewer": Viewer.RECIPIENT}, "human", "recipient_signed_in"),
        (CopyFacts(SENT_AT), {"other_recipients": 9, "user_agent": a.GMAIL, "address": a.AT_GOOGLE}, "proxy_with_human", "proxy"),
        (CopyFacts(SENT_AT), {"other_recipients": 1, "kind": "click"}, "human", "browser"),
        (CopyFacts(), {}, "unknown", "no_clock"),
        (CopyFacts(), {"kind": "click"}, "unknown", "no_clock"),
        (CopyFacts(), {"user_agent": a.THUNDERBIRD}, "human", "mail_app"),
        (CopyFacts(), {"user_agent": a.GMAIL, "address": a.AT_GOOGLE}, "proxy_with_human", "proxy"),
        (CopyFacts(), {"address": a.AT_PROOFPOINT}, "unknown", "no_clock"),
        (CopyFacts(), {"address": a.AT_MICROSOFT, "kind": "click"}, "unknown", "microsoft_later"),
        (CopyFacts(), {"user_agent": a.OLD_EXPLORER, "kind": "click"}, "unknown", "stale"),
    ],
)
def test_what_is_known_of_the_copy_and_of_the_viewer_decides_first(copy, facts, verdict, reason):
    hit = HitFacts(**{"at": SENT_AT + HOUR, "kind": "open", "user_agent": a.CHROME, "address": a.SOMEWHERE} | facts)
    judgement = judge(hit, copy)

    assert (judgement.verdict, judgement.reasons[0]) == (verdict, reason)


def test_what_others_looked_up_about_an_address_is_used():
    assert judged("click", a.CHROME, 40, a.SOMEWHERE, asn=30031).reasons[0] == "gateway"
    assert judged("open", a.YAHOO, HOUR, a.SOMEWHERE, asn=64500).reasons == ("proxy_forged",)
    assert judged("open", a.BARE, HOUR, a.SOMEWHERE, network="apple_egress").reasons == ("apple_privacy",)
    assert judged("open", a.BARE, HOUR, a.SOMEWHERE, asn=36183).reasons == ("apple_privacy",)
    assert judged("click", a.CHROME, HOUR, a.SOMEWHERE, network="microsoft_filter").reasons == ("scanner_network",)
    assert judged("open", a.GMAIL, HOUR, a.SOMEWHERE, network="google_crawler").reasons == ("proxy",)  # Google's, too
    assert judged("open", a.BARE, HOUR, a.SOMEWHERE, network="nobody knows this").reasons == ("bare_name",)


def test_the_demo_needs_no_patience_on_its_own_machine():
    demo = CopyFacts(SENT_AT, is_local=True)

    assert judged("open", a.HEADLESS, 1, "127.0.0.1", demo).verdict == "human"
    assert judged("click", a.CHROME, 2, "::1", demo).verdict == "human"
    assert judged("click", "curl/8", 2, "127.0.0.1", demo).verdict == "machine"
    assert judged("open", a.CHROME, 1, a.SOMEWHERE, demo).verdict == "unknown"
    assert judged("open", a.HEADLESS, HOUR, a.SOMEWHERE, demo).verdict == "machine"


@pytest.mark.parametrize(
    ("user_agent", "address", "words"),
    [
        (a.GMAIL, a.AT_GOOGLE, "Gmail’s image proxy"),
        (a.OUTLOOK, a.SOMEWHERE, "Outlook on Windows"),
        (a.CHROME, a.AT_BARRACUDA, "Barracuda link scanner"),
        (a.CHROME, a.SOMEWHERE, "Chrome on Windows"),
        (a.CHROME, a.AT_PROOFPOINT, "Chrome on Windows, through Proofpoint"),
        (a.SAFARI, a.SOMEWHERE, "Safari on iPhone"),
        (a.BARE, a.AT_APPLE, "Apple Mail’s privacy protection"),
        (a.OLD_CHROME, a.AT_MAIL_RU, "Mail.ru’s image proxy"),
        (a.GMAIL_PREFETCH, a.AT_GOOGLE_CRAWLER, "Gmail, loading in advance"),
        (a.OUTLOOK, a.AT_MICROSOFT_FILTER, "Microsoft’s mail filter"),
        ("", "", "A program without a name"),
        ("<b>Odd</b>/1 " + "x" * 400, "no address", "“<b>Odd<”"),
    ],
)
def test_programs_are_named_in_words(user_agent, address, words):
    assert client_of(user_agent, address).label == words
