"""WSGI entry: hits are answered by the edge, everything else by Django."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")

from django.core.wsgi import get_wsgi_application

from crm.checks import stop_on_errors
from tracking.edge import wsgi_edge

django_application = get_wsgi_application()
stop_on_errors()
application = wsgi_edge(django_application)
