"""A worker that is killed in the middle of an import: the next one goes on, nothing is lost, nothing comes twice."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.installation import Installation

pytestmark = pytest.mark.slow
ROWS = 4000
BEGIN = """
from django.utils import timezone
from crm.accounts.models import User
from crm.exchange import running, uploading
alice = User.objects.create_user("alice@acme.test", "pw", name="Alice")
rows = "".join(f"Person {number},p{number}@x.test,Company {number % 50}\\n" for number in range(int(os.environ["ROWS"])))
job = uploading.begin(owner=alice, name="many.csv", content=("Name,Email,Company\\n" + rows).encode())
running.begin(job=job, status="running", now=timezone.now())
print(job.pk)
"""
RUN = "from crm.exchange import running; running.run(int(os.environ['JOB']))"
STATE = """
from crm.exchange.models import ImportJob
from crm.records.models import Person, TimelineEntry
job = ImportJob.objects.get()
print(json.dumps([job.offset, Person.objects.count(), job.rows.count()]))
"""
GO_ON = """
from datetime import timedelta
from django.utils import timezone
from crm.exchange import running
from crm.exchange.models import ImportJob
from crm.records.models import Organisation, Person, TimelineEntry
ImportJob.objects.update(claimed_at=timezone.now() - timedelta(minutes=5))  # what time does
for pk in running.waiting(now=timezone.now()):
    running.run(pk)
job = ImportJob.objects.get()
emails = set(Person.objects.values_list("email", flat=True))
print(json.dumps([job.status, job.created_count, Person.objects.count(), len(emails), Organisation.objects.count(), job.rows.count()]))
"""


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    with Installation(tmp_path) as running:
        yield running


def test_a_worker_killed_in_the_middle_loses_nothing_and_doubles_nothing(installation: Installation) -> None:
    job = str(installation.run(BEGIN, ROWS=str(ROWS)))
    worker = installation.start(RUN, JOB=job)
    offset = 0
    while not offset and worker.poll() is None:
        time.sleep(0.05)
        offset, people, rows = installation.run(STATE)
    worker.send_signal(signal.SIGKILL)
    worker.communicate()
    offset, people, rows = installation.run(STATE)
    assert 0 < offset < ROWS
    assert people == rows == offset
    assert installation.run(GO_ON) == ["done", ROWS, ROWS, ROWS, 50, ROWS]
