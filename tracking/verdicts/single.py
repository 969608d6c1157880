"""What one hit alone says: rules from the surest to the default; the first that knows decides.

Times are seconds since the mail server took the copy. Without that time every rule about speed abstains: a person is
never called a machine because a clock is missing.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import NamedTuple

from crm.lib.networks import is_in, read_address
from tracking.verdicts import windows
from tracking.verdicts.clients import MAIL_RU, Client, Kind, is_driven, is_mail_ru, told_by
from tracking.verdicts.facts import COUNTING, CopyFacts, HitFacts, Judgement, Verdict, Viewer
from tracking.verdicts.networks import CERTAIN, COMPLETE, GATEWAYS, Network, networks_of

LOOPBACK = ("127.0.0.0/8", "::1/128")
# Headers that say "nobody looks yet", and what in them says so (MDN "Sec-Purpose"; older Chrome, Safari and Firefox)
PREFETCH_HEADERS = {
    "sec-purpose": ("prefetch", "prerender"),
    "purpose": ("prefetch", "preview"),
    "x-purpose": ("preview", "prefetch"),
    "x-moz": ("prefetch",),
}


class _Case(NamedTuple):
    """A hit with what is derived from it once."""

    hit: HitFacts
    copy: CopyFacts
    client: Client
    networks: frozenset[Network]
    age: float | None  # seconds since dispatch
    is_click: bool
    is_local: bool  # to a demo's mail, from the machine that Candor runs on


def judge(hit: HitFacts, copy: CopyFacts) -> Judgement:
    """The verdict on one hit, without a look at the others."""
    return judge_each([hit], copy)[0]


def judge_each(hits: Iterable[HitFacts], copy: CopyFacts) -> list[Judgement]:
    """The verdicts on hits of one copy, each without a look at the others."""
    dispatched_at = copy.dispatched_at
    if dispatched_at is None:
        return [_judged(_alike(hit, 0.0), copy) for hit in hits]
    dispatched = copy._replace(dispatched_at=0.0)
    return [_judged(_alike(hit, _representative(hit.at - dispatched_at)), dispatched) for hit in hits]


def _alike(hit: HitFacts, age: float) -> HitFacts:
    """The hit at the time of all those that no rule can tell from it."""
    return hit._replace(at=age, headers=_Headers(hit.headers) if hit.headers else NO_HEADERS)


class _Headers(dict[str, str]):
    """Headers that can be remembered; nobody changes them."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))


NO_HEADERS = _Headers()
# Every time that a rule may compare with, before and after dispatch
MOMENTS = sorted({0.0} | {sign * value for value in vars(windows).values() if isinstance(value, float) for sign in (1, -1)})


def _representative(age: float) -> float:
    """An age that no rule can tell from this one: the same moment of `windows`, or one between the same two."""
    place = bisect_left(MOMENTS, age)
    if place == len(MOMENTS):
        return MOMENTS[-1] + 1
    if MOMENTS[place] == age:
        return age
    return (MOMENTS[place - 1] + MOMENTS[place]) / 2 if place else MOMENTS[0] - 1


@lru_cache(maxsize=16_384)
def _judged(hit: HitFacts, copy: CopyFacts) -> Judgement:
    """The same of a hit with the time of all its like: most of a mail's hits are alike, and have been judged before."""
    case = _case(hit, copy)
    for rule in RULES:
        found = rule(case)
        if found:
            return Judgement(found[0], found[1:], found[0] in COUNTING)
    raise AssertionError("the last rule decides whatever is left")


Found = tuple[Verdict, *tuple[str, ...]]
Rule = Callable[[_Case], Found | None]


def _case(hit: HitFacts, copy: CopyFacts) -> _Case:
    networks = networks_of(hit.address, hit.asn, hit.network)
    is_local = copy.is_local and is_in(read_address(hit.address), LOOPBACK)
    client = MAIL_RU if is_mail_ru(hit.user_agent, networks) else told_by(hit.user_agent)
    if is_local and is_driven(hit.user_agent):
        client = Client(Kind.BROWSER)
    age = None if copy.dispatched_at is None else hit.at - copy.dispatched_at
    return _Case(hit, copy, client, networks, age, hit.kind == "click", is_local)


