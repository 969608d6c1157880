"""Several hits of one copy, and what they say about each other."""

from tracking.tests.verdicts import agents as a
from tracking.verdicts import CopyFacts, HitFacts, Viewer, judge_together

SENT_AT = 1_800_000_000.0
COPY = CopyFacts(dispatched_at=SENT_AT)


def opened(after: float, user_agent: str = a.CHROME, address: str = a.SOMEWHERE, **facts: object) -> HitFacts:
    return HitFacts(at=SENT_AT + after, kind="open", user_agent=user_agent, address=address, **facts)  # type: ignore[arg-type]


def clicked(after: float, link: int = 1, user_agent: str = a.CHROME, address: str = a.SOMEWHERE, **facts: object) -> HitFacts:
    return HitFacts(at=SENT_AT + after, kind="click", link=link, user_agent=user_agent, address=address, **facts)  # type: ignore[arg-type]


def verdicts(*hits: HitFacts) -> list[str]:
    return [judgement.verdict.value for judgement in judge_together(hits, COPY)]


def first_reasons(*hits: HitFacts) -> list[str]:
    return [judgement.reasons[0] for judgement in judge_together(hits, COPY)]


def test_following_several_links_at_once_is_a_machines_whatever_its_names_and_addresses():
    sweep = [clicked(3600 + n / 250, n, (a.CHROME, a.FIREFOX, a.EDGE)[n % 3], f"198.51.{n}.9") for n in range(4)]

    assert verdicts(*sweep) == ["machine"] * 4
    assert first_reasons(*sweep) == ["burst"] * 4


def test_two_links_within_a_second_are_a_burst_and_two_within_two_are_a_person():
    assert verdicts(clicked(150, 1), clicked(151, 2, address=a.ELSEWHERE)) == ["machine", "machine"]
    assert verdicts(clicked(150, 1), clicked(151.1, 2)) == ["human", "human"]
    assert verdicts(clicked(150, 1), clicked(151.01, 2)) == ["human", "human"]
    assert verdicts(clicked(150, 1), clicked(151, 2), clicked(152, 3)) == ["machine"] * 3
    assert verdicts(clicked(150, 1), clicked(151.1, 2), clicked(152.3, 3)) == ["human"] * 3


def test_three_links_within_two_seconds_are_a_burst_from_wherever():
    first, last = clicked(150, 1, address=a.ELSEWHERE), clicked(151.4, 2)

    assert verdicts(first, last, clicked(152, 3)) == ["machine"] * 3
    assert verdicts(first, last, clicked(152.1, 3)) == ["human", "machine", "machine"]


def test_following_one_link_twice_at_once_is_a_person_with_a_quick_finger():
    assert verdicts(clicked(900, 1), clicked(900.3, 1)) == ["human", "human"]


def test_what_the_source_of_a_burst_did_around_it_belongs_to_it():
    burst = [clicked(400, 1), clicked(400.1, 2)]
    around = [opened(100), clicked(200, 1), opened(700), opened(99), opened(701), opened(400, address=a.ELSEWHERE)]

    assert verdicts(*burst, *around) == ["machine", "machine", "machine", "machine", "machine", "human", "human", "human"]
    assert first_reasons(*burst, *around)[2:5] == ["same_source_as_burst"] * 3


def test_a_mail_program_at_the_address_of_a_burst_may_be_a_colleague_of_the_filter():
    assert verdicts(clicked(400, 1), clicked(400.1, 2), opened(500, a.OUTLOOK)) == ["machine", "machine", "unknown"]
    assert verdicts(clicked(400, 1), clicked(400.1, 2), opened(500, a.OUTLOOK, method="HEAD")) == ["machine", "machine", "machine"]
    assert verdicts(clicked(400, 1), clicked(400.1, 2), clicked(500, 1, a.OUTLOOK)) == ["machine", "machine", "machine"]


def test_hits_of_which_no_address_is_known_have_no_source_in_common():
    burst = [clicked(400, 1, address=""), clicked(400.1, 2, address="")]

    assert verdicts(*burst, opened(420, address=""), clicked(430, 1, address="")) == ["machine", "machine", "human", "human"]
    assert verdicts(clicked(400, method="HEAD", address=""), clicked(400.5, address="")) == ["machine", "human"]


def test_a_burst_does_not_harm_gmails_proxy_nor_other_sources():
    burst = [clicked(400, 1, address=a.AT_GOOGLE), clicked(400.1, 2, address=a.AT_GOOGLE)]

    assert verdicts(*burst, opened(405, a.GMAIL, a.AT_GOOGLE), clicked(440, 1, a.SAFARI, a.ELSEWHERE))[2:] == ["proxy_with_human", "human"]


def test_neighbours_in_one_ipv6_network_are_one_source_and_those_behind_a_private_address_are_not():
    burst = [clicked(400, 1, address="2a02:8109::1"), clicked(400.1, 2, address="2a02:8109::2")]
    assert verdicts(*burst, opened(500, address="2a02:8109::3"), opened(500, a.FIREFOX, "2a02:8109:1::3"))[2:] == ["machine", "human"]

    inside = [clicked(400, 1, address="10.0.0.1"), clicked(400.1, 2, address="10.0.0.1")]
    assert verdicts(*inside, opened(500, address="10.0.0.1"), opened(500, a.FIREFOX, "10.0.0.1"))[2:] == ["machine", "human"]


