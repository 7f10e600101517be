"""Google's ID tokens, from a metadata server that speaks the real protocol over HTTP."""

import base64
import concurrent.futures
import http.server
import json
import threading
import time
import urllib.parse
from collections.abc import Iterator
from typing import Any

import pytest

from gateway import connections, identity
from wire import environment


class Metadata(http.server.BaseHTTPRequestHandler):
    """Answers as the platform does, to who sends the header that it asks for."""

    fetched: list[str]
    life: float
    broken: bool

    def do_GET(self) -> None:  # the base class's name
        url = urllib.parse.urlsplit(self.path)
        if self.headers.get("Metadata-Flavor") != "Google" and url.path != "/":
            self.say(403, "")
        elif self.broken:
            self.say(503, "")
        elif url.path.endswith("/identity"):
            audience = urllib.parse.parse_qs(url.query)["audience"][0]
            self.fetched.append(audience)
            time.sleep(0.2)  # so that others come meanwhile
            self.say(200, token({"aud": audience, "exp": int(time.time() + self.life)}))
        elif url.path.endswith("/project/numeric-project-id"):
            self.say(200, "123456789012")
        elif url.path.endswith("/service-accounts/default/"):
            about = {"email": "gateway@example.org", "aliases": ["default"], "scopes": []}
            self.say(200, json.dumps(about), "application/json")
        else:
            self.say(200, "")

    def say(self, status: int, text: str, kind: str = "application/text") -> None:
        self.send_response(status)
        self.send_header("Metadata-Flavor", "Google")
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


def token(claims: dict[str, Any]) -> str:
    """A well-formed JWT. Nobody here checks its signature: the platform's own front does."""
    parts = ({"alg": "RS256", "typ": "JWT"}, claims, {"signature": 0})
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts]
    return b".".join(encoded).decode()


class Backend(http.server.BaseHTTPRequestHandler):
    """A private service: without a token for its own address it lets nobody in."""

    protocol_version = "HTTP/1.1"
    seen: list[str]

    def do_GET(self) -> None:  # the base class's name
        sent = self.headers.get("Authorization", "")
        self.seen.append(sent)
        claims = sent.split(".")[1] if sent.count(".") == 2 else ""
        claims += "=" * (-len(claims) % 4)
        told = json.loads(base64.urlsafe_b64decode(claims) or b"{}")
        mine = f"http://{self.headers['Host']}"
        self.send_response(200 if told.get("aud") == mine else 403)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


def serving(handler: type[http.server.BaseHTTPRequestHandler]) -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture
def metadata(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Metadata]]:
    Metadata.fetched, Metadata.life, Metadata.broken = [], 3600.0, False
    for at in serving(Metadata):
        # google-auth reads the one at its import, the other at each use.
        monkeypatch.setattr("google.auth.compute_engine._metadata._GCE_METADATA_HOST", at)
        monkeypatch.setenv("GCE_METADATA_IP", at)
        yield Metadata


@pytest.fixture
def backend() -> Iterator[str]:
    Backend.seen = []
    for at in serving(Backend):
        yield f"http://{at}"


def test_a_private_service_lets_the_gateway_in_by_its_token(
    metadata: type[Metadata], backend: str
) -> None:
    pool = connections.Pool(backend, identity=identity.of("google", backend))
    client = {"authorization": "Bearer the-clients-own"}
    answer = pool.exchange(connections.Request("GET", "/health/ready"), 5)
    assert answer.status == 200
    assert metadata.fetched == [backend]
    without = connections.Pool(backend, identity=identity.of("", backend))
    assert without.exchange(connections.Request("GET", "/", client), 5).status == 403
    for each in (pool, without):
        each.forget()


def test_many_at_once_make_one_fetch_and_it_is_kept(metadata: type[Metadata]) -> None:
    tokens = identity.Tokens("https://model.example.org")
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        got = {each.result() for each in [pool.submit(tokens.current) for _ in range(64)]}
    assert len(got) == 1
    assert metadata.fetched == ["https://model.example.org"]


def test_a_token_is_fetched_again_before_its_end_by_one_while_the_others_go_on(
    metadata: type[Metadata],
) -> None:
    ahead = [0.0]
    tokens = identity.Tokens("https://model.example.org", lambda: time.time() + ahead[0])
    old = tokens.current()
    ahead[0] = 3600 - identity.SOON + 10  # soon over, and still good
    metadata.life = 7200
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        began = time.monotonic()
        got = [each.result() for each in [pool.submit(tokens.current) for _ in range(8)]]
        assert time.monotonic() - began < 2
    assert len(metadata.fetched) == 2
    assert old in got  # who came meanwhile didn't wait
    assert tokens.current() != old


def test_without_a_token_nothing_is_sent(metadata: type[Metadata], backend: str) -> None:
    metadata.broken = True
    pool = connections.Pool(backend, identity=identity.of("google", backend))
    with pytest.raises(identity.IdentityError, match="no identity token can be had"):
        pool.exchange(connections.Request("GET", "/"), 5)
    assert Backend.seen == []


def test_a_failing_platform_costs_nothing_while_the_old_token_is_good(
    metadata: type[Metadata],
) -> None:
    ahead = [0.0]
    tokens = identity.Tokens("https://model.example.org", lambda: time.time() + ahead[0])
    old = tokens.current()
    metadata.broken = True
    ahead[0] = 3600 - identity.SOON + 10
    assert tokens.current() == old
    ahead[0] = 3601
    with pytest.raises(identity.IdentityError):
        tokens.current()


@pytest.mark.usefixtures("metadata")
def test_the_projects_number_is_filled_in_where_the_platform_knows_it() -> None:
    setting = "https://{service}-{project_number}.europe-west1.run.app"
    assert identity.filled(setting) == "https://{service}-123456789012.europe-west1.run.app"
    assert identity.filled("http://{service}:8080") == "http://{service}:8080"


def test_where_no_platform_answers_the_setting_is_refused(metadata: type[Metadata]) -> None:
    metadata.broken = True
    with pytest.raises(environment.SettingError, match="Write the project's number"):
        identity.filled("https://{service}-{project_number}.europe-west1.run.app")