def _refused(case: _Case) -> Found | None:
    return None if case.copy.is_tracked else (Verdict.NONE, "refused")


def _not_delivered(case: _Case) -> Found | None:
    if case.copy.is_draft:
        return Verdict.SELF, "draft"
    if case.copy.is_returned:
        return Verdict.SELF, "returned"
    if case.age is not None and case.age < -windows.BEFORE_DISPATCH:
        return Verdict.SELF, "before_dispatch"
    return None


def _ourselves(case: _Case) -> Found | None:
    hit = case.hit
    if hit.viewer == Viewer.OWNER:
        return Verdict.SELF, "yourself"
    if hit.viewer == Viewer.COLLEAGUE:
        return Verdict.SELF, "colleague"
    if hit.hint_age is not None and 0 <= hit.hint_age <= windows.HINT:
        return Verdict.SELF, "hint"
    return None


def _request(case: _Case) -> Found | None:
    """By the method and headers of the request."""
    if case.hit.method != "GET":
        return Verdict.MACHINE, "method"
    if is_prefetch(case.hit):
        return Verdict.MACHINE, "prefetch"
    return None


def _nameless(case: _Case) -> Found | None:
    kind, is_click = case.client.kind, case.is_click
    if kind == Kind.EMPTY:
        return (Verdict.MACHINE if is_click else Verdict.UNKNOWN), "no_name"
    if kind == Kind.PREFETCH:
        is_microsoft = Network.MICROSOFT in case.networks or Network.MICROSOFT_FILTER in case.networks
        return (Verdict.UNKNOWN, "microsoft_prefetch") if is_microsoft else (Verdict.MACHINE, "gmail_prefetch")
    if kind == Kind.BARE:
        if is_click:
            return Verdict.MACHINE, "bare_click"
        return Verdict.UNKNOWN, "apple_privacy" if Network.APPLE_EGRESS in case.networks else "bare_name"
    return None


def _image_proxy(case: _Case) -> Found | None:
    if case.client.kind != Kind.PROXY:
        return None
    if case.is_click:
        return Verdict.MACHINE, "proxy_click"
    if _is_forged(case):
        return Verdict.UNKNOWN, "proxy_forged"
    if case.age is not None and case.age < windows.PROXY_BEFORE and not case.is_local:
        return Verdict.UNKNOWN, "proxy_early"
    return Verdict.PROXY, "proxy"


def _is_forged(case: _Case) -> bool:
    """Whether a proxy's name comes from elsewhere: not from its networks, as far as anybody knows all of them."""
    home = case.client.network
    if home is None or home in case.networks or case.is_local:
        return False
    return home in COMPLETE or case.hit.asn is not None or bool(case.networks)


def _machine(case: _Case) -> Found | None:
    """By what it says of itself, and by networks in which nobody reads."""
    if case.client.kind in (Kind.ROBOT, Kind.PROBE):
        return Verdict.MACHINE, "declared"
    if case.networks & CERTAIN:
        return Verdict.MACHINE, "scanner_network"
    return (Verdict.MACHINE, "many_recipients") if case.is_click and _is_at_many(case) else None


def _is_at_many(case: _Case) -> bool:
    """Whether one source came to the mails of several recipients at once; not so of one of them who is signed in."""
    is_excused = case.is_local or case.hit.viewer == Viewer.RECIPIENT
    return case.hit.other_recipients >= windows.OTHER_RECIPIENTS and not is_excused


def _while_sending(case: _Case) -> Found | None:
    if case.age is None or case.age >= 0 or case.is_local:
        return None
    if case.networks & GATEWAYS and case.is_click:  # the sender's own gateway looks before it takes the mail
        return Verdict.MACHINE, "gateway", "clock"
    return Verdict.UNKNOWN, "clock"


