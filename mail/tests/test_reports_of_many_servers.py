"""Returned mail of some eighty mail systems, from the corpora."""

import re
from collections.abc import Iterator

from mail import report_words, reports
from tests.corpora import corpus

BOUNCES = "sisimai+set-of-emails"
IS_ONE = "test_fixtures_delivery-status.eml"  # among the mails of another collection
NONE = {"arf-01", "rfc3834-01"}  # a complaint and an absence
# What a person reads in the files (each there with three kinds of line ends): whom the mail did not reach, and why in our words
RETURNED = {
    "lhost-activehunter-01": ("kijitora@example.org", "no such address"),
    "lhost-amavis-01": ("neko@example.co.jp", "no such address"),
    "lhost-amazonses-01": ("shironeko@example.co.jp", "no such address"),
    "lhost-amazonworkmail-01": ("kijitora@example.jp", "no such address"),
    "lhost-aol-01": ("kijitora@example.jp", "no such domain"),
    "lhost-apachejames-01": ("000000000000@vtext.example.com", "no such address"),
    "lhost-barracuda-01": ("kijitora@example.org", "refused by the server"),
    "lhost-bigfoot-01": ("destinaion@example.net", "no such address"),
    "lhost-biglobe-01": ("postmaster@mxr.biglobe.ne.jp", "mailbox full"),
    "lhost-courier-01": ("kijitora@example.co.jp", "no such address"),
    "lhost-domino-01": ("kijitora@example.jp", "no such address"),
    "lhost-dragonfly-01": ("pseudo-local-part@google.example.com", "refused by the server"),
    "lhost-einsundeins-01": ("general@example.eu", "too large"),
    "lhost-exchange-01": ("kijitora@example.jp", "no such address"),
    "lhost-exchange2003-01": ("kijitora@example.jp", "no such address"),
    "lhost-exchange2007-01": ("mikeneko@example.co.jp", "no such address"),
    "lhost-exim-01": ("kijitora@example.ed.jp", "refused by the server"),
    "lhost-ezweb-01": ("this-message-rejected-by-the-domain-filter@ezweb.ne.jp", "refused by the server"),
    "lhost-facebook-01": ("postmaster@facebook.com", "no such address"),
    "lhost-gmail-01": ("userunknown@example.jp", "no such address"),
    "lhost-gmx-01": ("shironeko@example.jp", "mailbox full"),
    "lhost-googlegroups-01": ("libsisimai@googlegroups.com", ""),
    "lhost-googleworkspace-01": ("neko-nyaan-cat-meeting@google-groups.example.com", ""),
    "lhost-gsuite-01": ("kijitora@example.de", "no such address"),
    "lhost-imailserver-01": ("kijitora@example.com", "no such address"),
    "lhost-interscanmss-01": ("kijitora@example.co.jp", "no such address"),
    "lhost-kddi-01": ("kijitora@x0000000000000.dion.ne.jp", "mailbox full"),
    "lhost-mailfoundry-01": ("kijitora@example.org", "no such address"),
    "lhost-mailmarshalsmtp-01": ("dummyuser@blabla.xxxxxxxxxxxx.com", "no such address"),
    "lhost-mailru-01": ("kijitora@example.jp", "no such address"),
    "lhost-mcafee-01": ("kijitora@example.co.jp", "no such address"),
    "lhost-messagelabs-01": ("kijitora@example.org", "refused by the server"),
    "lhost-messagingserver-01": ("kijitora@example.jp", "no such address"),
    "lhost-mfilter-01": ("kijitora@example.com", "no such address"),
    "lhost-mimecast-01": ("sabineko@neko.ef.example.org", "no such address"),
    "lhost-mxlogic-01": ("kijitora@example.co.jp", "no such address"),
    "lhost-notes-01": ("kijitora@u1.example.co.jp", ""),
    "lhost-office365-01": ("kijitora@example.com", "no such address"),
    "lhost-opensmtpd-01": ("apdugoaidugoaidugoaeiudggadi@gmail.com", "no such address"),
    "lhost-outlook-01": ("kijitora@example.jp", "mailbox full"),
    "lhost-postfix-01": ("kijitora@example.org r@p351355.pool.example.ne.jp", "no such address"),
    "lhost-postfix-61": ("neko@email.example.ua", "mailbox closed"),
    "lhost-postfix-66": ("kijitora@aol.example.jp", "refused by the server"),
    "lhost-powermta-01": ("kijitora@example.jp", "mailbox closed"),
    "lhost-qmail-01": ("kijitora@example.ne.jp", "no such address"),
    "lhost-receivingses-01": ("userunknown@neko.example.jp", "no such address"),
    "lhost-sendgrid-01": ("kijitora@example.jp", "no such address"),
    "lhost-sendmail-01": ("userunknown@bouncehammer.jp", "no such address"),
    "lhost-sendmail-45": ("pseudo-local-part-kijitora-nyaaan@orange.fr", "no such address"),
    "lhost-sendmail-50": ("otsu-sakaba-hunter-neko-nyaaaaaaan@ezweb.ne.jp", "no such address"),
    "lhost-surfcontrol-01": ("kijitora@example.com", "no such address"),
    "lhost-trendmicro-01": ("kijitora@example.co.jp", "no such address"),
    "lhost-v5sendmail-01": ("kijitora@example.com", "no server answered"),
    "lhost-verizon-01": ("0000000000@vzwpix.com", "no such address"),
    "lhost-x1-01": ("kijitora@example.co.jp", "no such address"),
    "lhost-x2-01": ("kijitora@example.co.jp", "no such address"),
    "lhost-x3-01": ("kijitora@example.com", "no such address"),
    "lhost-x4-01": ("kijitora@example.com", "mailbox full"),
    "lhost-x5-01": ("kijitora@neko.example.org", "no such address"),
    "lhost-x6-01": ("kijitora@nyaan.example.org", "the servers sent it in circles"),
    "lhost-yahoo-01": ("kijitora@example.org", "no such address"),
    "lhost-yandex-01": ("kijitora@example.jp", "no such address"),
    "lhost-zoho-01": ("kijitora@example.co.jp", "no such address"),
    "rfc3464-01": ("userunknown@bouncehammer.jp", "no such address"),
    "rfc3464-10": ("kijitora@example.jp", "no such address"),
    "rfc3464-51": ("kijitora@example.de", "no such address"),
    "rhost-aol-01": ("kijitora@example.jp", "no such domain"),
    "rhost-apple-01": ("kijitora@example.jp", "no such address"),
    "rhost-cloudflare-01": ("kijitora-neko@example.com", ""),
    "rhost-cox-01": ("recipient55@cox.net", "refused by the server"),
    "rhost-exchangeonline-01": ("kijitora@example.com", "refused by the server"),
    "rhost-franceptt-01": ("pseudo-local-part-kijitora-nyaaan@orange.fr", "no such address"),
    "rhost-google-01": ("shironeko@example.ne.jp", "mailbox closed"),
    "rhost-googleapps-01": ("shironeko@example.ne.jp", "mailbox closed"),
    "rhost-gsuite-01": ("kijitora@example.de", "no such address"),
    "rhost-iua-01": ("neko@email.example.ua", "mailbox closed"),
    "rhost-kddi-01": ("otsu-sakaba-hunter-neko-nyaaaaaaan@ezweb.ne.jp", "no such address"),
    "rhost-messagelabs-01": ("kijitora@example.messagelabs.com", "refused by the server"),
    "rhost-microsoft-01": ("kijitora@example.com", "refused by the server"),
    "rhost-mimecast-01": ("sabatora@example.com", "refused by the server"),
    "rhost-nttdocomo-01": ("azumakuniyuki@ntt.docomo.example.ne.jp", "no such address"),
    "rhost-outlook-01": ("kijitora@example.jp", "mailbox full"),
    "rhost-spectrum-01": ("theusername@charter.net", "refused by the server"),
    "rhost-tencent-01": ("nekochan@qq.example.cn", "refused by the server"),
    "rhost-tencentqq-01": ("nekochan@qq.example.cn", "refused by the server"),
    "rhost-yahooinc-01": ("kijitora@aol.example.jp", "refused by the server"),
    "rhost-zoho-01": ("kijitora@zoho.example.com", "no such address"),
}
WITHOUT_ID = {  # of the returned mail nothing tells
    "lhost-courier-01",
    "lhost-domino-01",
    "lhost-exchange-01",
    "lhost-exchange2003-01",
    "lhost-exchange2007-01",
    "lhost-facebook-01",
    "lhost-mailmarshalsmtp-01",
    "lhost-mimecast-01",
    "lhost-opensmtpd-01",
    "lhost-postfix-01",
    "lhost-v5sendmail-01",
    "lhost-verizon-01",
}


def bounces() -> Iterator[tuple[str, bytes]]:
    for path in sorted((corpus("eml") / BOUNCES).glob("*.eml")):
        yield re.sub(r"^maildir_(?:bsd|dos|mac)_", "", path.stem), path.read_bytes()


def test_every_servers_report_names_whom_it_did_not_reach_and_why():
    right, wrong = 0, {}
    for name, raw in bounces():
        report = reports.read(raw)
        why = report_words.in_words(next(iter(report.failed.values()), "")) if report else ""
        found = (" ".join(sorted(report.failed)), why) if report else None
        if found == RETURNED.get(name):
            right += 1
        else:
            wrong[name] = found
    assert wrong == {}
    assert right == 237


def test_the_returned_mails_message_id_is_read_wherever_it_stands():
    missing = {name for name, raw in bounces() if name not in NONE and not reports.read(raw).message_ids}  # type: ignore[union-attr]
    assert missing == WITHOUT_ID


def test_no_other_mail_is_taken_for_a_report():
    others = [path for path in sorted(corpus("eml").glob("*/*.eml")) if path.parent.name != BOUNCES]
    taken = [path.name for path in others if reports.read(path.read_bytes())]
    assert len(others) > 90
    assert taken == [IS_ONE]
