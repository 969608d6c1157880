"""Labelled requests, a scenario a line of JSON, judged anew: how good the rules are, on anybody's logs.

docs/verdicts.md describes the format.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from ipaddress import ip_network
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from crm.lib.networks import is_in, read_address
from tracking.verdicts import CopyFacts, HitFacts, Judgement, Verdict, Viewer, judge_together
from tracking.verdicts.networks import Network

DISPATCHED_AT = 1_700_000_000.0  # rows tell times from dispatch; any moment does
OUR_DOMAINS = ("own.test", "ours.test", "sender.test", "firma.test", "candor.test")  # of the sender's side, in rows that name no other
# Likewise a part of such a domain's name, where it is nobody's (RFC 6761)
OUR_NAME = re.compile(
    r"(?:ours?|us|we|self|sender|from|home|house|office|team|company|corp|firma?|agency|inhouse|internal?|intern|colleagues?|staff|crm|wir|uns|haus"
    r"|agentur)$|own|our|my|mein|unser|eigen|absender|kolleg"
)
OUR_KEYS = re.compile(r"sender|from|own|our|team|self")  # of a mail: what they hold is an address or a domain of ours, or a list of these
# Words of others for what we say; what is in none of these tables is told beside each
KINDS = {"open": "open", "pixel": "open", "image": "open", "view": "open", "click": "click", "link": "click", "redirect": "click"}
TRACKED = frozenset({"on", "true", "yes", "enabled", "active", "granted", "consented", "opted_in"})  # else: nothing is kept
UNSENT = frozenset({"draft", "preview", "test", "queued", "scheduled", "pending", "unsent"})
RETURNED = frozenset({"returned", "bounced", "failed", "undelivered", "rejected"})  # else it was sent: "delivered", "replied"
VIEWERS = {
    **dict.fromkeys(("", "none", "null", "false", "nobody", "anonymous", "stranger", "outsider", "external"), Viewer.NOBODY),
    **dict.fromkeys(("visitor", "guest", "customer", "client", "contact"), Viewer.NOBODY),
    **dict.fromkeys(("sender", "owner", "author", "self", "me", "true"), Viewer.OWNER),
    **dict.fromkeys(("recipient", "recipient_user", "the_recipient", "addressee"), Viewer.RECIPIENT),
}  # else a colleague
NETWORKS = (  # by a piece of the label, the first that fits; else it says nothing
    (r"eop|exchange_online|(?:microsoft|ms|[mo]365|office_?365)_(?:filter|scanner|egress)", Network.MICROSOFT_FILTER),
    (r"special|crawler|googlebot", Network.GOOGLE_CRAWLER),
    (r"apple|icloud|private_relay|mpp", Network.APPLE_EGRESS),
    (r"google(?!_(?:cloud|compute))|gmail|ggpht", Network.GOOGLE),
    (r"yahoo|^aol", Network.YAHOO),
    (r"mail_?ru", Network.MAIL_RU),
    (r"rambler", Network.RAMBLER),
    (r"seznam", Network.SEZNAM),
    (r"barracuda", Network.BARRACUDA),
    (r"proofpoint|pphosted", Network.PROOFPOINT),
    (r"mimecast", Network.MIMECAST),
    (r"ironport|cisco", Network.IRONPORT),
    (r"microsoft|azure|defender|safe_?links|outlook|[mo]365|office_?365|^ms(?:_|$)", Network.MICROSOFT),
)


class Broken(ValueError):
    """A line that is no scenario; its words say what is wrong with it."""


class Score(StrEnum):
    """How a scenario's verdicts compare with its labels, as a whole."""

    EXACT = "exact"
    ACCEPTED = "accepted"
    WRONG = "wrong"
    NEVER = "never"  # a person hidden, or a machine announced as a person
    UNLABELLED = "unlabelled"


class Scenario(NamedTuple):
    """A copy of a mail, what happened to it, and what ought to be said of that."""

    name: str
    group: str
    copy: CopyFacts
    hits: list[HitFacts]
    expect: list[str]  # a verdict for each hit; empty when nobody has labelled them
    accept: frozenset[str]
    never: frozenset[str]


class Replayed(NamedTuple):
    """A scenario with what the rules say."""

    scenario: Scenario
    judgements: list[Judgement]
    score: Score


def replay(scenario: Scenario) -> Replayed:
    """Judge a scenario's hits together and compare."""
    judgements = judge_together(scenario.hits, scenario.copy)
    return Replayed(scenario, judgements, _score(scenario, [judgement.verdict.value for judgement in judgements]))


def scenarios(lines: Iterable[str], own_domains: Iterable[str] = OUR_DOMAINS) -> Iterator[tuple[int, Scenario | Broken]]:
    """The scenarios of some lines with their numbers, from 1; blank lines are left out, broken ones say what is wrong."""
    ours = frozenset(map(str.lower, own_domains))
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield number, scenario(line, ours, name=str(number))
            except Broken as broken:
                yield number, broken


