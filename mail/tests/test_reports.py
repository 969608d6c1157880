"""What returned mails say, as mail servers write them: whom it did not reach, why, and which mail it was."""

import pytest

from mail import reports
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