def test_asking_first_and_taking_then_is_a_checkers_way():
    assert verdicts(clicked(900, method="HEAD"), clicked(900.8)) == ["machine", "machine"]
    assert verdicts(clicked(900, method="HEAD"), clicked(901)) == ["machine", "machine"]
    assert verdicts(clicked(900), clicked(900, method="HEAD")) == ["machine", "machine"]
    assert verdicts(clicked(900, method="HEAD"), clicked(901.1)) == ["machine", "human"]
    assert verdicts(clicked(900, method="HEAD"), clicked(900.8, address=a.ELSEWHERE)) == ["machine", "human"]
    assert verdicts(opened(900, address=a.AT_GOOGLE, method="HEAD"), opened(900.2, a.GMAIL, a.AT_GOOGLE)) == ["machine", "proxy_with_human"]


def test_a_persons_own_program_may_look_before_the_person_does():
    probe = clicked(400, user_agent=a.PROBE, method="HEAD")
    prefetch = clicked(800, headers={"Sec-Purpose": "prefetch"})

    assert verdicts(probe, clicked(400.5, user_agent=a.EDGE)) == ["machine", "human"]
    assert verdicts(opened(380, a.OUTLOOK), probe, clicked(400.5, user_agent=a.EDGE)) == ["human", "machine", "human"]
    assert verdicts(prefetch, clicked(800.4, 2), opened(790)) == ["machine", "human", "human"]


def test_the_telephone_that_passes_a_link_on_is_still_a_persons():
    for preview in (a.PHONE_PREVIEW, "WhatsApp/2.23.20.0 A"):
        assert verdicts(opened(2480, a.SAFARI), clicked(2490, 1, a.SAFARI), clicked(2500, 1, preview)) == ["human", "human", "machine"]
    assert verdicts(opened(2480, a.SAFARI), clicked(2500, 1, "Slackbot 1.0 (+https://api.slack.com/robots)")) == ["unknown", "machine"]


def test_a_check_beside_a_click_is_the_filters_and_the_click_the_persons():
    check, click = clicked(3600, address=a.AT_MICROSOFT), clicked(3600.4, user_agent=a.EDGE, address=a.ELSEWHERE)

    assert verdicts(check, click) == ["machine", "human"]
    assert verdicts(click, check) == ["human", "machine"]
    assert first_reasons(check, click) == ["checked_while_clicked", "browser"]
    assert verdicts(check, clicked(3610, address=a.ELSEWHERE)) == ["machine", "human"]
    assert verdicts(check, clicked(3590, address=a.ELSEWHERE)) == ["machine", "human"]
    assert verdicts(check, clicked(3611, address=a.ELSEWHERE)) == ["unknown", "human"]
    assert verdicts(check, clicked(3602, 2, address=a.ELSEWHERE)) == ["unknown", "human"]
    assert verdicts(check, clicked(3602, address=a.ELSEWHERE, viewer=Viewer.OWNER)) == ["unknown", "self"]


def test_an_opening_by_the_source_of_a_machines_click_is_not_certain():
    click = clicked(500, address=a.AT_MICROSOFT)

    assert verdicts(click, opened(470, address=a.AT_MICROSOFT), opened(561, a.FIREFOX, a.AT_MICROSOFT)) == ["machine", "unknown", "human"]
    assert verdicts(click, opened(440, address=a.AT_MICROSOFT), opened(560, address=a.AT_MICROSOFT)) == ["machine", "unknown", "unknown"]
    assert verdicts(click, opened(439, address=a.AT_MICROSOFT)) == ["machine", "human"]
    assert verdicts(clicked(500, method="HEAD"), opened(490)) == ["machine", "unknown"]


def test_a_reading_counts_once_and_another_program_or_a_later_look_counts_again():
    hits = [opened(600, a.GMAIL, "66.249.84.12"), opened(660, a.GMAIL, "66.249.93.9"), opened(960, a.GMAIL, "66.249.84.12")]
    hits += [
        opened(1261, a.GMAIL, "66.249.84.12"),
        opened(670, a.SAFARI),
        opened(671, a.SAFARI),
        clicked(672, 1, a.SAFARI),
        clicked(690, 2, a.SAFARI),
    ]
    judgements = judge_together(hits, COPY)

    assert [judgement.counts for judgement in judgements] == [True, False, False, True, True, False, True, True]
    assert judgements[1].reasons == ("proxy", "repeat")
    assert [judgement.counts for judgement in judge_together([opened(600, a.FIREFOX), opened(610, a.SAFARI)], COPY)] == [True, True]
    assert [judgement.reasons for judgement in judge_together([opened(600, a.BARE), opened(610, a.BARE)], COPY)] == [("bare_name",)] * 2


def test_of_two_hits_at_one_moment_the_same_one_counts_whichever_is_told_first():
    one, other = opened(600, a.FIREFOX), opened(600, a.FIREFOX, a.ELSEWHERE)
    forth, back = judge_together([one, other], COPY), judge_together([other, one], COPY)

    assert [judgement.counts for judgement in forth] == [judgement.counts for judgement in reversed(back)]
    assert sum(judgement.counts for judgement in forth) == 1


def test_ones_own_hits_stay_ones_own_and_are_no_part_of_a_burst():
    mine = clicked(900, 1, viewer=Viewer.OWNER)

    assert verdicts(mine, clicked(900.5, 2, address=a.ELSEWHERE)) == ["self", "human"]
    assert verdicts(clicked(900, 1), clicked(900.1, 2), clicked(901, 1, viewer=Viewer.OWNER)) == ["machine", "machine", "self"]


def test_what_spoke_against_a_person_before_stays_a_reason():
    assert [judgement.reasons for judgement in judge_together([clicked(900, 1), clicked(900.1, 2)], COPY)] == [("burst",)] * 2
    judgements = judge_together([opened(9), clicked(12, 1), clicked(12.1, 2)], COPY)

    assert [judgement.reasons for judgement in judgements] == [
        ("same_source_as_burst", "browser_early"),
        ("burst", "browser_early"),
        ("burst", "browser_early"),
    ]
