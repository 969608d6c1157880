"""Programs' names as they come, and addresses of the networks that matter."""

CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36"
EDGE = CHROME + " Edg/139.0.0.0"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0"
IN_APP = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
SAFARI = IN_APP.replace("Mobile", "Version/18.5 Mobile") + " Safari/604.1"
ANDROID_VIEW = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/139.0.0.0 Mobile Safari/537.36"
)
CUBOT = "Mozilla/5.0 (Linux; Android 13; CUBOT X18) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36 OneApp/1"
HEADLESS = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/130.0.0.0 Safari/537.36"
BARE = "Mozilla/5.0"
BARE_WEBKIT = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
OLD_EXPLORER = "Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko"
OLD_CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/32.0.1700.2 Safari/537.36"

THUNDERBIRD = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.4.0"
OUTLOOK = "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.14931; Pro)"
OUTLOOK_TRIDENT = (
    "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; WOW64; Trident/7.0; Microsoft Outlook 16.0.5257; ms-office; MSOffice 16)"
)
OUTLOOK_MAC = "MacOutlook/16.46.21021202 (Intelx64 Mac OS X 10.15.7 (Build 19H524))"
OUTLOOK_IPHONE = "Outlook-iOS/709.2189947.prod.iphone (3.24.0)"
OFFICE = "Mozilla/4.0 (compatible; ms-office; MSOffice 16)"
NOTES = "Mozilla/4.0 (compatible; Lotus-Notes/6.0; Windows-NT)"
YAHOO_APP = "Yahoo%20Mail/49268 CFNetwork/1410.0.3 Darwin/22.6.0"

GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
GMAIL_PREFETCH = CHROME.replace("Chrome/139.0.0.0", "Chrome/42.0.2311.135") + " Edge/12.246 Mozilla/5.0"
YAHOO = "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html"
RAMBLER = "RamblerMail/6.0 (incompatible; ImageProxy/6.0)"
PROBE = "Microsoft Office Protocol Discovery"

SOMEWHERE, ELSEWHERE = "198.51.100.51", "203.0.113.9"
AT_GOOGLE, AT_GOOGLE_CRAWLER = "66.249.84.12", "66.249.91.5"
AT_YAHOO, AT_MAIL_RU, AT_RAMBLER = "87.248.116.12", "188.93.56.20", "81.19.78.10"
AT_APPLE = "172.224.226.10"
AT_MICROSOFT, AT_MICROSOFT_FILTER = "40.94.29.84", "40.107.22.91"
AT_BARRACUDA, AT_PROOFPOINT, AT_MIMECAST, AT_IRONPORT = "35.176.92.97", "67.231.152.20", "205.139.110.60", "68.232.140.1"

ROBOTS = (
    *(
        "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
        "Slack-ImgProxy (+https://api.slack.com/robots)",
        "WhatsApp/2.23.20.0 A",
    ),
    *(
        "TelegramBot (like TwitterBot)",
        "LinkedInBot/1.0 (compatible; Mozilla/5.0; +http://www.linkedin.com)",
        "Viber",
        "Mattermost-Bot/1.1",
    ),
    *("Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)", "Iframely/1.3.1 (+https://iframely.com/docs/about)"),
    *("Snap URL Preview Service; bot; snapchat; https://developers.snap.com/robots", "python-requests/2.31.0", "Go-http-client/1.1"),
    *(
        "okhttp/4.10.0",
        "Apache-HttpClient/4.5.13 (Java/11.0.9)",
        "AHC/2.1",
        "Java/17.0.2",
        "curl/8.1.2",
        "Wget/1.21",
        "lua-resty-http/0.17",
    ),
    *("iOS/16.5.1 (20F75) dataaccessd/1.0", "macOS/13.4 (22F66) dataaccessd/1.0", "SCMGUARD", "Office 365 Connectors", "Amazon CloudFront"),
    *("Barracuda Sentinel (EE)", "Microsoft Exchange/15.20 (Windows NT 10.0; Win64; x64)", "github-camo (d76dea84)", HEADLESS),
    *(CHROME.replace("Safari/537.36", "Safari/537.36 SkypeUriPreview Preview/0.5"), CHROME + " (compatible; PingdomTMS/0.8.5)"),
    SAFARI + " facebookexternalhit/1.1 Facebot Twitterbot/1.0",
    *("Mozilla/5.0 (compatible; Google-Safety; +http://www.google.com/bot.html)", "facebookexternalhit/1.1", "MicrosoftPreview/2.0"),
)
MAIL_APPS = (THUNDERBIRD, OUTLOOK, OUTLOOK_TRIDENT, OUTLOOK_MAC, OUTLOOK_IPHONE, NOTES, YAHOO_APP)
BROWSERS = (CHROME, EDGE, FIREFOX, SAFARI, IN_APP, ANDROID_VIEW, CUBOT)
