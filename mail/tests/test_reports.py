"""What returned mails say, as mail servers write them: whom it did not reach, why, and which mail it was."""

import pytest

from mail import report_words, reports
from tracking import tokens

ID = "<abc@acme.test>"


def dsn(*recipients: str, returned: str = "", kind: str = "message/rfc822", sender: str = "MAILER-DAEMON@mx.acme.test") -> bytes:
    """A report in RFC 3464's form, one block a recipient."""
    blocks = "\r\n\r\n".join(recipients)
    return (
        f"From: Mail Delivery System <{sender}>\r\nTo: alice@acme.test\r\nSubject: Undelivered Mail\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nI am sorry.\r\n"
        f"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.acme.test\r\n\r\n{blocks}\r\n\r\n"
        f"--b\r\nContent-Type: {kind}\r\n\r\n{returned}\r\n--b--\r\n"
    ).encode()


def block(address: str, *, action: str = "failed", status: str = "5.1.1", diagnostic: str = "smtp; 550 5.1.1 no such user") -> str:
    return f"Final-Recipient: rfc822; {address}\r\nAction: {action}\r\nStatus: {status}\r\nDiagnostic-Code: {diagnostic}"


def original(html: str = "<p>Hello</p>") -> str:
    return f"Message-ID: {ID}\r\nSubject: Offer\r\nMIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n{html}"


def test_a_report_says_who_was_given_up_why_and_which_mail_it_was():
    report = reports.read(dsn(block("Dora@Client.test"), returned=original()))
    assert report
    assert report.failed == {"dora@client.test": "5.1.1 550 5.1.1 no such user"}
    assert report.message_ids == {ID}


def test_the_returned_mail_tells_whose_copy_it_was_whatever_address_a_forwarder_names():
    html = f'<p>Hello</p><img src="https://t.acme.test{tokens.pixel_path(77)}">'
    report = reports.read(dsn(block("hidden@elsewhere.test"), returned=original(html)))
    assert report
    assert report.copies == {77}


def test_headers_alone_name_the_mail():
    report = reports.read(dsn(block("dora@client.test"), returned=f"Message-ID:\r\n {ID}\r\nSubject: Offer", kind="text/rfc822-headers"))
    assert report
    assert report.message_ids == {ID}


@pytest.mark.parametrize("action", ["delayed", "relayed", "delivered", "expanded"])
def test_what_is_delayed_or_arrived_has_not_come_back(action):
    assert reports.read(dsn(block("dora@client.test", action=action), returned=original())) is None


def test_of_several_recipients_only_those_given_up_count():
    blocks = block("dora@client.test"), block("eve@client.test", action="delayed"), block("frank@client.test", status="5.2.2")
    report = reports.read(dsn(*blocks, returned=original()))
    assert report
    assert set(report.failed) == {"dora@client.test", "frank@client.test"}


def test_a_server_that_only_writes_prose_is_understood_by_what_it_returns():
    html = f'<img src="https://t.acme.test{tokens.pixel_path(78)}">'
    raw = (
        f"From: MAILER-DAEMON@qmail.test\r\nSubject: failure notice\r\n\r\nHi. I'm afraid I wasn't able to deliver.\r\n\r\n{original(html)}"
    )
    report = reports.read(raw.encode())
    assert report
    assert not report.failed
    assert report.copies == {78}


def test_other_peoples_mail_is_no_report_even_if_it_quotes_ours():
    html = f'<img src="https://t.acme.test{tokens.pixel_path(79)}">'
    raw = f"From: Boris <boris@client.test>\r\nSubject: Re: Offer\r\nContent-Type: text/html\r\n\r\n{html}"
    assert reports.read(raw.encode()) is None


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\0\xff\xfe",
        b"From: mailer-daemon\r\nContent-Type: multipart/report; boundary=",
        dsn(block("dora@client.test"), returned=original())[:700],
        dsn("Final-Recipient: \r\nAction: failed", returned=original()),
        dsn(block("x" * 5000 + "@client.test", diagnostic="y" * 100_000), returned=original()),
        b"From: mailer-daemon@x.test\r\nContent-Type: message/delivery-status\r\n\r\nnot blocks at all",
    ],
)
def test_torn_and_broken_reports_do_no_harm(raw):
    report = reports.read(raw)
    assert report is None or all(len(reason) <= 500 for reason in report.failed.values())


