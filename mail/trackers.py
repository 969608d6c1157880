"""Trackers in mail that was received: which images only tell the sender that somebody looked, who runs them, and whose links count clicks.

A vendor is known by the hosts that serve nothing else, or by the path that its software gives such an image on whichever host a
customer chose. What nobody is known for is still a tracker when it cannot be meant for the eye: tiny, hidden, or named like one.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

TINY = 3  # pixels a side; spacers that keep a layout apart are wide or high
OPENINGS = {  # "host/path": the host or one below it, and how the path begins; * is anything without a stroke
    "ActiveCampaign": ("acemln*.com/lt.php", "acemln*.com/prod/link-tracker", "activehosted.com/lt.php"),
    "Acoustic": ("mkt*.com/open", "mkt*.com/eos/", "mkt*.net/eos/", "mkt*.net/open"),
    "Adobe": ("demdex.net", "toutapp.com", "112.2o7.net", "t.info.adobesystems.com"),
    "Amazon SES": ("awstrack.me", "amazonappservices.com/trk"),
    "AWeber": ("openrate.aweber.com",),
    "Bananatag": ("bl-1.com",),
    "Benchmark Email": ("bmetrack.com/c/o", "benchurl.com/c/o"),
    "Bento": ("track.bentonow.com", "app.bentonow.com/ahoy/messages/"),
    "Boomerang": ("mailstat.us/tr",),
    "Brevo (Sendinblue)": ("sendibt*.com/tr/op/", "sendibm*.com/mk/op/", "sendibtd.com", "sp*-brevo.net/mk/op/", "brevo.net/mk/op/"),
    "BuzzStream": ("tx.buzzstream.com",),
    "Campaign Monitor": ("cmail*.com/t/", "createsend*.com/t/"),
    "Cirrus Insight": ("tracking.cirrusinsight.com",),
    "Close": ("close.com/email_opened", "close.io/email_opened"),
    "cloudHQ": ("cloudhq.io/mail_track", "cloudhq-mkt*.net/mail_track"),
    "Constant Contact": ("rs6.net/on.jsp",),
    "ContactMonkey": ("contactmonkey.com/api/v1/tracker",),
    "ConvertKit": ("convertkit-mail*.com/o/", "open.convertkit-mail*.com"),
    "Copper": ("prosperworks.com/tp/t",),
    "Customer.io": ("customeriomail.com/e/o", "track.customer.io/e/o"),
    "Dotdigital": ("trackedlink.net", "dmtrk.net"),
    "Ebsta": ("console.ebsta.com", "ebsta.com/r/"),
    "Email on Acid": ("eoapxl.com",),
    "Emma": ("t.e2ma.net", "e2ma.net/track"),
    "Facebook": ("facebook.com/email_open_log_pic.php", "facebook.com/tr", "facebook.com/r/v/", "fb.com/trk"),
    "Front": ("app.frontapp.com/api", "web.frontapp.com/api"),
    "Gem": ("zen.sr/o",),
    "GitHub": ("github.com/notifications/beacon/",),
    "GMass": ("gmtrack.net", "gmreg*.net", "track.gmass.co"),
    "Gmelius": ("gml.email",),
    "Google": ("notifications.google.com/g/img/", "notifications.googleapis.com/email/t", "google.com/appserve/mkt/img/"),
    "Google Analytics": ("google-analytics.com", "analytics.google.com/g/collect", "doubleclick.net"),
    "Granicus": ("govdelivery.com/track",),
    "HubSpot": (
        "t.hubspotemail.net",
        "t.hubspotfree.net",
        "t.hubspotstarter.net",
        "t.signaux*.com",
        "t.senal*.com",
        "t.signale*.com",
        "t.sidekickopen*.com",
        "t.sigopn*.com",
        "t.hsmsdd.com",
        "t.strk*.email",
        "track.getsidekick.com",
        "track.hubspot.com",
        "hubspotlinks.com/cto/",
        "hubspotlinks.com/bto/",
        "hs-sales-engage.com/cto/",
        "hubspotemail.net/cto/",
    ),
    "Hunter": ("mltrk.io/pixel",),
    "iContact": ("click.icptrack.com/icp",),
    "Insightly": ("insgly.net/api/trk",),
    "Intercom": ("via.intercom.io/o", "intercom-mail*.com/q/", "intercom-mail*.com/o/", "intercom-mail*.com/via/"),
    "Keap (Infusionsoft)": ("infusionsoft.com/app/emailopened", "keap-link*.com/v2/render"),
    "Klaviyo": ("trk.klaviyomail.com", "klclick*.com/o/", "klclick*.com/l/o", "trk.klclick*.com"),
    "LinkedIn": ("linkedin.com/emimp/", "linkedin.com/px"),
    "Litmus": ("emltrk.com",),
    "Mailbird": ("tracking.getmailbird.com",),
    "Mailbutler": ("mailbutler.io/tracking/",),
    "Mailchimp": ("list-manage.com/track/open", "list-manage*.com/track/open", "mailchimp.com/mctx/opens"),
    "MailerLite": ("mlsend.com/link/o/", "mlsend*.com/link/o/", "mlsend.com/o/"),
    "Mailgun": ("email.mailgun.net/o/", "track.mailgun.org", "mailgun.org/o/", "email.mailgun.*/o/"),
    "Mailjet": ("mjt.lu/oo",),
    "Mailspring": ("getmailspring.com/open",),
    "Mailshake": ("mslai.net/prod/open/", "msstnu.com/prod/open/"),
    "MailTag": ("mailtag.io/email-event",),
    "Mailtrack": ("mailtrack.io/trace", "mailtrack.me/trace"),
    "Mandrill (Mailchimp)": ("mandrillapp.com/track/open",),
    "Marketo": ("mktoresp.com", "marketo.com/trk", "marketo.org/trk", "mkto-*.com/trk"),
    "Microsoft Dynamics 365": ("svc.dynamics.com/t/i/",),
    "Mixmax": ("track.mixmax.com", "email.mixmax.com/e/o", "mixmax.com/api/track/", "app.mixmax.com/e/o"),
    "Mixpanel": ("api.mixpanel.com/tr",),
    "NetHunt": ("nethunt.com/api/v1/track/email",),
    "Newton": ("tr.cloudmagic.com",),
    "Nylas": ("api.nylas.com/open", "us.nylas.com/open", "eu.nylas.com/open"),  # what Pipedrive and others send with
    "Oracle": ("bluekai.com", "en25.com/e/", "bm5150.com/t/", "bm23.com/t/", "dynect.net/trk.php"),
    "Outreach": ("outrch.com/api/mailings/opened", "getoutreach.com/api/mailings/opened", "outreach.io/api/mailings/opened"),
    "PayPal": ("t.paypal.com", "paypal-communication.com/o/"),
    "PersistIQ": ("infinite-stream-5194.herokuapp.com/pixel",),
    "Pinterest": ("post.pinterest.com/q/",),
    "Polymail": ("polymail.io/v2/z",),
    "Postmark": ("pstmrk.it/open",),
    "Quora": ("quora.com/qemail/mark_read",),
    "Rebump": ("rebump.cc/api/track",),
    "Reply.io": ("replymsg.com",),
    "Salesforce": ("salesforceiq.com/t.png", "app.relateiq.com/t.png", "krxd.net", "igodigital.com", "exct.net/open.aspx"),
    "Salesforce Pardot": ("pardot.com/r/",),
    "Saleshandy": ("saleshandy.com/web/email/countopened",),
    "SalesLoft": ("salesloft.com/email_trackers",),
    "Segment": ("api.segment.io/v1/pixel", "email.segment.com/e/o/"),
    "Selligent": ("emsecure.net", "slgnt.eu", "slgnt.us", "strongview.com/t"),
    "SendGrid": ("sendgrid.net/wf/open", "sendgrid.net/ss/o", "sendgrid.net/mpss/o", "sendgrid.com/wf/open", "sendgrid.net/trk"),
    "SendPulse": ("stat-pulse.com",),
    "Snapchat": ("tr.snapchat.com",),
    "SparkPost": ("sparkpostmail*.com/q/", "spmailtechno*.com/q/", "spgo.io/q/"),
    "Squarespace": ("engage.squarespace-mail.com/v2/a.gif",),
    "Streak": ("mailfoogae.appspot.com",),
    "Substack": ("substack.com/o/", "substackcdn.com/open"),
    "Superhuman": ("r.superhuman.com",),
    "TikTok": ("analytics.tiktok.com",),
    "Twitter (X)": ("twitter.com/scribe/ibis", "x.com/scribe/ibis", "analytics.twitter.com", "t.co/i/adsct"),
    "Validity": ("returnpath.net", "everestengagement.com"),
    "Wix": ("shoutout.wix.com",),
    "WordPress": ("pixel.wp.com",),
    "Yesware": ("t.yesware.com", "yesware.com/trk", "yesware.com/t/"),
    "YAMM": ("yamm-track.appspot.com",),
    "Zendesk Sell": ("futuresimple.com/api/v1/sprite.png",),
    "Zoho": ("maillist-manage.com/click", "zohoinsights-crm.com/ocimage/"),
}
SHAPES = {  # how a vendor's software names the image, on the customer's own host too; matched in lower case, from the path on
    "ActiveCampaign": r"/lt\.php\?.*\bl=open|/prod/link-tracker\?.*\bl=open",
    "Adobe Campaign": r"/r/\?id=[\w]+,[\w]+,1\b",
    "Amazon SES": r"/ci0/[\w-]{10,}/[\w=-]{10,}=\d",
    "beehiiv": r"/ss/o/[\w.-]+/\w{3}/[\w.-]+/ho\.gif",
    "Brevo (Sendinblue)": r"/(?:mk|tr)/op/[\w/-]{8}",
    "Copernica": r"/images/pixel2\.gif\?pomiv=",
    "Customer.io": r"/e/o/[\w=-]{24}",
    "Emarsys": r"/mo/\w+_[\w-]+\.gif",
    "GetResponse": r"/open\.html\?x=",
    "HubSpot": r"/e[123]t/(?:o|to|cto|bto)/|/(?:cto|bto)/[\w+]+/",
    "Infobip": r"/tracking/1/open/",
    "Iterable": r"/e/eo\?_t=|/s/eo/[\w-]{10}",
    "MailerLite": r"/link/o/[\w=-]{8}",
    "Mailgun": r"/o/ej[\w-]{20}",
    "Mailjet": r"/oo/\w+/\w{8}/e\.gif",
    "Mandrill (Mailchimp)": r"/track/open\.php\?u=\d+&id=[0-9a-f]{32}",
    "Mailchimp": r"/track/open\.php\?u=",
    "Marketo": r"/trk\?t=",
    "Movable Ink": r"/p/[cu]p/[\w./-]+/o\.gif",
    "Optimove": r"/ss/o/[\w.-]+/\w{3}/\w+/ho\.gif",
    "Oracle Responsys": r"/pub/as\?_ri_=",
    "phpList": r"/ut\.php\?u=",
    "Sailthru": r"/img/[0-9a-f.]{20,}/[0-9a-f]{8}\.gif",
    "Salesforce Marketing Cloud": r"/open\.aspx\?",
    "Salesforce Pardot": r"/r/\d+/[\w/-]+/open/1",
    "SendGrid": r"/wf/open\?upn=|/ss/o/[\w.-]{10}",
    "Shopify": r"/tools/emails/open/",
    "Snov.io": r"/track/open/v2-",
    "SparkPost": r"/q/[\w-]+~~/",
    "Tripolis": r"/public/o/[\w/+-]+/t\.gif",
    "Yahoo Japan and others (Cuenote)": r"/rw/beacon_",
}
UNNAMED = re.compile(  # path shapes that say what they are, whoever runs them
    r"/track(?:ing)?/(?:\d/)?open|/email[/_-]?open|/open[_-]?track|[/_-]track[_-]?pixel|/tracking[_-]?pixel|/email-pixel|/mail-tracking/"
    r"|/(?:e-?mail-?|mail-?)beacon|/beacon(?:\.gif|\.png|\?)|/open\.(?:php|gif|png|aspx?|html)\?|/opens?/[\w=-]{20,}(?:[/?]|$)|/opened/|/open\?(?:token|id|m|e)="
    r"|/p?1x1[\w-]*\.(?:gif|png)|/pixel\.(?:gif|png|php|aspx?)|/pixel\?|/px/track|/o\.gif|/email/track|/mark[_-]?read|/mailisread"
    r"|/emimp/|/email_open_log|/track-email|-track-email-open|/roveropen/|[?&](?:stat|se_ac|event)=open"
)
COUNTING_HOST = re.compile(r"(?:email|track|trk|tracking|open|opens|click|clicks|links?)\.", re.IGNORECASE)
COUNTING_PATH = re.compile(r"/(?:o|oo|op|open|q|wf)/[\w=~-]{16}")
CLICKS = {  # the same for links that count before they lead on
    "ActiveCampaign": ("acemln*.com/lt.php", "activehosted.com/lt.php", "emlnk*.com/lt.php"),
    "Amazon SES": ("awstrack.me/l0/",),
    "Brevo (Sendinblue)": ("sendibt*.com/tr/cl/", "sendibm*.com/mk/cl/", "sp*-brevo.net/mk/cl/", "r.sp1-brevo.net"),
    "Campaign Monitor": ("cmail*.com/t/", "createsend*.com/t/"),
    "Constant Contact": ("rs6.net/tn.jsp", "rs6.net"),
    "Customer.io": ("customeriomail.com/e/c", "track.customer.io/e/c"),
    "Facebook": ("facebook.com/n/", "l.facebook.com"),
    "Google": ("notifications.googleapis.com/email/redirect", "c.gle", "google.com/url"),
    "HubSpot": ("hubspotlinks.com", "hs-sales-engage.com", "t.sidekickopen*.com", "t.hubspotemail.net", "hubspotstarter*.net"),
    "Intercom": ("via.intercom.io/c", "intercom-clicks.com", "intercom-mail*.com/via/e"),
    "Keap (Infusionsoft)": ("keap-link*.com", "infusionsoft.com/app/linkclick"),
    "Klaviyo": ("klclick*.com", "trk.klaviyomail.com"),
    "LinkedIn": ("linkedin.com/comm/", "lnkd.in"),
    "Mailchimp": ("list-manage.com/track/click", "list-manage*.com/track/click", "mailchi.mp"),
    "MailerLite": ("mlsend*.com/link/c/", "clicks.mlsend.com", "mlsend.com"),
    "Mailgun": ("email.mailgun.net/c/", "mailgun.org/c/"),
    "Mailjet": ("mjt.lu/lnk",),
    "Mailtrack": ("mailtrack.io/trace/link", "mailtrack.io/l/"),
    "Mandrill (Mailchimp)": ("mandrillapp.com/track/click",),
    "Marketo": ("mkto-*.com",),
    "Mixmax": ("track.mixmax.com", "email.mixmax.com", "links.mixmax.com"),
    "Outreach": ("outrch.com", "getoutreach.com"),
    "Postmark": ("click.pstmrk.it", "pstmrk.it"),
    "Salesforce Marketing Cloud": ("cl.exct.net", "click.exacttarget.com"),
    "Salesforce Pardot": ("pardot.com/e/", "go.pardot.com"),
    "SalesLoft": ("salesloftlinks.com",),
    "SendGrid": ("ct.sendgrid.net", "sendgrid.net/ls/click", "sendgrid.net/wf/click"),
    "SparkPost": ("sparkpostmail*.com/f/a/", "spgo.io"),
    "Substack": ("email.mg*.substack.com/c/", "substack.com/redirect/"),
    "Twitter (X)": ("t.co",),
    "Yesware": ("t.yesware.com/tt", "t.yesware.com/tl"),
}
CLICK_SHAPES = {
    "HubSpot": r"/ctc/[\w+]+/|/e[123]t/(?:c|tc|ctc|btc)/",
    "Mailgun": r"/c/ej[\w-]{20}",
    "SendGrid": r"/ls/click\?upn=|/wf/click\?upn=",
    "Mailchimp": r"/track/click\?u=",
    "Mandrill (Mailchimp)": r"/track/click/\d+/",
    "ActiveCampaign": r"/lt\.php\?.*\bi=",
    "SparkPost": r"/f/a/[\w-]+~~/",
    "Amazon SES": r"/ci?l0/http",
    "Mailjet": r"/lnk/\w{10}",
    "Salesforce Marketing Cloud": r"/\?qs=[0-9a-f]{40}",
    "Customer.io": r"/e/c/ey[\w=-]{20}",
}


@dataclass(frozen=True)
class Tracker:
    """Who runs it; `name` is empty when only its host is known."""

    name: str
    host: str


def opening(src: str, *, width: float | None = None, height: float | None = None, is_hidden: bool = False) -> Tracker | None:
    """The tracker that this image is; its sizes are as the mail gives them. None for an image to look at."""
    host, path = split(src)
    if name := _vendor(host, path, OPENINGS) or _shape(path, SHAPES):
        return Tracker(name, host)
    counts = bool(UNNAMED.search(path)) or bool(COUNTING_HOST.match(host) and COUNTING_PATH.search(path))
    return Tracker("", host) if counts or is_hidden or _is_tiny(width, height) else None


def click(href: str) -> Tracker | None:
    """The service that counts whoever follows this link."""
    host, path = split(href)
    name = _vendor(host, path, CLICKS) or _shape(path, CLICK_SHAPES)
    return Tracker(name, host) if name else None


@lru_cache(maxsize=2048)
def split(url: str) -> tuple[str, str]:
    """Host, and path with query, both in lower case; nothing for what cannot be read."""
    try:
        parts = urlsplit(url)
        return (parts.hostname or "").rstrip("."), f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}".lower()
    except ValueError:
        return "", ""


def _is_tiny(width: float | None, height: float | None) -> bool:
    """A dot, or nothing at all; of an image that is one pixel high and 600 wide one side is not small."""
    if width is None or height is None:
        return 0 in (width, height) or (width, height) in ((None, 1), (1, None))
    return 0 in (width, height) or max(width, height) <= TINY


def _vendor(host: str, path: str, table: dict[str, tuple[str, ...]]) -> str:
    where = f"{host}{path}"[:2000]
    return next((name for name, pattern in _compiled(tuple(table.items())) if pattern.match(where)), "")


def _shape(path: str, table: dict[str, str]) -> str:
    return next((name for name, pattern in table.items() if re.search(pattern, path[:2000])), "")


@lru_cache(maxsize=2)
def _compiled(table: Iterable[tuple[str, tuple[str, ...]]]) -> list[tuple[str, re.Pattern[str]]]:
    return [(name, re.compile(rf"(?:[^/]*\.)?(?:{'|'.join(map(_pattern, patterns))})")) for name, patterns in table]


def _pattern(text: str) -> str:
    """`host/path` as an expression: the host ends there, the path may go on."""
    host, stroke, path = text.partition("/")
    tail = re.escape(path).replace(r"\*", "[^/]*")
    return re.escape(host).replace(r"\*", "[^/.]*") + (f"/{tail}" if stroke else "/")
