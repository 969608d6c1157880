"""The database goes away under a running site, and comes back (PostgreSQL)."""

import http.client
import os
import time
from typing import Any

import psycopg
import pytest
from django.conf import settings

from notifications.tests.live_site import running

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not os.environ.get("DATABASE_URL", "").startswith("postgres"), reason="needs DATABASE_URL of a PostgreSQL server"),
]


def get(port: int, address: str, session: str = "") -> Any:
    connection = http.client.HTTPConnection("localhost", port, timeout=30)
    connection.request("GET", address, headers={"Cookie": f"{settings.SESSION_COOKIE_NAME}={session}"})
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, body


def test_pages_say_so_and_streams_go_on_afterwards(tmp_path):
    with running("embedded", tmp_path) as site, psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
        session = site.tell("sign-in anna@acme.test")
        assert get(site.port, "/privacy/", session)[0] == 200
        reader = site.open(session=session, timeout=20).started()
        name = f"candor_live_{site.port}"
        server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')  # type: ignore[arg-type,unused-ignore]
        server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        status, page = get(site.port, "/privacy/", session)
        assert status == 503
        assert "Nothing that was saved is lost" in page
        assert get(site.port, "/healthz")[0] == 200
        assert get(site.port, "/readyz")[0] == 503
        server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')  # type: ignore[arg-type,unused-ignore]
        assert get(site.port, "/privacy/", session)[0] == 200
        with psycopg.connect(os.environ["DATABASE_URL"].rsplit("/", 1)[0] + f"/{name}", autocommit=True) as own:
            own.execute(
                "INSERT INTO notifications_liveevent (user_id, name, payload, created_at) VALUES (1, 'note', '{\"text\": \"back\"}', now())"
            )
        begun = time.monotonic()
        assert reader.text() == "back"
        assert time.monotonic() - begun < 5
        reader.close()
