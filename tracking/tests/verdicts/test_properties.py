"""What holds for any hits whatever."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from tracking.tests.verdicts import agents as a
from tracking.verdicts import COUNTING, REASONS, CopyFacts, HitFacts, Viewer, judge, judge_together

SENT_AT = 1_800_000_000.0
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
    a.OFFICE,
    a.PROBE,
    "",
    "Odd/1",
)
PLACES = (
    a.SOMEWHERE,
    a.ELSEWHERE,
    a.AT_GOOGLE,
    a.AT_APPLE,
    a.AT_MICROSOFT,
    a.AT_MICROSOFT_FILTER,
    a.AT_PROOFPOINT,
    a.AT_YAHOO,
    "10.0.0.1",
    "2a02:8109::1",
    "",
)
HEADERS: tuple[dict[str, str], ...] = ({}, {}, {}, {"Sec-Purpose": "prefetch"}, {"Accept": "image/*"})
hits = st.builds(
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
crowds = st.lists(hits, min_size=1, max_size=8)
copies = st.builds(
    CopyFacts, st.sampled_from([SENT_AT, SENT_AT, None]), is_returned=st.sampled_from([False, False, True]), is_local=st.booleans()
)
quick = settings(max_examples=150, deadline=None)


def more_like_a_machine(hit: HitFacts, signal: int) -> HitFacts:
    """The hit with one more sign of a machine."""
    changes = [{"method": "HEAD"}, {"user_agent": a.ROBOTS[0]}, {"network": "barracuda"}, {"other_recipients": 5}]
    return hit._replace(**changes[signal])  # type: ignore[arg-type]


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
    crowd = list({(hit.at, hit.method == "GET"): hit for hit in crowd}.values())  # two at one moment have no order
    order = list(range(len(crowd)))
    chance.shuffle(order)
    shuffled = judge_together([crowd[place] for place in order], copy)

    assert [shuffled[order.index(place)] for place in range(len(crowd))] == judge_together(crowd, copy)


@quick
@given(hits, copies, st.integers(0, 3))
def test_one_more_sign_of_a_machine_never_makes_a_hit_more_human(hit, copy, signal):
    before, after = judge(hit, copy).verdict, judge(more_like_a_machine(hit, signal), copy).verdict
    if {before, after} <= set(TOWARDS_MACHINES):
        assert TOWARDS_MACHINES[after] >= TOWARDS_MACHINES[before]


@quick
@given(crowds, copies, st.integers(0, 3), st.data())
def test_a_sign_of_a_machine_on_one_hit_makes_none_of_the_others_more_human(crowd, copy, signal, data):
    place = data.draw(st.integers(0, len(crowd) - 1))
    changed = [more_like_a_machine(hit, signal) if place == number else hit for number, hit in enumerate(crowd)]
    for before, after in zip(judge_together(crowd, copy), judge_together(changed, copy), strict=True):
        if {before.verdict, after.verdict} <= set(TOWARDS_MACHINES):
            assert TOWARDS_MACHINES[after.verdict] >= TOWARDS_MACHINES[before.verdict]


@quick
@given(hits)
def test_without_a_clock_speed_makes_nobody_a_machine(hit):
    """What is a machine without a clock is one at any later time, too: it is so by what it is."""
    if judge(hit, CopyFacts(None)).verdict == "machine":
        assert judge(hit._replace(at=SENT_AT + 1e6), CopyFacts(SENT_AT)).verdict == "machine"


@quick
@given(crowds, st.floats(301, 5000), st.integers(0, 3))
def test_a_burst_never_harms_a_click_of_another_source_more_than_five_minutes_later(crowd, later, first):
    burst = [HitFacts(SENT_AT + 4000 + n / 10, "click", "GET", a.FIREFOX, "198.18.0.7", {}, n) for n in range(3)]
    person = HitFacts(SENT_AT + 4000.2 + later, "click", "GET", a.SAFARI, "198.18.0.8", {}, first)
    judgements = judge_together([*crowd, *burst, person], CopyFacts(SENT_AT))

    assert [judgement.verdict for judgement in judgements[-4:]] == ["machine"] * 3 + ["human"]


@quick
@given(hits, copies, st.sampled_from([Viewer.OWNER, Viewer.COLLEAGUE]))
def test_a_signed_in_browser_of_the_team_never_counts(hit, copy, viewer):
    assert judge(hit._replace(viewer=viewer), copy).verdict in ("self", "none")
