"""Every address of the site, app by app."""

from django.conf import settings
from django.urls import include, path

from crm import views

handler500 = "crm.errors.server_error"
urlpatterns = [
    path("", views.home, name="home"),
    path("search/", views.search, name="search"),
    path("insights/", views.insights, name="insights"),
    path("settings/health/", views.health, name="health"),
    path("settings/health/tracking/", views.health_tracking, name="health_tracking"),
    path("privacy/", views.privacy, name="privacy"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("robots.txt", views.robots, name="robots"),
    path("account/", include("crm.accounts.sign_in_urls")),
    path("", include("crm.privacy.urls")),
    path("", include("crm.exchange.urls")),
    path("", include("crm.accounts.urls")),
    path("", include("crm.records.urls")),
    path("", include("crm.consent.urls")),
    path("", include("notifications.urls")),
    path("", include("tracking.urls")),
    path("", include("mail.urls")),
]
if settings.DEMO:
    urlpatterns += [path("", include("crm.demo.urls"))]
