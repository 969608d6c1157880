"""Which program asks, told by the name that it gives itself (`User-Agent`). Data, with its sources; the rules are elsewhere."""

import re
from enum import Enum, auto
from functools import lru_cache
from typing import NamedTuple

from crawleruseragents import is_crawler
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tracking.verdicts.networks import GATEWAYS, Network, networks_of


class Kind(Enum):
    """What a program is, as far as a verdict goes."""

    MAIL_APP = auto()
    OFFICE = auto()  # Word's engine, which Outlook shows mail with, without Outlook's name
    BROWSER = auto()  # also the web views of mail apps
    BARE_WEBKIT = auto()  # Apple Mail, Outlook, and machines that take after them
    BARE = auto()  # "Mozilla/5.0" and nothing behind it
    STALE = auto()  # a browser that hardly anybody has any more
    PROXY = auto()  # a mailbox provider's image proxy
    PREFETCH = auto()  # Gmail, before anybody looks
    ROBOT = auto()  # says so itself
    PROBE = auto()  # the person's own Office or phone: before it opens a link, or for a preview while the person passes it on
    EMPTY = auto()
    OTHER = auto()  # a name that is no browser's and that nobody knows


class Named(NamedTuple):
    """Programs with one name in words, by a piece of what they call themselves; the first that fits is it."""

    pattern: str
    label: str | Promise
    source: str
    network: Network | None = None  # where a proxy's requests come from


class Client(NamedTuple):
    """A program, and its name in words."""

    kind: Kind
    name: str | Promise = ""
    system: str = ""  # "Windows"
    network: Network | None = None

    @property
    def label(self) -> str:
        """In words, in the reader's language: "Chrome on Windows"."""
        if self.name and self.system:
            return _("%(program)s on %(system)s") % {"program": self.name, "system": self.system}
        return str(self.name) if self.name else _("A program without a name")


# Machines that come from where the person is, and say nothing against who else comes from there
PROBES = (
    Named(
        r"^Microsoft Office (?:Existence|Protocol) Discovery|^Microsoft Data Access .*Discovery|^Microsoft-WebDAV-MiniRedir",
        gettext_lazy("Office, before it opens a link"),
        "isbot fixtures",
    ),
    Named(r"facebookexternalhit.*Twitterbot", gettext_lazy("The link preview of Messages"), "opengraphplus.com: made by the telephone"),
    Named(r"^WhatsApp/", gettext_lazy("The link preview of WhatsApp"), "isbot fixtures; made by the telephone"),
    Named(r"dataaccessd/", gettext_lazy("The data service of a phone or Mac"), "isbot fixtures"),
)

# These are machines although a mail app's name is in theirs
NO_MAIL_APPS = (
    Named(r"^Microsoft Exchange/", gettext_lazy("Exchange, checking a link"), "mautic #9400"),
    Named(r"Office 365 Connectors", "Office 365 Connectors", "isbot fixtures"),
    Named(r"SkypeUriPreview|MicrosoftPreview|Microsoft Teams.*Preview", gettext_lazy("The link preview of Teams"), "opengraphplus.com"),
)

PROXIES = (
    Named(r"GoogleImageProxy", gettext_lazy("Gmail’s image proxy"), "gophish #1390", Network.GOOGLE),
    Named(r"^YahooMailProxy", gettext_lazy("Yahoo’s image proxy"), "help.yahoo.com SLN28749", Network.YAHOO),
    Named(r"^RamblerMail/.*ImageProxy", gettext_lazy("Rambler’s image proxy"), "isbot fixtures", Network.RAMBLER),
    Named(r"SeznamEmailProxy", gettext_lazy("Seznam’s image proxy"), "crawler-user-agents", Network.SEZNAM),
    Named(r"mail\.ukr\.net proxy", gettext_lazy("Ukr.net’s image proxy"), "isbot fixtures"),
    Named(r"^FastmailUA/", gettext_lazy("Fastmail’s image proxy"), "fastmail.com/policies/bots"),
    Named(r"^hey\.com/imageproxy", gettext_lazy("HEY’s image proxy"), "its own form"),
)
MAIL_RU = Client(Kind.PROXY, gettext_lazy("Mail.ru’s image proxy"), network=Network.MAIL_RU)
MAIL_RU_NAME = re.compile(r"Chrome/32\.0\.1700\.")  # its proxy gives this old browser's name, from its own networks only
PREFETCH_NAME = re.compile(r"Chrome/42\.0\.2311\.\d+ Safari/537\.36 Edge/12\.246 Mozilla/5\.0$")  # bird.com, January 2022