def scenario(line: str, own_domains: frozenset[str], *, name: str) -> Scenario:
    """One line read. Raises Broken."""
    row = _object(_parsed(line), _("the line"))
    mail = _object(row.get("mail", {}), "mail")
    events = row.get("events")
    if not isinstance(events, list) or not events:
        raise Broken(_("“events” is not a list of at least one event"))
    networks = () if _is_to_us(mail, own_domains) else _networks(mail.get("own_nets") or ())
    links: dict[str, int] = {}
    hits = [_hit(_object(event, "events"), networks, links) for event in events]
    expect = _verdicts(row.get("expect") or [], "expect")
    if expect and len(expect) != len(hits):
        raise Broken(_("“expect” has %(labels)d verdicts for %(events)d events") % {"labels": len(expect), "events": len(hits)})
    accept, never = (frozenset(_verdicts(row.get(key) or [], key)) for key in ("accept", "never"))
    return Scenario(str(row.get("id") or name), str(row.get("cls") or ""), _copy(mail), hits, expect, accept, never)


def _score(scenario: Scenario, verdicts: list[str]) -> Score:
    if scenario.never.intersection(verdicts):
        return Score.NEVER
    if not scenario.expect:
        return Score.UNLABELLED
    if verdicts == scenario.expect:
        return Score.EXACT
    pairs = zip(verdicts, scenario.expect, strict=True)
    return Score.ACCEPTED if all(got == wanted or got in scenario.accept for got, wanted in pairs) else Score.WRONG


def _copy(mail: Mapping[str, Any]) -> CopyFacts:
    state, tracking = _word(mail.get("state")), _word(mail.get("tracking", "on")) or "on"
    dispatched_at = DISPATCHED_AT if mail.get("dispatch_known", True) else None
    return CopyFacts(dispatched_at, is_tracked=tracking in TRACKED, is_draft=state in UNSENT, is_returned=state in RETURNED)


def _is_to_us(mail: Mapping[str, Any], own_domains: frozenset[str]) -> bool:
    """Whether the recipient is of the sender's own side, by the domain or by what else the row tells of the sender."""
    domain = str(mail.get("recipient_domain") or "").lower()
    named = [value for key, value in mail.items() if OUR_KEYS.match(key)]
    ours = [
        one.lower().rpartition("@")[2] for value in named for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)
    ]
    name, _dot, top = domain.partition(".")
    is_by_name = top == "test" and any(map(OUR_NAME.match, name.split("-")))
    return bool(domain) and (domain in own_domains or domain in ours or is_by_name)


def _hit(event: Mapping[str, Any], own_networks: tuple[str, ...], links: dict[str, int]) -> HitFacts:
    """One event; `links` numbers the scenario's links, whatever they are called."""
    kind = KINDS.get(_word(event.get("kind")))
    if kind is None:
        raise Broken(_("“kind” of an event is neither “open” nor “click”"))
    address = str(event.get("ip") or "")
    headers = _object(event.get("headers") or {}, "headers")
    return HitFacts(
        at=DISPATCHED_AT + _number(event, "t"),
        kind=kind,
        method=str(event.get("method") or "GET").upper(),
        user_agent=str(event.get("ua") or ""),
        address=address,
        headers={str(name): str(value) for name, value in headers.items()},
        link=links.setdefault(str(event["link"]), len(links)) if event.get("link") is not None else None,
        viewer=VIEWERS.get(_word(event.get("session_user")), Viewer.COLLEAGUE),
        is_own_network=is_in(read_address(address), own_networks),
        hint_age=_number(event, "self_hint_age_s") if event.get("self_hint_age_s") is not None else None,
        other_recipients=int(_number(event, "source_other_messages_60s")) if event.get("source_other_messages_60s") else 0,
        asn=_asn(event),
        network=_network(event.get("net")),
    )


def _word(value: Any) -> str:
    """A word of a row for looking it up: "Opted out" and "opted-out" are "opted_out", nothing is ""."""
    return "" if value is None else re.sub(r"[^a-z0-9]+", "_", str(value).lower()).strip("_")


def _network(label: Any) -> str | None:
    word = _word(label)
    if not word or word in set(Network):
        return word or None
    return next((network for pattern, network in NETWORKS if re.search(pattern, word)), None)


def _asn(event: Mapping[str, Any]) -> int | None:
    """The number of 8075, "8075" or "AS8075"."""
    asn = event.get("asn")
    if isinstance(asn, str):
        digits = asn.strip().upper().removeprefix("AS")
        return int(digits) if digits.isascii() and digits.isdigit() else None
    return None if asn is None else int(_number(event, "asn"))


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError as error:
        raise Broken(_("no JSON: %s") % error) from error


def _object(value: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Broken(_("%s is not an object") % name)
    return value


def _number(event: Mapping[str, Any], key: str) -> float:
    value = event.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e12:
        raise Broken(_("“%s” of an event is not a number") % key)
    return float(value)


def _networks(names: Iterable[Any]) -> tuple[str, ...]:
    try:
        return tuple(str(ip_network(name, strict=False)) for name in names)
    except (ValueError, TypeError) as error:
        raise Broken(_("“own_nets”: %s") % error) from error


def _verdicts(names: Any, key: str) -> list[str]:
    if not isinstance(names, list) or not set(map(str, names)) <= set(Verdict):
        raise Broken(_("“%(key)s” is not a list of verdicts: %(verdicts)s") % {"key": key, "verdicts": ", ".join(Verdict)})
    return names
