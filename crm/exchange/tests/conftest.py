"""An import from the upload to its end, as a person does it in the browser."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from crm.accounts.models import User
from crm.exchange import running
from crm.exchange.models import ImportJob

Door = Callable[..., ImportJob]


def upload(client: Client, content: bytes | str, name: str = "people.csv", kind: str = "") -> ImportJob:
    """Choose a file; the job, waiting for its columns."""
    data = content if isinstance(content, bytes) else content.encode()
    answer = client.post("/import/", {"file": SimpleUploadedFile(name, data), "kind": kind})
    assert answer.status_code == 302, answer.content.decode()
    return ImportJob.objects.latest("pk")


def as_guessed(job: ImportJob, **chosen: Any) -> dict[str, Any]:
    """The form of the columns as it stands, with what is `chosen` besides; columns by their headings."""
    form: dict[str, Any] = {f"column_{place}": target for place, target in enumerate(job.mapping)}
    form |= {"mode": job.mode, "key": job.key, "day_first": "1" if job.day_first else "", "decimal_comma": "1" if job.decimal_comma else ""}
    columns = chosen.pop("columns", {})
    return form | {f"column_{job.headings.index(heading)}": target for heading, target in columns.items()} | chosen


def attempt(client: Client, job: ImportJob, **chosen: Any) -> ImportJob:
    """Send the columns: it is tried."""
    answer = client.post(f"/import/{job.pk}/columns/", as_guessed(job, **chosen))
    assert answer.status_code == 302, answer.content.decode()
    job.refresh_from_db()
    return job


def run(client: Client, job: ImportJob) -> ImportJob:
    """Press Import, and let the worker do it."""
    assert client.post(f"/import/{job.pk}/start/").status_code == 302
    running.run(job.pk)
    job.refresh_from_db()
    return job


@pytest.fixture
def imported(alice_client: Client) -> Door:
    """A whole import by Alice."""

    def door(content: bytes | str, name: str = "people.csv", kind: str = "", **chosen: Any) -> ImportJob:
        job = attempt(alice_client, upload(alice_client, content, name, kind), **chosen)
        return run(alice_client, job)

    return door


@pytest.fixture
def ada_client(ada: User) -> Client:
    client = Client()
    client.force_login(ada)
    return client