MAIL_APPS = (
    Named(r"Outlook-iOS", gettext_lazy("Outlook on iPhone"), "device-detector pim.yml"),
    Named(r"Outlook-Android|com\.microsoft\.office\.outlook", gettext_lazy("Outlook on Android"), "device-detector pim.yml"),
    Named(r"MacOutlook|Macintosh.*Microsoft Outlook|^Outlook/.*Darwin", gettext_lazy("Outlook on Mac"), "device-detector pim.yml"),
    Named(
        r"Microsoft Outlook|Microsoft Office Outlook|MSOutlook|OneOutlook/|OutlookWebHost/",
        gettext_lazy("Outlook on Windows"),
        "device-detector pim.yml",
    ),
    Named(r"Outlook-Express|Windows-Live-Mail|WindowsMail", gettext_lazy("Windows Mail"), "device-detector pim.yml"),
    Named(r"Thunderbird|Icedove|Betterbird|Shredder/|Spicebird/", "Thunderbird", "device-detector pim.yml"),
    Named(r"Lotus-Notes|HCL-?Notes|IBM Notes", "Notes", "device-detector pim.yml"),
    Named(r"Yahoo%20Mail|YahooMobileMail|YahooMobile/|jp\.co\.yahoo\.ymail", gettext_lazy("Yahoo’s mail app"), "device-detector pim.yml"),
    Named(r"Postbox", "Postbox", "device-detector pim.yml"),
    Named(r"Airmail", "Airmail", "device-detector pim.yml"),
    Named(r"^Spark[/ ]|Spark%20Mail", "Spark", "device-detector pim.yml"),
    Named(r"The Bat!", "The Bat!", "device-detector pim.yml"),
    Named(r"\bEvolution/|Evolution-", "Evolution", "device-detector pim.yml"),
    Named(r"\bKMail|Kontact|KDEPIM", "KMail", "device-detector pim.yml"),
    Named(r"eM ?Client", "eM Client", "device-detector pim.yml"),
    Named(r"Mailspring", "Mailspring", "device-detector pim.yml"),
    Named(r"Mailbird", "Mailbird", "device-detector pim.yml"),
    Named(r"MailMate", "MailMate", "device-detector pim.yml"),
    Named(r"Foxmail", "Foxmail", "device-detector pim.yml"),
    Named(r"SeaMonkey|Iceape/", "SeaMonkey", "device-detector pim.yml"),
    Named(r"Claws ?Mail|Sylpheed", "Claws Mail", "device-detector pim.yml"),
    Named(
        r"\bEudora\b|\bBarca|PocoMail|GyazMail|Sparrow/|Polymail|MailMaster|Mail Master|QQMail|N(?:AVER|aver) ?Mail|MailBar/|WorxMail/"
        r"|WorkConnect/|Android-Gmail",
        gettext_lazy("A mail app"),
        "pim.yml",
    ),
    Named(
        r"\bK-9|FairEmail|BlueMail|Samsung ?E?[Mm]ail|Edison ?Mail|Superhuman|Canary ?Mail|Aqua ?Mail|Mimestream"
        r"|Missive/|Shortwave/",
        gettext_lazy("A mail app"),
        "their names",
    ),
    Named(r"\bmyMail\b|Proton ?Mail|Tutanota|Newton ?Mail|Spike/|Roundcube|RainLoop|Horde", gettext_lazy("A mail app"), "their names"),
    Named(r"^(?:Mobile)?Mail/[\d.]+ .*(?:CFNetwork|Darwin)", "Apple Mail", "CFNetwork's own form"),
    Named(r"^Zimbra|Zimbra Desktop", "Zimbra", "device-detector pim.yml"),
)
OFFICE_NAME = re.compile(r"ms-office|MSOffice \w|^Microsoft Office\b")

