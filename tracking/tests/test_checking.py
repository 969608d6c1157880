"""`check_tracking` against real servers: each fault in its own words, and good where all is well."""

import socket
import ssl
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.core.management import call_command
from django.test import Client

from tests.mailstack.certificates import Authority
from tracking import checking, edge


class Edge(BaseHTTPRequestHandler):
    """This installation's edge behind an ordinary server; `change` is what something on the way does to its answers."""

    change = staticmethod(lambda answer: answer)

    def do_GET(self):
        path, _, query = self.path.partition("?")
        environ = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "HTTP_HOST": self.headers["Host"],
            "REMOTE_ADDR": "127.0.0.1",
        }
        found = type(self).change(edge.hit_or_nothing(edge.from_wsgi(environ)) or edge.NOT_FOUND)
        self.send_response(found.status)
        for name, value in found.headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(found.body)

    def log_message(self, *args):
        pass


@pytest.fixture
def serve(settings, spool):
    """Starts a server and gives its address; `certificate` makes it https."""
    running = []

    def start(change=lambda answer: answer, certificate=None):
        server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Edge,), {"change": staticmethod(change)}))
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate.certificate, certificate.key)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        running.append(server)
        host = f"localhost:{server.server_port}"
        settings.TRACKING_ONLY_HOSTS = frozenset({host})
        return f"{'https' if certificate else 'http'}://{host}"

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


def found(address):
    return [finding.key for finding in checking.check(address).findings if finding.key != "private"]


def headed(name, value):
    return lambda answer: answer._replace(headers=[*(pair for pair in answer.headers if pair[0] != name), (name, value)])


def test_a_host_of_ours_works_and_the_probe_is_recorded_nowhere(serve, spool):
    assert found(serve()) == []
    assert not list(spool.glob("*"))


def test_a_valid_certificate_is_good_and_each_fault_of_one_is_told(serve, tmp_path, monkeypatch):
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
    cases = {
        (): authority.issue("localhost", valid_for=timedelta(days=60)),
        ("ends_soon",): authority.issue("localhost", valid_for=timedelta(days=5), label="soon"),
        ("expired",): authority.issue("localhost", valid_for=timedelta(days=-1), label="expired"),
        ("other_name",): authority.issue("go.other.test", label="other"),
        ("self_signed",): authority.self_signed("localhost"),
    }
    assert {tuple(found(serve(certificate=pair))) for pair in cases.values()} == set(cases)
    assert found(serve().replace("http:", "https:")) == ["no_tls"]


@pytest.mark.parametrize(
    ("change", "keys"),
    [
        (lambda answer: answer._replace(status=502), ["server_error"]),
        (lambda answer: answer._replace(status=301, headers=[("Location", "https://crm.test/")]), ["redirects"]),
        (lambda answer: answer._replace(status=200, headers=[], body=b"<h1>Welcome to nginx"), ["someone_else"]),
        (lambda answer: edge.NOT_FOUND, ["other_keys"]),
        (headed("Set-Cookie", "__cf_bm=x; path=/"), ["cookie", "cookie"]),
        (headed("Referrer-Policy", "origin"), ["referrer", "referrer"]),
        (headed("Cache-Control", "max-age=3600"), ["pixel_stored"]),
        (lambda answer: answer._replace(body=b"x") if answer is edge.PIXEL else answer, ["pixel_changed"]),
        (lambda answer: edge.NOT_FOUND if answer is edge.ROBOTS else answer, ["robots"]),
        (lambda answer: answer._replace(status=200) if answer is edge.NOT_FOUND else answer, ["pages"]),
    ],
)
def test_each_fault_on_the_way_is_told_apart(serve, change, keys):
    assert found(serve(change)) == keys


def test_an_installation_with_other_keys_is_not_taken_for_this_one(serve, settings, monkeypatch):
    address = serve()
    monkeypatch.setattr("tracking.tokens.link_path", lambda *args: f"/l/{'A' * 28}?u=https%3A%2F%2Fprobe.invalid%2F")
    assert found(address) == ["other_keys"]


def test_a_name_that_does_not_resolve_and_a_port_where_nothing_listens_are_told():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        nothing = bound.getsockname()[1]
        assert found(f"http://127.0.0.1:{nothing}") == ["refused"]
    assert found("https://go.nowhere.invalid") == ["no_name"]


def test_the_command_says_each_in_a_sentence_and_fails(serve, settings, capsys):
    settings.TRACKING_URL, settings.TRACKING_HOSTS = serve(), {"client.test": "https://go.nowhere.invalid"}
    with pytest.raises(SystemExit):
        call_command("check_tracking")

    told = capsys.readouterr().out
    assert "warning: localhost leads to" in told
    assert "https://go.nowhere.invalid\n  FAULT: The name go.nowhere.invalid does not resolve." in told


def test_the_health_page_has_a_row_for_each_host(alice_client: Client, settings):
    settings.TRACKING_URL, settings.TRACKING_HOSTS = "https://a.nowhere.invalid", {"client.test": "https://b.nowhere.invalid"}

    for headers in ({}, {"HX-Request": "true"}):
        page = alice_client.get("/settings/health/tracking/", headers=headers).content.decode()
        assert [page.count(f"https://{name}.nowhere.invalid: does not work") for name in "ab"] == [1, 1]
        assert ("<html" in page) != bool(headers)


def test_every_sentence_can_be_said():
    named = dict.fromkeys(("name", "address", "port", "fault", "seconds", "days", "status", "target", "cookie"), "x")
    assert all(checking.Finding(key, named).words for key in checking.WORDS)
