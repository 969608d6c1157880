"""The site's addresses with those of the demo, which exist only where the demo runs."""

from django.urls import include, path

from crm.urls import urlpatterns as site

urlpatterns = [*site, path("", include("crm.demo.urls"))]