SCANNERS = {
    Network.MICROSOFT_FILTER: gettext_lazy("Microsoft’s mail filter"),
    Network.BARRACUDA: gettext_lazy("Barracuda link scanner"),
    Network.GOOGLE_CRAWLER: gettext_lazy("A crawler of Google"),
}
BEHIND_GATEWAYS = {
    Network.PROOFPOINT: gettext_lazy("%s, through Proofpoint"),
    Network.MIMECAST: gettext_lazy("%s, through Mimecast"),
    Network.IRONPORT: gettext_lazy("%s, through Cisco Secure Email"),
    Network.MICROSOFT: gettext_lazy("%s, through Microsoft"),
    Network.APPLE_EGRESS: gettext_lazy("%s, through Apple’s relay"),
}
NAMED_KINDS = frozenset({Kind.PROXY, Kind.PREFETCH, Kind.ROBOT, Kind.PROBE})  # what these say of themselves tells more than where they are
APPLE_PRIVACY = gettext_lazy("Apple Mail’s privacy protection")

ROBOTS = (
    Named(r"Barracuda", gettext_lazy("Barracuda link scanner"), "device-detector bots.yml"),
    Named(r"SCMGUARD", gettext_lazy("A mail filter (SCMGUARD)"), "isbot fixtures"),
    Named(
        r"Proofpoint|Mimecast|SafeLinks|Forcepoint|Symantec|Trend ?Micro|Sophos|FireEye|ClamAV|Kaspersky|Bitdefender",
        gettext_lazy("A mail filter"),
        "their names",
    ),
    Named(r"Google-Safety|GoogleSafety", gettext_lazy("Google’s safety check"), "crawler-user-agents"),
    Named(r"Slackbot|Slack-ImgProxy", gettext_lazy("The link preview of Slack"), "api.slack.com/robots"),
    Named(r"facebookexternal|Facebot|meta-external", gettext_lazy("The link preview of Facebook"), "developers.facebook.com"),
    Named(r"TelegramBot", gettext_lazy("The link preview of Telegram"), "isbot fixtures"),
    Named(r"Twitterbot", gettext_lazy("The link preview of X"), "isbot fixtures"),
    Named(r"LinkedInBot", gettext_lazy("The link preview of LinkedIn"), "isbot fixtures"),
    Named(r"Discordbot", gettext_lazy("The link preview of Discord"), "isbot fixtures"),
    Named(
        r"^Viber|Mattermost|Iframely|Snap URL Preview|^Signal|Embedly|redditbot|Pinterestbot|LinkExpander|Google Web Preview",
        gettext_lazy("A link preview"),
        "isbot fixtures",
    ),
    Named(r"github-camo|imgproxy/|-asset-proxy", gettext_lazy("Another site’s image proxy"), "crawler-user-agents"),
    Named(r"Amazon CloudFront|lua-resty-http|Cloudflare", gettext_lazy("A content network"), "isbot fixtures"),
    Named(
        r"HeadlessChrome|PhantomJS|Puppeteer|Playwright|Selenium|SlimerJS|jsdom",
        gettext_lazy("A browser that a program drives"),
        "isbot fixtures",
    ),
    Named(
        r"^(?:python|Go-http-client|okhttp|Apache-HttpClient|AHC/|Java/|curl|Wget|libwww|lwp|axios|node|undici|got[ /(]|Ruby|Faraday"
        r"|PHP|Guzzle|Dart|Deno|Bun|aiohttp|httpx|reqwest|hyper|HTTPie|Postman|insomnia|PowerShell|Mechanize|Scrapy|Typhoeus|Embarcadero"
        r"|Rome Client|Zend|Symfony|WinHttp|Microsoft (?:URL Control|BITS|WinRM)|Microsoft-CryptoAPI|Synapse|Indy|RestSharp|Jetty/|yarn/"
        r"|npm/|cortex/|HubSpot)"
        r"|python-(?:requests|urllib|httpx)|WindowsPowerShell|GuzzleHttp|WinHttp\.",
        gettext_lazy("A program’s own request, not a browser"),
        "isbot fixtures",
    ),
    Named(
        # "bot" ends a word, except that of Cubot's telephones; browsers tell no address and add nothing to "like Gecko"
        r"(?<!cu)bot(?![a-z])|crawl|spider|scanner|scraper|slurp|preview|unfurl|fetcher|validator|monitor|checker|archiver|parser|feedburner"
        r"|\+https?://|@[a-z][\w-]*\.[a-z]|\(KHTML, like Gecko; |Safari/[\d.]+ \(compatible;",
        gettext_lazy("A robot that says so"),
        "the form of declared robots",
    ),
)
DRIVEN = re.compile("HeadlessChrome")