def _own_network(case: _Case) -> Found | None:
    is_self = case.hit.is_own_network and case.hit.viewer != Viewer.RECIPIENT
    return (Verdict.SELF, "own_network") if is_self else None


def _too_early(case: _Case) -> Found | None:
    if case.age is None or case.is_local:
        return None
    if case.is_click and case.age < windows.CLICK_BEFORE:
        return Verdict.MACHINE, "click_too_early"
    if not case.is_click and case.age < windows.OPEN_BEFORE:
        return Verdict.UNKNOWN, "open_too_early"
    return None


def _likely_scanner(case: _Case) -> Found | None:
    """Networks which scanners share with people: it depends on how soon."""
    if case.networks & GATEWAYS and case.age is not None and case.age <= windows.GATEWAY_WITHIN:
        return Verdict.MACHINE, "gateway"
    if case.is_click and Network.MICROSOFT in case.networks:
        is_early = case.age is not None and case.age <= windows.GATEWAY_WITHIN
        return (Verdict.MACHINE, "microsoft_early") if is_early else (Verdict.UNKNOWN, "microsoft_later")
    return None


def _disguise(case: _Case) -> Found | None:
    """Names which scanners share with people."""
    kind, age, is_click = case.client.kind, case.age, case.is_click
    if kind == Kind.BARE_WEBKIT and not is_click:
        if Network.APPLE_EGRESS in case.networks:
            return Verdict.UNKNOWN, "apple_network"
        if age is not None and age <= windows.BARE_WEBKIT_WITHIN and not case.is_local:
            return Verdict.UNKNOWN, "bare_webkit"
    if kind == Kind.STALE:
        is_early = is_click and age is not None and age <= windows.GATEWAY_WITHIN
        return (Verdict.MACHINE, "stale_early") if is_early else (Verdict.UNKNOWN, "stale")
    if kind == Kind.OTHER:
        return (Verdict.MACHINE, "not_a_browser") if is_click else (Verdict.UNKNOWN, "unknown_program")
    if kind == Kind.OFFICE and is_click:
        return Verdict.UNKNOWN, "office_click"
    return None


def _many_openings(case: _Case) -> Found | None:
    """An office reads behind one address: its mail programs are believed, its browsers are not proof."""
    is_mail_program = case.client.kind in (Kind.MAIL_APP, Kind.OFFICE)
    return (Verdict.UNKNOWN, "many_openings") if not case.is_click and _is_at_many(case) and not is_mail_program else None


def _browser_early(case: _Case) -> Found | None:
    if case.client.kind not in (Kind.BROWSER, Kind.BARE_WEBKIT) or case.is_local or case.hit.viewer == Viewer.RECIPIENT:
        return None
    if case.age is None:
        return Verdict.UNKNOWN, "no_clock"
    if case.age <= (windows.BROWSER_CLICK_WITHIN if case.is_click else windows.BROWSER_OPEN_WITHIN):
        return Verdict.UNKNOWN, "browser_early"
    return None


def _person(case: _Case) -> Found | None:
    reasons = ["mail_app" if case.client.kind in (Kind.MAIL_APP, Kind.OFFICE) else "browser"]
    if case.hit.viewer == Viewer.RECIPIENT:
        reasons.insert(0, "recipient_signed_in")
    if Network.APPLE_EGRESS in case.networks:
        reasons.append("apple_relay")
    if case.networks & GATEWAYS:
        reasons.append("behind_gateway")
    if case.is_local:
        reasons.append("on_this_machine")
    return (Verdict.HUMAN, *reasons)


RULES: tuple[Rule, ...] = (
    *(_refused, _not_delivered, _ourselves, _request, _nameless, _image_proxy, _machine, _while_sending),
    *(_own_network, _too_early, _likely_scanner, _disguise, _many_openings, _browser_early, _person),
)


def is_prefetch(hit: HitFacts) -> bool:
    """Whether the request itself says that nobody looks yet."""
    return any(word in value.lower() for name, value in hit.headers.items() for word in PREFETCH_HEADERS.get(name.lower(), ()))
