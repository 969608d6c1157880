"""Who wants to know that a mail was read: known by name, by shape, or by what no eye could want."""

import pytest

from mail import trackers
from mail.trackers import Tracker

KNOWN = {
    "https://u12.ct.sendgrid.net/wf/open?upn=u001.x": "SendGrid",
    "https://url12.acme.test/wf/open?upn=u001.x": "SendGrid",
    "https://acme.us1.list-manage.com/track/open.php?u=1&id=2&e=3": "Mailchimp",
    "https://mandrillapp.com/track/open.php?u=1&id=2": "Mandrill (Mailchimp)",
    "https://email.mg.acme.test/o/eJwNjjsOwyAQRE8DpbXLHpuO": "Mailgun",
    "https://pstmrk.it/open/v3/abc": "Postmark",
    "https://t.signauxtrois.com/e1t/o/5/f18": "HubSpot",
    "https://d2.na1.hs-sales-engage.com/Cto/L0+23284/d2/R5R8": "HubSpot",
    "https://go.acme.test/e3t/Cto/GC+113/x": "HubSpot",
    "https://t.yesware.com/t/abc/o.gif": "Yesware",
    "https://track.mixmax.com/api/track/v2/abc": "Mixmax",
    "https://mailfoogae.appspot.com/t?sender=abc": "Streak",
    "https://mailtrack.io/trace/mail/abc.png?u=1": "Mailtrack",
    "https://app.outreach.io/api/mailings/opened/abc": "Outreach",
    "https://sdr.salesloft.com/email_trackers/1/pixel": "SalesLoft",
    "https://api.nylas.com/open/abc": "Nylas",
    "https://r.superhuman.com/abc.gif": "Superhuman",
    "https://go.pardot.com/r/1/x": "Salesforce Pardot",
    "https://click.acme.test/open.aspx?ffcb10-fe": "Salesforce Marketing Cloud",
    "https://go.acme.test/trk?t=1&mid=x": "Marketo",
    "https://ctrk.klclick.com/o/x": "Klaviyo",
    "https://r20.rs6.net/on.jsp?ca=1": "Constant Contact",
    "https://acme.acemlnb.com/lt.php?notrack=1&l=open": "ActiveCampaign",
    "https://mail.acme.test/lt.php?nl=1&c=2&l=open": "ActiveCampaign",
    "https://r.mail.acme.test/mk/op/sh/1t6AVsd2XF": "Brevo (Sendinblue)",
    "https://acme.cmail19.com/t/j-o-abc/o.gif": "Campaign Monitor",
    "https://via.intercom.io/o?h=x": "Intercom",
    "https://e.customeriomail.com/e/o/ey": "Customer.io",
    "https://links.acme.test/e/eo?_t=abc": "Iterable",
    "https://abc.emltrk.com/abc?p&d=x": "Litmus",
    "https://bl-1.com/e/x.gif": "Bananatag",
    "https://tracking.cirrusinsight.com/abc": "Cirrus Insight",
    "https://x.gmtrack.net/x": "GMass",
    "https://app.frontapp.com/api/1/noauth/companies/acme/seen/msg/h/a.gif": "Front",
    "https://app.close.com/email_opened/email_x/": "Close",
    "https://x.mjt.lu/oo/AAA/e.gif": "Mailjet",
    "https://sptrack.acme.test/q/abc~~/AAA~/": "SparkPost",
    "https://abc.r.eu-west-1.awstrack.me/I0/01/abc=1": "Amazon SES",
    "https://www.google-analytics.com/collect?v=1": "Google Analytics",
    "https://www.linkedin.com/emimp/ip_x.gif": "LinkedIn",
    "https://www.facebook.com/email_open_log_pic.php?mid=x": "Facebook",
    "https://twitter.com/scribe/ibis?uid=1": "Twitter (X)",
    "https://github.com/notifications/beacon/ABC.gif": "GitHub",
    "https://replymsg.com/x": "Reply.io",
}
UNKNOWN = [
    "https://track.acme.test/track/open?id=1",
    "https://acme.test/email/open?x=1",
    "https://acme.test/email-pixel?x",
    "https://acme.test/p1x1.gif",
    "https://acme.test/mail-tracking/a/b.png",
    "https://acme.test/a/pixel.gif?u=1",
    "https://acme.test/a.gif?stat=open",
    "https://acme.test/o.gif",
    "https://clicks.acme.test/q/abcdefghijklmnopqrs",
    "https://email.acme.test/o/abcdefghijklmnopqrs",
]
HARMLESS = [
    "https://acme.test/logo.png",
    "https://cdn.acme.test/open-day/opening.jpg",
    "https://list-manage.com.evil.test/a.png",
    "https://notmailtrack.io/trace.png",
    "https://acme.test/https://mailtrack.io/trace/x.png",
    "https://tracks.acme.test/railway.png",
    "https://gallery.mailchimp.com/abc/images/logo.png",
    "https://acme.test/e/original.png",
]


@pytest.mark.parametrize(("src", "name"), KNOWN.items())
def test_a_known_tracker_is_named(src: str, name: str):
    found = trackers.opening(src)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("src", UNKNOWN)
def test_an_image_that_is_named_like_a_tracker_is_one(src: str):
    assert trackers.opening(src) == Tracker("", trackers.split(src)[0])


@pytest.mark.parametrize("src", HARMLESS)
def test_an_image_to_look_at_is_none(src: str):
    assert trackers.opening(src, width=300, height=200) is None
    assert trackers.opening(src) is None


def test_a_dot_or_a_hidden_image_is_a_tracker():
    src = "https://acme.test/a.png"
    for width, height in ((1, 1), (0, 0), (2, 3), (0, 40), (1, None), (None, 0)):
        assert trackers.opening(src, width=width, height=height) == Tracker("", "acme.test")
    assert trackers.opening(src, width=600, height=200, is_hidden=True) == Tracker("", "acme.test")
    for width, height in ((600, 1), (1, 40), (16, 16), (None, None), (None, 20)):
        assert trackers.opening(src, width=width, height=height) is None


@pytest.mark.parametrize(
    ("href", "name"),
    [
        ("https://click.pstmrk.it/3s/acme.test/x", "Postmark"),
        ("https://u1.ct.sendgrid.net/ls/click?upn=x", "SendGrid"),
        ("https://acme.us1.list-manage.com/track/click?u=1", "Mailchimp"),
        ("https://d2.na1.hubspotlinks.com/Ctc/GC+113/x", "HubSpot"),
        ("https://go.acme.test/e3t/Ctc/GC+113/x", "HubSpot"),
        ("https://t.co/abc", "Twitter (X)"),
    ],
)
def test_a_link_that_counts_is_named(href: str, name: str):
    found = trackers.click(href)
    assert found is not None
    assert found.name == name


def test_any_other_link_is_not():
    assert trackers.click("https://acme.test/pricing?x=1") is None
    assert trackers.click("https://not.co/x") is None
    assert trackers.click("https://[broken/") is None