BROWSERS = (
    Named(r"\bEdg(?:A|iOS)?/", "Edge", "its own form"),
    Named(r"\bOPR/|\bOPiOS/|\bOPT/", "Opera", "its own form"),
    Named(r"Vivaldi/", "Vivaldi", "its own form"),
    Named(r"YaBrowser/", gettext_lazy("Yandex Browser"), "its own form"),
    Named(r"SamsungBrowser/", "Samsung Internet", "its own form"),
    Named(r"UCBrowser/|UBrowser/", "UC Browser", "its own form"),
    Named(r"DuckDuckGo/|Ddg/", "DuckDuckGo", "its own form"),
    Named(r"FxiOS/|Firefox/|Focus/|Klar/", "Firefox", "its own form"),
    Named(r"; wv\)|\bGSA/|FBAN|FBAV|Instagram|GmailApp", gettext_lazy("An app"), "Android WebView's own form"),
    Named(r"CriOS/|Chrome/|Chromium/", "Chrome", "its own form"),
    Named(r"Version/[\d.]+.* Safari/", "Safari", "its own form"),
    Named(r"AppleWebKit/.*\(KHTML, like Gecko\) Mobile/\w+$", gettext_lazy("A mail app"), "WKWebView's own form"),
    Named(
        r"\((?:iPhone|iPad|iPod|Macintosh)[^()]*\) AppleWebKit/[\d.]+ \(KHTML, like Gecko\) \w",
        gettext_lazy("An app"),
        "WKWebView's own form",
    ),
    Named(r"Safari/", "Safari", "its own form"),
    Named(r"MSIE |Trident/", "Internet Explorer", "its own form"),
    Named(r"^Opera/|Presto/", "Opera", "its own form"),
    Named(r"Konqueror|Epiphany|Dillo|^Lynx|^w3m|^E?Links|NetSurf|Gecko/", gettext_lazy("A browser"), "their own form"),
)
SYSTEMS = (
    (r"iPhone", "iPhone"),
    (r"iPad", "iPad"),
    (r"Android", "Android"),
    (r"Windows Phone", "Windows Phone"),
    (r"Windows|Win64|Win32", "Windows"),
    (r"CrOS", "ChromeOS"),
    (r"Macintosh|Mac OS X", "Mac"),
    (r"Linux|X11|BSD", "Linux"),
)

# What people's browsers are made of: a name of nothing but these needs no comparison with the long list of robots
PLATFORM = (
    r"\((?:(?:Linux|Android)[^()]*"  # a device's name may be anything
    r"|(?:(?:Windows NT [\d.]+|Win64|WOW64|x64|ARM64|Macintosh|Intel Mac OS X [\d_.]+|X11|Ubuntu|Fedora|Linux \w+|CrOS \w+ [\d.]+"
    r"|iPhone|iPad|CPU (?:iPhone )?OS [\d_]+ like Mac OS X|rv:[\d.]+)(?:; |(?=\))))+)\)"
)
PLAIN_BROWSER = re.compile(
    rf"Mozilla/5\.0 {PLATFORM}(?: AppleWebKit/[\d.]+ \(KHTML, like Gecko\)| Gecko/[\d.]+)?"
    r"(?: (?:Chrome|Chromium|CriOS|Version|Mobile|Safari|Edg|EdgA|EdgiOS|OPR|Firefox|FxiOS|SamsungBrowser|Vivaldi|YaBrowser)(?:/[\w.]+)?)*"
)
# Where robots' words say nothing: names and builds of Android devices ("M bot 54"), and people's browsers with a robot's namesake
UNCOMPARED = re.compile(
    r"(?<=^Mozilla/5\.0 )\((?:Linux|Android)(?![^()]*(?:bot/|-Google/|://|compatible))[^()]*(?:\([^()]*\)[^()]*)*\)"
    r"|\bSogou(?:MSE|MobileBrowser|Search)\b|(?<=Safari/537\.36 )Viber\b"
)
BARE_WEBKIT = re.compile(r"^Mozilla/5\.0 \([^()]*\) AppleWebKit/[\d.]+ \(KHTML, like Gecko\)$")
# Older than any that a person's machine keeps up to date: Internet Explorer, Windows XP and Vista, and what was current before 2018
STALE = re.compile(
    r"MSIE |Trident/|Windows NT [1-5]\.|Windows NT 6\.0|Windows 9[58]|PPC Mac|Presto/|^Opera/|^Mozilla/[1-4]\.| Edge/1\d\."
    r"|(?:Chrome|CriOS)/(?:\d|[1-5]\d)\.|Firefox/(?:\d|[1-5]\d|6[0-7])\.|Version/\d\.[\d.]+ (?:Mobile/\w+ )?Safari/"
    # on a desktop, where Chrome renews itself, before 2020; on telephones others build their browsers from it, and late
    r"|^Mozilla/5\.0 \((?:Windows|X11|Macintosh)[^()]*\) AppleWebKit/[\d.]+ \(KHTML, like Gecko\) Chrome/[67]\d\.[\d.]+ Safari/[\d.]+$"
)
LASTING = re.compile(r"Opera Mini/|KAIOS/|Goanna/|Waterfox/")  # keep an old browser's name though they are none


