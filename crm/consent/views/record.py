"""The record of processing activities (GDPR article 30), to be printed."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from crm.accounts.views.staff import for_administrators
from crm.consent.models import Settings
from crm.consent.retention import facts


@require_safe
@for_administrators
def record(request: HttpRequest) -> HttpResponse:
    """Filled from the company's settings and its policy; what only the company knows is left to be written in."""
    context = {
        "section": "settings",
        "settings_page": "privacy",
        "company": Settings.load(),
        "today": timezone.localdate(),
        "site": settings.SITE_URL,
        "is_https": settings.IS_HTTPS,
        "facts": facts(),
    }
    return render(request, "consent/record.html", context)
