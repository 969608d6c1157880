"""Labelled requests from a file."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from tracking.tests.verdicts import agents as a

OPENED = {"t": 900, "kind": "open", "ua": a.THUNDERBIRD, "ip": a.SOMEWHERE}
CLICKED = {"t": 2, "kind": "click", "ua": a.CHROME, "ip": a.SOMEWHERE, "link": 1}


def replayed(tmp_path, *rows: object, flags: tuple[str, ...] = ()) -> tuple[int, str, str]:
    """Exit code, standard output and error."""
    file, out, err = tmp_path / "rows.jsonl", io.StringIO(), io.StringIO()
    file.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows))
    try:
        call_command("verdicts", file, *flags, stdout=out, stderr=err)
    except SystemExit as stopped:
        return int(stopped.code or 0), out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


def test_rows_are_compared_with_their_labels_and_what_differs_is_explained(tmp_path):
    code, out, err = replayed(
        tmp_path,
        {"id": "A", "cls": "people", "events": [OPENED], "expect": ["human"]},
        {"id": "B", "cls": "speed", "events": [CLICKED], "expect": ["unknown"], "accept": ["machine"]},
        {"id": "C", "cls": "speed", "events": [OPENED, CLICKED], "expect": ["human", "human"]},
    )

    assert (code, err) == (0, "")
    assert "A people" not in out
    assert "B speed accepted\n  1. machine, expected unknown: Nobody follows a link within seconds of sending" in out
    assert "C speed wrong\n  1. human: A mail program as people use it\n  2. machine, expected human: Nobody" in out
    assert "exact 1  accepted 1  wrong 1  never 0  of 3: 33.3 % exact" in out


def test_what_must_never_come_out_fails(tmp_path):
    code, out, _err = replayed(tmp_path, {"events": [OPENED], "expect": ["unknown"], "accept": ["human"], "never": ["human"]})

    assert code == 1
    assert "never 1" in out


@pytest.mark.parametrize(
    ("mail", "event", "verdict"),
    [
        ({"tracking": "withdrawn"}, {}, "none"),
        ({"state": "draft"}, {}, "self"),
        ({"dispatch_known": False}, {"ua": a.CHROME}, "unknown"),
        ({"own_nets": ["198.51.100.0/24"], "recipient_domain": "client.test"}, {}, "self"),
        ({"own_nets": ["198.51.100.0/24"], "recipient_domain": "ours.test"}, {}, "human"),
        ({"own_nets": ["198.51.100.0/24"], "recipient_domain": "shop.test", "sender_domain": "shop.test"}, {}, "human"),
        ({}, {"session_user": "sender"}, "self"),
        ({}, {"session_user": "marta"}, "self"),
        ({}, {"session_user": "recipient"}, "human"),
        ({}, {"self_hint_age_s": 2}, "self"),
        ({}, {"ua": a.CHROME, "kind": "click", "source_other_messages_60s": 6}, "machine"),
        ({}, {"ua": a.CHROME, "headers": {"Sec-Purpose": "prefetch"}}, "machine"),
        ({}, {"ua": a.CHROME, "kind": "click", "t": 40, "asn": 22843}, "machine"),
        ({}, {"ua": a.BARE, "net": "apple_egress"}, "unknown"),
        # others' words for the same
        *(({"tracking": word}, {}, "none") for word in ("off", "no consent", "opted-out", "paused", False)),
        *(({"tracking": word}, {}, "human") for word in ("on", "Enabled", True, None)),
        *(({"state": word}, {}, "self") for word in ("preview", "scheduled", "bounced", "failed")),
        *(({"state": word}, {}, "human") for word in ("delivered", "replied", "opened", None)),
        *(({}, {"session_user": word}, "self") for word in ("owner", "me", "colleague", "team mate")),
        *(({}, {"session_user": word}, "human") for word in ("anonymous", "outsider", None)),
        *(({}, {"ua": a.GMAIL, "net": word}, "proxy_with_human") for word in ("Gmail", "google-proxy", "google_special_crawler")),
        *(({}, {"ua": a.CHROME, "net": word}, "machine") for word in ("EOP", "M365 filter", "barracuda-egd", "google special crawlers")),
        *(({}, {"ua": a.CHROME, "kind": "click", "net": word}, "unknown") for word in ("azure", "Microsoft cloud", "defender")),
        *(({}, {"ua": a.CHROME, "net": word}, "human") for word in ("azure", "google_cloud", "residential", "cisco_secure_email")),
        *(({}, {"ua": a.CHROME, "kind": "click", "t": 40, "asn": word}, "machine") for word in ("AS22843", "30031")),
        *(({}, {"ua": a.CHROME, "kind": "click", "t": 40, "asn": word}, "human") for word in ("", "AS?")),
        ({}, {"kind": "Pixel", "method": "get"}, "human"),
        ({}, {"kind": "click", "method": "head"}, "machine"),
        ({"own_nets": ["198.51.100.9/24"], "recipient_domain": "client.test"}, {}, "self"),
        ({"own_nets": ["198.51.100.0/24"], "recipient_domain": "our-company.test"}, {}, "human"),
        ({"own_nets": ["198.51.100.0/24"], "recipient_domain": "our-company.example"}, {}, "self"),
        ({"own_nets": ["198.51.100.0/24"], "recipient_domain": "shop.example", "own_domains": ["shop.example"]}, {}, "human"),
        ({"own_nets": ["198.51.100.0/24"], "recipient_domain": "shop.example", "sender": "bob@Shop.example"}, {}, "human"),
        ({"own_nets": ["198.51.100.0/24"], "recipient_domain": "shop.example", "recipient": "ann@shop.example"}, {}, "self"),
        ({"own_nets": ["198.51.100.0/24"]}, {}, "self"),
    ],
)
def test_everything_that_a_row_says_is_heard(tmp_path, mail, event, verdict):
    code, out, _err = replayed(tmp_path, {"mail": mail, "events": [OPENED | event], "expect": [verdict]}, flags=("--all",))

    assert code == 0
    assert f"1. {verdict}: " in out
    assert "exact 1 " in out


def test_links_may_have_names(tmp_path):
    sweep = [CLICKED | {"t": 100 + n / 10, "link": name} for n, name in enumerate(("a", "unsubscribe", 3))]
    code, out, _err = replayed(tmp_path, {"events": sweep, "expect": ["machine"] * 3})

    assert code == 0
    assert "exact 1 " in out


def test_broken_lines_are_told_by_number_and_the_others_are_judged(tmp_path):
    rows = ["{", "[]", {"events": []}, {"events": [{"t": "soon", "kind": "open"}]}, {"events": [OPENED], "expect": ["human", "human"]}]
    rows += [{"events": [OPENED], "expect": ["person"]}, {"mail": {"own_nets": ["x"]}, "events": [OPENED]}, {"events": [{"kind": "look"}]}]
    code, out, err = replayed(tmp_path, *rows, {"events": [OPENED]})

    assert code == 1
    assert [line.partition(":")[0] for line in err.splitlines()] == [f"Line {number}" for number in range(1, 9)]
    assert "without labels: 1" in out


def test_a_file_that_is_not_there_or_no_text_is_said_to_be_so(tmp_path):
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("verdicts", tmp_path / "none.jsonl")
    (tmp_path / "picture").write_bytes(b"\x89PNG\xff")
    with pytest.raises(CommandError, match="not a text"):
        call_command("verdicts", tmp_path / "picture")