WROTE = f"Message-ID: {ID}\nTo: dora@client.test\nSubject: Offer\n\nHello"
# Whom, why in our words, and how a server says it that writes no status for programs
PROSE = {
    "exim": (
        "no such address",
        "A message that you sent could not be delivered to one or more of its recipients.\nThe following address(es) failed:\n\n"
        f"  dora@client.test\n    host mx.client.test [192.0.2.1]: 550 5.1.1 User unknown\n\n"
        f"------ This is a copy of the message ------\n\n{WROTE}",
    ),
    "qmail": (
        "no such address",
        "Hi. This is the qmail-send program at mx.acme.test.\n\n<dora@client.test>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n"
        f"--- Below this line is a copy of the message.\n\n{WROTE}",
    ),
    "gmail": (
        "mailbox full",
        "Delivery to the following recipient failed permanently:\n\n     dora@client.test\n\nTechnical details of permanent failure:\n"
        f"The error that the other server returned was:\n552 5.2.2 Over quota\n\n----- Original message -----\n\n{WROTE}",
    ),
    "google today": (
        "no such address",
        "** Address not found **\n\nYour message wasn't delivered to dora@client.test because the address couldn't be found.",
    ),
    "office": (
        "no such address",
        "Delivery has failed to these recipients or groups:\n\ndora@client.test<mailto:dora@client.test>\n"
        "The email address wasn't found.\n\n"
        "Diagnostic information for administrators:\n\ndora@client.test\n"
        "Remote Server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound'\n\n"
        f"Original message headers:\n\n{WROTE}",
    ),
    "exchange": (
        "no such address",
        "Your message\n\n  To:      alice@acme.test\n  Subject: Offer\n\ndid not reach the following recipient(s):\n\n"
        "dora@client.test on Thu, 26 Nov 2026 10:00:00 -0000\n    The recipient name is not recognized\n",
    ),
    "domino": (
        "no such address",
        "Your message\n\n  Subject: Offer\n\nwas not delivered to:\n\n  dora@client.test\n\nbecause:\n\n"
        "  User dora not listed in Domino Directory\n",
    ),
    "old sendmail": (
        "no server answered",
        "   ----- Transcript of session follows -----\n421 client.test (smtp)... Deferred: Connection timed out\n\n"
        f"   ----- Unsent message follows -----\n{WROTE}",
    ),
    "mail.ru": (
        "no such address",
        "Ваше письмо не может быть доставлено получателям:\n\n  dora@client.test\n    550 5.1.1 User unknown\n\nIt was not delivered",
    ),
}


@pytest.mark.parametrize("server", PROSE)
def test_what_servers_write_in_prose_is_read(server):
    why, text = PROSE[server]
    head = "From: Mail Delivery System <MAILER-DAEMON@mx.acme.test>\r\nTo: alice@acme.test\r\nSubject: Mail delivery failed\r\n\r\n"
    for newline in ("\n", "\r\n", "\r"):
        report = reports.read((head + text).replace("\r\n", "\n").replace("\n", newline).encode())
        assert report
        assert list(report.failed) == ["dora@client.test"]
        assert report_words.in_words(report.failed["dora@client.test"]) == why
        assert report.message_ids == ({ID} if ID in text else set())


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("5.2.2 552 Over quota", "mailbox full"),
        ("5.3.4 552 Message size exceeds fixed limit", "too large"),
        ("5.1.2 Host not found", "no such domain"),
        ("5.2.1 550 Account disabled", "mailbox closed"),
        ("5.7.1 550 Message content rejected as spam", "refused by the server"),
        ("4.4.1 Connection timed out", "no server answered"),
        ("5.4.6 Hop count exceeded", "the servers sent it in circles"),
        ("5.0.0 Computer says no", ""),
    ],
)
def test_a_reason_is_put_in_words(status, words):
    assert report_words.in_words(status) == words


@pytest.mark.parametrize(
    "head",
    [
        "From: Boris <boris@client.test>\r\nSubject: Re: Mail delivery failed?",  # talks about one
        "From: postmaster@client.test\r\nSubject: Our new servers",  # somebody who happens to be the postmaster
        "From: boris@client.test\r\nAuto-Submitted: auto-replied\r\nSubject: Out of office",
        "From: fbl@isp.test\r\nSubject: Complaint\r\nContent-Type: multipart/report; report-type=feedback-report; boundary=b",
    ],
)
def test_what_people_write_is_no_report(head):
    assert reports.read(f"{head}\r\n\r\n<dora@client.test>: 550 hello".encode()) is None


def enclosing(mail: str, *, sender: str) -> bytes:
    """A mail with another one in it."""
    head = f'From: {sender}\r\nSubject: Returned mail\r\nContent-Type: multipart/mixed; boundary="o"\r\n\r\n'
    return f"{head}--o\r\nContent-Type: message/rfc822\r\n\r\n{mail}\r\n--o--".encode()


def test_a_report_that_somebody_forwards_is_theirs():
    inner = dsn(block("dora@client.test"), returned=original()).decode()
    assert reports.read(enclosing(inner, sender="Boris <boris@client.test>")) is None


def test_a_delay_in_prose_is_no_failure():
    head = "From: Mailer-Daemon@mx.test\r\nSubject: Warning: message delayed 24 hours\r\n\r\nNo action is required."
    assert reports.read(f"{head}\r\n\r\n  dora@client.test\r\n    Delay reason: 451 try later".encode()) is None


def test_a_server_that_returns_another_servers_report_is_understood():
    inner = dsn(block("dora@client.test"), returned=original()).decode()
    report = reports.read(enclosing(inner, sender="MAILER-DAEMON@filter.test"))
    assert report
    assert (set(report.failed), set(report.message_ids)) == ({"dora@client.test"}, {ID})


@pytest.mark.parametrize(
    "text",
    ["<" * 50_000, "a@a" * 20_000, "a@b.c:\n" * 8_000, "- \n" * 20_000, "copy of the " * 5_000, "mailbox user " * 5_000],
)
def test_a_hostile_report_is_bounded(text):
    report = reports.read(f"From: MAILER-DAEMON@x.test\r\nSubject: failure notice\r\n\r\n{text}".encode())
    assert report is None or len(report.failed) <= 100
