"""Who keeps the copy of a sent mail, and what Sent proves."""

import pytest

from mail import sent_copies
from mail.models import Account


@pytest.mark.parametrize(
    ("host", "kept_by", "provider_files"),
    [
        ("smtp.gmail.com", "", True),
        ("SMTP.Office365.com.", "", True),
        ("smtppro.zoho.eu", "", True),
        ("smtp-relay.gmail.com", "", False),  # only where the administrator has turned that on
        ("smtp-relay.gmail.com", "provider", True),
        ("smtp.gmail.com", "candor", False),
        ("smtp.gmail.com.evil.test", "", False),
        ("mail.acme.test", "", False),
        ("mail.acme.test", "provider", True),
    ],
)
def test_who_files_sent_mail_is_known_by_the_servers_name_or_said(host, kept_by, provider_files):
    assert sent_copies.provider_files(Account(smtp_host=host, sent_kept_by=kept_by)) == provider_files
