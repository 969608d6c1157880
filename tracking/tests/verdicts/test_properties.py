"""What holds for any hits whatever: of one hit alone by trying all there are, of several by chance."""

import random
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracking.tests.verdicts import agents as a
from tracking.verdicts import COUNTING, REASONS, CopyFacts, HitFacts, Judgement, Viewer, judge, judge_together, single

SENT_AT = 1_800_000_000.0
LATE = 1e6  # seconds after which no rule about speed says anything
TOWARDS_MACHINES = {"human": 0, "proxy_with_human": 0, "unknown": 1, "machine": 2}
NAMES = (
    *a.BROWSERS,
    *a.MAIL_APPS,
    *a.ROBOTS[:5],
    a.GMAIL,
    a.GMAIL_PREFETCH,
    a.YAHOO,
    a.BARE,
    a.BARE_WEBKIT,
    a.OLD_EXPLORER,
    a.OLD_CHROME,
    a.OFFICE,
    a.PROBE,
    "",
    "Odd/1",
)
PLACES = (
    a.SOMEWHERE,
    a.ELSEWHERE,
    a.AT_GOOGLE,
    a.AT_GOOGLE_CRAWLER,
    a.AT_APPLE,
    a.AT_MICROSOFT,
    a.AT_MICROSOFT_FILTER,
    a.AT_PROOFPOINT,
    a.AT_BARRACUDA,
    a.AT_YAHOO,
    a.AT_MAIL_RU,
    "10.0.0.1",
    "2a02:8109::1",
    "",
)
AGES = (-61, -60, -1, 0, 2.9, 3, 4.9, 5, 9.9, 10, 15, 16, 30, 31, 60, 61, 600, 601, LATE)
HEADERS: tuple[dict[str, str], ...] = ({}, {}, {}, {"Sec-Purpose": "prefetch"}, {"Accept": "image/*"})
SIGNS: tuple[dict[str, Any], ...] = (
    *({"method": method} for method in ("HEAD", "OPTIONS", "POST")),
    *({"headers": {name: "prefetch"}} for name in ("Sec-Purpose", "Purpose", "X-Moz")),
    *({"headers": {name: "preview"}} for name in ("Purpose", "X-Purpose")),
    *({"user_agent": robot} for robot in (a.ROBOTS[0], a.HEADLESS, a.PHONE_PREVIEW)),
    *({"network": network} for network in ("barracuda", "google_crawler", "microsoft_filter", "proofpoint")),
    {"other_recipients": 5},
)
# To these names a network of their namesakes is a sign of something else: that Gmail's is Outlook's, that Gmail's is Gmail's
NAMES_BY_NETWORK = {(a.GMAIL_PREFETCH, "microsoft_filter"), (a.GMAIL, "google_crawler")}
FOR_ALL = [
    {"method": "HEAD"},
    {"user_agent": a.ROBOTS[0]},
    {"network": "barracuda"},
    {"other_recipients": 5},
]  # may say something of other hits

facts = st.builds(
    HitFacts,
    at=st.floats(-120, 4000).map(lambda after: SENT_AT + round(after, 1)),
    kind=st.sampled_from(["open", "click"]),
    method=st.sampled_from(["GET", "GET", "GET", "HEAD", "OPTIONS"]),
    user_agent=st.sampled_from(NAMES),
    address=st.sampled_from(PLACES),
    headers=st.sampled_from(HEADERS),
    link=st.integers(1, 3),
    viewer=st.sampled_from([Viewer.NOBODY, Viewer.NOBODY, Viewer.NOBODY, *Viewer]),
    is_own_network=st.sampled_from([False, False, True]),
    hint_age=st.sampled_from([None, None, 2.0]),
    other_recipients=st.sampled_from([0, 0, 0, 5]),
)
# As they come in life: a few sources, and several hits within moments
close = st.builds(
    HitFacts,
    at=st.builds(
        lambda begin, after: SENT_AT + begin + after, st.sampled_from([40, 700, 1040]), st.sampled_from([0, 0.5, 1.5, 8, 40, 250])
    ),
    kind=st.sampled_from(["open", "click", "click"]),
    method=st.sampled_from(["GET", "GET", "GET", "HEAD"]),
    user_agent=st.sampled_from([a.CHROME, a.CHROME, a.SAFARI, a.OUTLOOK, a.GMAIL, a.PROBE, a.BARE]),
    address=st.sampled_from([a.SOMEWHERE, a.SOMEWHERE, a.ELSEWHERE, a.AT_GOOGLE, a.AT_MICROSOFT]),
    link=st.integers(1, 3),
)
crowds = st.one_of(st.lists(facts, min_size=1, max_size=8), st.lists(close, min_size=2, max_size=8))
copies = st.builds(
    CopyFacts, st.sampled_from([SENT_AT, SENT_AT, None]), is_returned=st.sampled_from([False, False, True]), is_local=st.booleans()
)
quick = settings(max_examples=200, deadline=None)


def all_hits(*ages: float) -> Iterator[HitFacts]:
    """One of every sort."""
    for kind, name, place, age in product(("open", "click"), NAMES, PLACES, ages):
        yield HitFacts(SENT_AT + age, kind, "GET", name, place)


def is_more_human(after: Judgement, before: Judgement) -> bool:
    """Whether a verdict has moved towards a person; one's own hits and those that are not kept are neither."""
    if {before.verdict, after.verdict} <= set(TOWARDS_MACHINES):
        return TOWARDS_MACHINES[after.verdict] < TOWARDS_MACHINES[before.verdict]
    return False