@lru_cache(maxsize=16_384)
def told_by(user_agent: str) -> Client:
    """The program that gives itself this name, by its name alone."""
    name = user_agent.strip()
    if name in ("", "-"):  # a log's word for nothing
        return Client(Kind.EMPTY)
    if name == "Mozilla/5.0":
        return Client(Kind.BARE, gettext_lazy("A program that calls itself “Mozilla/5.0”"))
    for table, kind in ((PROBES, Kind.PROBE), (NO_MAIL_APPS, Kind.ROBOT), (PROXIES, Kind.PROXY), (MAIL_APPS, Kind.MAIL_APP)):
        named = _named(table, name)
        if named:
            return Client(kind, named.label, network=named.network)
    if OFFICE_NAME.search(name):
        return Client(Kind.OFFICE, gettext_lazy("Outlook or another program of Office"))
    if PREFETCH_NAME.search(name):
        return Client(Kind.PREFETCH, gettext_lazy("Gmail, loading in advance"))
    return _browser_or_robot(name)


def client_of(user_agent: str, address: str = "") -> Client:
    """The program for a reader: its name, and whose network it asked through."""
    client, networks = told_by(user_agent), networks_of(address)
    if is_mail_ru(user_agent, networks):
        return MAIL_RU
    for network, label in SCANNERS.items():
        if network in networks and client.kind not in NAMED_KINDS:
            return Client(Kind.ROBOT, label)
    if client.kind == Kind.BARE and Network.APPLE_EGRESS in networks:
        return Client(Kind.BARE, APPLE_PRIVACY)
    for network in (*GATEWAYS, Network.MICROSOFT, Network.APPLE_EGRESS):
        if network in networks and client.kind in (Kind.BROWSER, Kind.STALE, Kind.BARE_WEBKIT):
            return Client(client.kind, str(BEHIND_GATEWAYS[network]) % client.label)
    return client


def is_mail_ru(user_agent: str, networks: frozenset[Network]) -> bool:
    """Whether this is Mail.ru's image proxy, which only its networks give away."""
    return Network.MAIL_RU in networks and MAIL_RU_NAME.search(user_agent) is not None


def is_driven(user_agent: str) -> bool:
    """Whether a program drives this browser."""
    return DRIVEN.search(user_agent) is not None


def _browser_or_robot(name: str) -> Client:
    compared = UNCOMPARED.sub("", name)
    robot = _named(ROBOTS, compared, re.IGNORECASE)
    if robot or (not PLAIN_BROWSER.fullmatch(name) and is_crawler(compared)):
        return Client(Kind.ROBOT, robot.label if robot else gettext_lazy("A robot that says so"))
    browser, system = _named(BROWSERS, name), _system(name)
    if BARE_WEBKIT.match(name):
        return Client(Kind.BARE_WEBKIT, gettext_lazy("Apple Mail or Outlook"), system)
    if browser is None:
        return Client(Kind.OTHER, _shortened(name))
    is_stale = STALE.search(name) and not LASTING.search(name)
    return Client(Kind.STALE if is_stale else Kind.BROWSER, browser.label, system)


def _named(table: tuple[Named, ...], name: str, flags: int = 0) -> Named | None:
    return next((named for named in table if re.search(named.pattern, name, flags)), None)


def _system(name: str) -> str:
    return next((system for pattern, system in SYSTEMS if re.search(pattern, name)), "")


def _shortened(name: str) -> str:
    """What a program that nobody knows calls itself: its first word, for it may be anything."""
    first = name.split("/")[0].split("(")[0].strip()
    return f"“{first[:40]}”" if first else ""
