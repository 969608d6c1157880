"""Labelled requests, a scenario a line of JSON, judged anew: how good the rules are, on anybody's logs.

docs/verdicts.md describes the format.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from ipaddress import ip_network
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from crm.lib.networks import is_in, read_address
from tracking.verdicts import CopyFacts, HitFacts, Judgement, Verdict, Viewer, judge_together

DISPATCHED_AT = 1_700_000_000.0  # rows tell times from dispatch; any moment does
OUR_DOMAINS = ("own.test", "ours.test", "sender.test", "firma.test", "candor.test")  # of the sender's side, in rows that name no other
KINDS = ("open", "click")
TRACKED, UNTRACKED = ("on",), ("off", "withdrawn", "refused")
SENT, UNSENT, RETURNED = ("sent", "delivered"), ("draft", "preview", "test", "queued"), ("returned", "bounced")
VIEWERS = {None: Viewer.NOBODY, "": Viewer.NOBODY, "sender": Viewer.OWNER, "owner": Viewer.OWNER, "recipient": Viewer.RECIPIENT}


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
    is_ours = str(mail.get("recipient_domain", "")).lower() in own_domains | {str(mail.get("sender_domain", "")).lower()} - {""}
    networks = () if is_ours else _networks(mail.get("own_nets") or ())
    hits = [_hit(_object(event, "events"), networks) for event in events]
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
    state = mail.get("state", "sent")
    if state not in SENT + UNSENT + RETURNED:
        raise Broken(_("“state” is none of %s") % ", ".join(SENT + UNSENT + RETURNED))
    tracking = mail.get("tracking", "on")
    if tracking not in TRACKED + UNTRACKED:
        raise Broken(_("“tracking” is none of %s") % ", ".join(TRACKED + UNTRACKED))
    dispatched_at = DISPATCHED_AT if mail.get("dispatch_known", True) else None
    return CopyFacts(dispatched_at, is_tracked=tracking in TRACKED, is_draft=state in UNSENT, is_returned=state in RETURNED)


def _hit(event: Mapping[str, Any], own_networks: tuple[str, ...]) -> HitFacts:
    if event.get("kind") not in KINDS:
        raise Broken(_("“kind” of an event is neither “open” nor “click”"))
    address = str(event.get("ip") or "")
    headers = _object(event.get("headers") or {}, "headers")
    return HitFacts(
        at=DISPATCHED_AT + _number(event, "t"),
        kind=event["kind"],
        method=str(event.get("method") or "GET"),
        user_agent=str(event.get("ua") or ""),
        address=address,
        headers={str(name): str(value) for name, value in headers.items()},
        link=int(_number(event, "link")) if event.get("link") is not None else None,
        viewer=VIEWERS.get(event.get("session_user"), Viewer.COLLEAGUE),
        is_own_network=is_in(read_address(address), own_networks),
        hint_age=_number(event, "self_hint_age_s") if event.get("self_hint_age_s") is not None else None,
        other_recipients=int(_number(event, "source_other_messages_60s")) if event.get("source_other_messages_60s") else 0,
        asn=int(_number(event, "asn")) if event.get("asn") is not None else None,
        network=str(event["net"]) if event.get("net") else None,
    )


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
        return tuple(str(ip_network(name)) for name in names)
    except (ValueError, TypeError) as error:
        raise Broken(_("“own_nets”: %s") % error) from error


def _verdicts(names: Any, key: str) -> list[str]:
    if not isinstance(names, list) or not set(map(str, names)) <= set(Verdict):
        raise Broken(_("“%(key)s” is not a list of verdicts: %(verdicts)s") % {"key": key, "verdicts": ", ".join(Verdict)})
    return names
