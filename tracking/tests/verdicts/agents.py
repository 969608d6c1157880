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

STALE = (
    *(OLD_EXPLORER, "Mozilla/4.0 (compatible; MSIE 5.23; Mac_PowerPC)", OLD_CHROME, CHROME.replace("139.0.0.0", "79.0.3945.88")),
    *(CHROME.replace("NT 10.0", system) for system in ("NT 5.1", "NT 6.0")),
    *(
        FIREFOX.replace("141.0", "52.0"),
        CHROME.replace("139", "64") + " Edge/17.17134",
        CHROME.replace("139.0.0.0", "42.0.2311.135") + " Edge/12.246",
    ),
    *("Opera/9.80 (Windows NT 6.1; WOW64) Presto/2.12.388 Version/12.18", SAFARI.replace("Version/18.5", "Version/8.0")),
)

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
NEW_OUTLOOK = EDGE + " OneOutlook/1.2026.317.100"
OUTLOOK_ELDER = "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 6.1; WOW64; Trident/7.0; SLCC2; .NET4.0C; .NET4.0E; MSOffice 12)"

GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
GMAIL_PREFETCH = CHROME.replace("Chrome/139.0.0.0", "Chrome/42.0.2311.135") + " Edge/12.246 Mozilla/5.0"
YAHOO = "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html"
RAMBLER = "RamblerMail/6.0 (incompatible; ImageProxy/6.0)"
UKR_NET = OLD_CHROME.replace("32.0.1700.2", "55.0.2883.87") + " (via secureurl.fwdcdn.com - mail.ukr.net proxy)"
PHONE_PREVIEW = (  # made by the telephone of whoever pastes a link into Messages
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) Version/9.0.1 Safari/601.2.4 "
    "facebookexternalhit/1.1 Facebot Twitterbot/1.0"
)
PROBE = "Microsoft Office Protocol Discovery"

SOMEWHERE, ELSEWHERE = "198.51.100.51", "203.0.113.9"
AT_GOOGLE, AT_GOOGLE_CRAWLER = "66.249.84.12", "66.249.91.5"
AT_YAHOO, AT_MAIL_RU, AT_RAMBLER = "87.248.116.12", "188.93.56.20", "81.19.78.10"
AT_APPLE = "172.224.226.10"
AT_MICROSOFT, AT_MICROSOFT_FILTER = "40.94.29.84", "40.107.22.91"
AT_BARRACUDA, AT_PROOFPOINT, AT_MIMECAST, AT_IRONPORT = "35.176.92.97", "67.231.152.20", "205.139.110.60", "68.232.140.1"
AT_PROOFPOINT_TOO = "148.163.130.1"

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
    *(
        PHONE_PREVIEW,
        "facebookexternalua",
        "Viber/13.3.0.5",
        "HubSpot Connect",
        "Jetty/9.4.42.v20210604",
        "cortex/1.0",
        "RestSharp/106.5.4.0",
    ),
    # robots behind a browser's name, whatever else stands in it
    CHROME.replace("x64)", "x64; cludo.com bot)"),
    ANDROID_VIEW.replace("; wv", "; Storebot-Google/1.0"),
    FIREFOX.replace("rv:141.0)", "rv:141.0; Rigor)"),
    CHROME.replace("like Gecko)", "like Gecko; compatible; pageburst)"),
    *(CHROME + " SafeLinks/1.0 (Microsoft Defender)", "Mozilla/5.0 (compatible; Proofpoint)", CHROME + " (compatible; Google-AMPHTML)"),
    *("Mozilla/5.0 (compatible; Google-Safety; +http://www.google.com/bot.html)", "facebookexternalhit/1.1", "MicrosoftPreview/2.0"),
)
MAIL_APPS = (
    *(THUNDERBIRD, OUTLOOK, OUTLOOK_TRIDENT, OUTLOOK_MAC, OUTLOOK_IPHONE, NEW_OUTLOOK, NOTES, YAHOO_APP),
    "Outlook/16.16.18071205 CFNetwork/902.1 Darwin/17.7.0 (x86_64)",
    IN_APP + " YJApp-IOS jp.co.yahoo.ymail/7.4.1",
    OLD_CHROME.replace("Chrome/32.0.1700.2", "Mailspring/1.7.4 Chrome/69.0.3497.128 Electron/4.2.2"),
    FIREFOX.replace("141.0", "10.0.12") + " Iceape/2.7.12",
    *("NaverMailApp/2.2.2 (Android 10; SM-G986N)", "MailBar/1.3.2 (Mac OS X Version 10.11.1 (Build 15B42))", "eMClient/9.3.6041.0"),
    "Mimestream/1.5.1 CFNetwork/1568.300.101 Darwin/24.2.0",
)
ANDROID = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Mobile Safari/537.36"
BROWSERS = (
    *(CHROME, EDGE, FIREFOX, SAFARI, IN_APP, ANDROID, ANDROID_VIEW, CUBOT),
    CHROME + " OPR/122.0.0.0",
    ANDROID.replace("Chrome/", "SamsungBrowser/28.0 Chrome/"),
    # apps that show mail or pages in a view of their own
    *(
        IN_APP + " [LinkedInApp]/9.30.3013",
        IN_APP + " Safari Line/15.10.0",
        IN_APP + " KAKAOTALK 11.0.0",
        BARE_WEBKIT + " Flipboard/4.2.59",
    ),
    *(ANDROID_VIEW + " Viber/27.4.0.0", ANDROID_VIEW + " [FB_IAB/FB4A;FBAV/523.0.0.50.90;]", ANDROID + " Telegram-Android/11.5.5 (SDK 33)"),
    # people with devices whose names or builds stand on lists of robots
    ANDROID_VIEW.replace("Pixel 8", "RMX3946 Build/AP3A.240617.008") + " Instagram 389.0",
    *(ANDROID.replace("K)", "M bot 54)"), ANDROID_VIEW + " Instagram 389.0 Android (28/9; 480dpi; CUBOT; X20 PRO; en_US)"),
    ANDROID + " SogouMSE,SogouMobileBrowser/6.5.11",
    # people whose browsers keep an elder's name
    ANDROID.replace("Chrome/139.0.0.0", "SamsungBrowser/12.1 Chrome/79.0.3945.136"),
    "Opera/9.80 (Android; Opera Mini/12.0.1987/37.7327; U; pl) Presto/2.12.423 Version/12.16",
)
