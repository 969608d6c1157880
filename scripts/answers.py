"""Whether a process of the scaled mode is alive, for health checks.

`answers.py <port>` asks a web process of this container, `answers.py worker` looks at the worker's sign of life.
"""

import http.client
import os
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

SILENCE = 90  # seconds without a sign of life (one every 15 s) before the worker counts as down


def web(port: int) -> bool:
    """Whether /healthz answers, asked by the site's own name as a proxy would."""
    site = urlsplit(os.environ.get("SITE_URL", "http://localhost"))
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=4)
    try:
        connection.request("GET", "/healthz", headers={"Host": site.netloc, "X-Forwarded-Proto": site.scheme})
        return connection.getresponse().status < 400  # a redirect to https is an answer too
    except OSError:
        return False
    finally:
        connection.close()


def worker() -> bool:
    """Whether the worker was heard of lately."""
    try:
        return time.time() - Path(os.environ.get("DATA_DIR", "var"), "worker-heartbeat").stat().st_mtime < SILENCE
    except OSError:
        return False


if __name__ == "__main__":
    asked = sys.argv[1]
    sys.exit(0 if (worker() if asked == "worker" else web(int(asked))) else 1)