def test_what_is_remembered_of_hits_alike_is_what_the_rules_say_of_each():
    """Ages are put together that no rule may tell apart: on either side of every moment that rules compare with, and between."""
    for name, place, kind in product(NAMES, PLACES, ("open", "click")):
        for moment, aside in product(single.MOMENTS, (-0.4, -1e-6, 0, 1e-6, 0.4)):
            hit = HitFacts(SENT_AT + moment + aside, kind, user_agent=name, address=place)
            copy = CopyFacts(SENT_AT)
            case = single._case(hit, copy)
            found = next(filter(None, (rule(case) for rule in single.RULES)))
            assert judge(hit, copy)[:2] == (found[0], found[1:]), (name, place, kind, moment + aside)


@quick
@given(crowds, copies)
def test_every_verdict_has_reasons_that_there_are_words_for(crowd, copy):
    for judgement in judge_together(crowd, copy):
        assert judgement.reasons
        assert set(judgement.reasons) <= set(REASONS)
        assert not judgement.counts or judgement.verdict in COUNTING  # what is no person's never counts, hence never rings


@quick
@given(crowds, copies, st.randoms(use_true_random=False))
def test_the_rules_say_the_same_again_in_whatever_order_hits_are_told(crowd, copy, chance: random.Random):
    shuffled = chance.sample(crowd, len(crowd))

    def told(hits: list[HitFacts]) -> list[str]:
        return sorted(f"{hit} {judgement}" for hit, judgement in zip(hits, judge_together(hits, copy), strict=True))

    assert told(crowd) == told(crowd) == told(shuffled)


@pytest.mark.parametrize("copy", [CopyFacts(SENT_AT), CopyFacts()], ids=["sent", "no clock"])
def test_one_more_sign_of_a_machine_never_makes_a_hit_more_human(copy):
    for hit in all_hits(*AGES if copy.dispatched_at else (0,)):
        before = judge(hit, copy)
        for sign in SIGNS:
            after = judge(hit._replace(**sign), copy)
            if (hit.user_agent, sign.get("network")) not in NAMES_BY_NETWORK:
                assert not is_more_human(after, before), (hit, sign, before, after)


def test_signs_that_settle_it_do():
    """Of a person's browser long after sending, which nothing else speaks against."""
    hit = HitFacts(SENT_AT + LATE, "click", "GET", a.CHROME, a.SOMEWHERE)
    assert judge(hit, CopyFacts(SENT_AT)).verdict == "human"
    for sign in SIGNS:
        assert judge(hit._replace(**sign), CopyFacts(SENT_AT)).verdict == ("human" if sign.get("network") == "proofpoint" else "machine"), (
            sign
        )


@quick
@given(crowds, copies, st.sampled_from(FOR_ALL), st.data())
def test_a_sign_of_a_machine_on_one_hit_makes_none_of_the_others_more_human(crowd, copy, sign, data):
    place = data.draw(st.integers(0, len(crowd) - 1))
    if "user_agent" in sign and crowd[place].address == "10.0.0.1":
        return  # where the name is part of the source, another name is another source
    changed = [hit._replace(**sign) if place == number else hit for number, hit in enumerate(crowd)]
    for before, after in zip(judge_together(crowd, copy), judge_together(changed, copy), strict=True):
        assert not is_more_human(after, before)


@quick
@given(crowds, copies, st.one_of(facts, close))
def test_one_more_hit_makes_none_of_the_others_more_human(crowd, copy, more):
    for before, after in zip(judge_together(crowd, copy), judge_together([*crowd, more], copy), strict=False):
        assert not is_more_human(after, before)


def test_without_a_clock_speed_makes_nobody_a_machine():
    """What is a machine without a clock is one at any later time, too: it is so by what it is."""
    for hit in all_hits(LATE):
        if judge(hit, CopyFacts()).verdict == "machine":
            assert judge(hit, CopyFacts(SENT_AT)).verdict == "machine", hit


@quick
@given(crowds)
def test_without_a_clock_several_hits_are_machines_only_by_what_they_do_to_each_other(crowd):
    late = [hit._replace(at=hit.at + LATE) for hit in crowd]
    for without, known in zip(judge_together(late, CopyFacts()), judge_together(late, CopyFacts(SENT_AT)), strict=True):
        assert without.verdict != "machine" or known.verdict == "machine"


@quick
@given(crowds, st.floats(301, 5000), st.integers(0, 3))
def test_a_burst_never_harms_a_click_of_another_source_more_than_five_minutes_later(crowd, later, first):
    burst = [HitFacts(SENT_AT + 4000 + n / 10, "click", "GET", a.FIREFOX, "198.18.0.7", {}, n) for n in range(3)]
    person = HitFacts(SENT_AT + 4000.2 + later, "click", "GET", a.SAFARI, "198.18.0.8", {}, first)
    judgements = judge_together([*crowd, *burst, person], CopyFacts(SENT_AT))

    assert [judgement.verdict for judgement in judgements[-4:]] == ["machine"] * 3 + ["human"]


def test_a_signed_in_browser_of_the_team_never_counts():
    for hit, viewer in product(all_hits(-61, 2, LATE), (Viewer.OWNER, Viewer.COLLEAGUE)):
        for copy in (CopyFacts(SENT_AT), CopyFacts()):
            assert judge(hit._replace(viewer=viewer), copy).verdict == "self"
