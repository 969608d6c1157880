"""The Celery application; embedded, its broker is a folder of files (see `crm.lib.safefs`)."""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_init, worker_ready

from crm.lib import heartbeat, safefs

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
safefs.register()

app = Celery("crm")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def check_configuration(**kwargs: Any) -> None:
    """A worker starts on a correct configuration or says what is wrong with it."""
    from crm.checks import stop_on_errors

    stop_on_errors()


@worker_ready.connect
def tell_that_it_lives(**kwargs: Any) -> None:
    """The first sign of life comes at once, the next ones by the schedule."""
    heartbeat.beat()
