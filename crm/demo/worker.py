"""The demo's Celery worker with its schedule in one process: `celery -A crm worker -B` forks a second one for it.

Run by the supervisor as `python -m crm.demo.worker`.
"""

import logging
import sys
import threading
import time

from celery import Celery
from celery.beat import Scheduler, Service

PAUSE = 5  # seconds before a schedule that failed starts again
log = logging.getLogger("demo.schedule")


class Schedule(threading.Thread):
    """Celery's beat as a thread that comes back when something (a full disk) throws it out."""

    def __init__(self, app: Celery) -> None:
        super().__init__(name="schedule", daemon=True)
        self.app = app

    def run(self) -> None:
        while True:
            try:
                Service(self.app, max_interval=1, scheduler_cls=Scheduler).start()
            except Exception:
                log.exception("The schedule failed and starts again")
            time.sleep(PAUSE)


def main() -> None:
    import django

    from crm.celery import app

    django.setup()
    from mail import tasks
    from mail.sync.watching import Watcher

    threading.Thread(target=Watcher(tasks.news_of).run, args=(threading.Event(),), name="watcher", daemon=True).start()
    worker = app.Worker(quiet=True, without_mingle=True, without_gossip=True, without_heartbeat=True)
    Schedule(app).start()
    worker.start()
    sys.exit(worker.exitcode)


if __name__ == "__main__":
    main()
