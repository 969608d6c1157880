"""An OAuth 2 server on this machine, as Google and Microsoft run one: codes with PKCE, tokens that expire, rotation, refusals."""

import hashlib
import json
import secrets
import threading
from base64 import urlsafe_b64encode
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

Answer = tuple[int, dict[str, Any]]


@dataclass
class FakeAuthorisation:
    """`person` is who signs in there and `allows` what; `good` are the access tokens that its mail servers take now."""

    person: str = "alice@acme.test"
    allows: str = "https://mail.google.com/ openid email"
    refuses: str = ""  # the person says no, in the protocol's word
    lifetime: int = 3600
    rotates: bool = False
    good: set[str] = field(default_factory=set)
    asked: list[dict[str, str]] = field(default_factory=list)  # what came to the token endpoint

    def __post_init__(self) -> None:
        self.refresh_tokens: set[str] = set()
        self.visits: list[dict[str, str]] = []
        self.reached, self.released = threading.Event(), threading.Event()
        self.released.set()
        self._codes: dict[str, dict[str, str]] = {}
        self._script: deque[Answer] = deque()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *details: object) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def renewals(self) -> int:
        return sum(one["grant_type"] == "refresh_token" for one in self.asked)

    def will(self, *answers: Answer) -> None:
        """Answer so the next times that tokens are asked for."""
        self._script.extend(answers)

    def end_tokens(self) -> None:
        """The access tokens are good no more, before their time."""
        self.good.clear()

    def take_back(self) -> None:
        """The person takes the permission back."""
        self.good.clear()
        self.refresh_tokens.clear()

    def visit(self, asked: dict[str, str]) -> str:
        """A browser comes: where it is sent back to."""
        self.visits.append(asked)
        if self.refuses:
            return f"{asked['redirect_uri']}?{urlencode({'error': self.refuses, 'state': asked['state']})}"
        code = secrets.token_urlsafe(8)
        self._codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def answer(self, asked: dict[str, str]) -> Answer:
        """The token endpoint."""
        self.asked.append(asked)
        self.reached.set()
        self.released.wait(20)
        if self._script:
            return self._script.popleft()
        if asked.get("client_secret") != "hush":
            return 401, {"error": "invalid_client"}
        return self._of_code(asked) if asked["grant_type"] == "authorization_code" else self._of_refresh(asked)

    def _of_code(self, asked: dict[str, str]) -> Answer:
        begun = self._codes.pop(asked.get("code", ""), None)
        proof = urlsafe_b64encode(hashlib.sha256(asked.get("code_verifier", "").encode()).digest()).decode().rstrip("=")
        if begun is None or begun["code_challenge_method"] != "S256" or begun["code_challenge"] != proof:
            return 400, {"error": "invalid_grant", "error_description": "the code is not good"}
        return self._give(self._fresh())

    def _of_refresh(self, asked: dict[str, str]) -> Answer:
        old = asked["refresh_token"]
        if old not in self.refresh_tokens:
            return 400, {"error": "invalid_grant", "error_description": f"{old} was taken back"}
        if not self.rotates:
            return self._give("")
        self.refresh_tokens.discard(old)
        return self._give(self._fresh())

    def _fresh(self) -> str:
        self.refresh_tokens.add(token := f"refresh-{secrets.token_urlsafe(8)}")
        return token

    def _give(self, refresh: str) -> Answer:
        self.good.add(access := f"access-{secrets.token_urlsafe(8)}")
        claims = urlsafe_b64encode(json.dumps({"email": self.person}).encode()).decode().rstrip("=")
        told = {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": self.lifetime,
            "scope": self.allows,
            "id_token": f"e30.{claims}.",
        }
        return 200, told | ({"refresh_token": refresh} if refresh else {})


def _handler(server: FakeAuthorisation) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            self.send_response(302)
            self.send_header("Location", server.visit(asked))
            self.end_headers()

        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
            status, told = server.answer({name: values[0] for name, values in parse_qs(sent).items()})
            content = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *details: object) -> None:
            pass

    return Handler
