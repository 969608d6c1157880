"""How fast the copies of one mail may follow one another, by provider."""

import re

from mail.models import Account

USUAL_PAUSE = 0.2  # seconds
PAUSES = (  # by SMTP server, seconds
    (re.compile(r"^(localhost|127\.[\d.]+|::1)$"), 0.0),  # on this machine; the demo's own, too
    (re.compile(r"(^|\.)(office365|outlook)\.com$"), 2.0),  # 30 messages a minute by client submission (Exchange Online limits)
    (re.compile(r"(^|\.)amazonaws\.com$"), 1.0),  # one a second in the sandbox (Amazon SES, service quotas)
)


def pause(account: Account | None) -> float:
    """Seconds to wait between two copies of a mail."""
    host = account.smtp_host.lower().rstrip(".") if account else "localhost"
    return next((seconds for pattern, seconds in PAUSES if pattern.search(host)), USUAL_PAUSE)
