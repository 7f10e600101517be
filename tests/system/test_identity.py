"""Google's ID tokens, from a metadata server that speaks the real protocol over HTTP."""

import asyncio
import base64
import concurrent.futures
import dataclasses
import http.server
import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from gateway import id_tokens, transport
from passerelle.artifact.card import Card, Input
from passerelle.manifest import reading
from passerelle.protocol import contract
from passerelle.server import google_cloud
from passerelle.server.settings import SettingError
from tests.support import processes, stack
from tests.support.metadata_server import Metadata


class Backend(http.server.BaseHTTPRequestHandler):
    """A private model: without a token for its own address it lets nobody in."""

    protocol_version = "HTTP/1.1"
    seen: list[str]  # what came, each with its headers
    card: dict[str, Any]

    def do_GET(self) -> None:  # the base class's name
        models = {processes.LITE0: {"status": "ready", "reason": "", "digest": "d" * 64}}
        ready = {"contract": contract.VERSION, "models": models}
        self.answer(ready if self.path == "/health/ready" else self.card)

    def do_POST(self) -> None:  # the base class's name
        self.rfile.read(int(self.headers["Content-Length"]))
        best = {"class_id": 0, "label": "cat", "score": 1.0}
        answer = {"model": processes.LITE0, "category": "cat", "predictions": [best]}
        self.answer(answer | {"request_id": self.headers["X-Request-ID"]})

    def answer(self, document: Any) -> None:
        self.seen.append(f"{self.command} {self.path}\n{self.headers}")
        sent = self.headers.get("Authorization", "")
        claims = sent.split(".")[1] if sent.count(".") == 2 else ""
        claims += "=" * (-len(claims) % 4)
        told = json.loads(base64.urlsafe_b64decode(claims) or b"{}")
        mine = told.get("aud") == f"http://{self.headers['Host']}"
        body = json.dumps(document).encode() if mine and told["exp"] > time.time() else b""
        self.send_response(200 if body else 403)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


def serving(handler: type[http.server.BaseHTTPRequestHandler]) -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture
def metadata(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Metadata]]:
    Metadata.fetched, Metadata.life, Metadata.pause = [], 3600.0, 0.2
    Metadata.broken, Metadata.number, Metadata.refused = False, "123456789012", []
    for at in serving(Metadata):
        # google-auth reads the one at its import, the other at each use.
        monkeypatch.setattr("google.auth.compute_engine._metadata._GCE_METADATA_HOST", at)
        monkeypatch.setenv("GCE_METADATA_IP", at)
        monkeypatch.setenv("GCE_METADATA_HOST", at)  # for a process of its own
        yield Metadata


@pytest.fixture
def backend() -> Iterator[str]:
    Backend.seen = []
    path = stack.ROOT / "models.yaml"
    model = next(each for each in reading.read(path) if each.id == processes.LITE0)
    same = {name: getattr(model, name) for name in ("id", "architecture", "engine", "precision")}
    card = Card(
        **same,
        weights={"source": model.weights, "kind": "package", "sha256": None},
        input=Input((224, 224), 256, "bicubic", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
        classes=1,
        labels="as listed",
        check={"pictures": 3, "error": 0.0, "tolerance": 0.001},
        agreement=None,
        measured={"latency_ms": 1.0, "size_mb": 1.0},
        versions={},
        digest="d" * 64,
    )
    Backend.card = dataclasses.asdict(card)
    for at in serving(Backend):
        yield f"http://{at}"


async def test_a_private_service_lets_the_gateway_in_by_its_token(
    metadata: type[Metadata], backend: str
) -> None:
    pool = transport.Pool(backend, credentials=id_tokens.credentials_for("google", backend))
    client = {"authorization": "Bearer the-clients-own"}
    answer = await pool.send(transport.Request("GET", "/health/ready"), 5)
    assert answer.status == 200
    assert metadata.fetched == [backend]
    without = transport.Pool(backend, credentials=id_tokens.credentials_for("", backend))
    assert (await without.send(transport.Request("GET", "/", client), 5)).status == 403
    for each in (pool, without):
        each.close_idle()


async def test_many_at_once_make_one_fetch_and_it_is_kept(metadata: type[Metadata]) -> None:
    tokens = id_tokens.IdTokens("https://model.example.org")
    got = set(await asyncio.gather(*(tokens.current() for _ in range(64))))
    assert len(got) == 1
    assert metadata.fetched == ["https://model.example.org"]


async def test_a_token_is_fetched_again_before_its_end_and_nobody_waits_for_that(
    metadata: type[Metadata],
) -> None:
    ahead = [0.0]
    tokens = id_tokens.IdTokens("https://model.example.org", lambda: time.time() + ahead[0])
    old = await tokens.current()
    ahead[0] = 3600 - id_tokens.REFRESH_BEFORE + 10  # soon over, and still good
    metadata.life, metadata.pause = 7200, 1.0
    began = time.monotonic()
    got = set(await asyncio.gather(*(tokens.current() for _ in range(64))))
    assert time.monotonic() - began < 0.5
    assert got == {old}
    assert tokens._fetching
    await asyncio.wait_for(tokens._fetching, 5)
    assert await tokens.current() != old
    assert len(metadata.fetched) == 2


async def test_a_platform_that_hangs_holds_nobody_for_long(metadata: type[Metadata]) -> None:
    metadata.pause = 5.0
    tokens = id_tokens.IdTokens("https://model.example.org")
    began = time.monotonic()
    asked = await asyncio.gather(*(tokens.current() for _ in range(8)), return_exceptions=True)
    assert {type(each) for each in asked} == {id_tokens.IdTokenError}
    assert time.monotonic() - began < id_tokens.FETCH_WAIT + 1
    assert len(metadata.fetched) == 1


async def test_without_a_token_nothing_is_sent(metadata: type[Metadata], backend: str) -> None:
    metadata.broken = True
    pool = transport.Pool(backend, credentials=id_tokens.credentials_for("google", backend))
    with pytest.raises(id_tokens.IdTokenError, match="no identity token can be had"):
        await pool.send(transport.Request("GET", "/"), 5)
    assert Backend.seen == []


@pytest.mark.usefixtures("metadata")
def test_the_projects_number_is_filled_in_where_the_platform_knows_it() -> None:
    setting = "https://{service}-{project_number}.europe-west1.run.app"
    filled = "https://{service}-123456789012.europe-west1.run.app"
    host = os.environ["GCE_METADATA_HOST"]
    assert google_cloud.fill_in_project_number(setting, "X", host) == filled
    other = "http://{service}:8080"
    assert google_cloud.fill_in_project_number(other, "X", host) == other


def test_where_no_platform_answers_the_setting_is_refused(metadata: type[Metadata]) -> None:
    metadata.broken = True
    with pytest.raises(SettingError, match="Write the project's number"):
        google_cloud.fill_in_project_number(
            "https://{service}-{project_number}.europe-west1.run.app",
            "X",
            os.environ["GCE_METADATA_HOST"],
        )


# From here on, through a gateway's own process.


def test_a_gateway_proves_who_it_is_and_keeps_what_the_client_sent(
    metadata: type[Metadata], backend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSERELLE_UPSTREAM_AUTH", "google")
    host, _, metadata.number = backend.rpartition(":")  # so that the number leads somewhere
    with processes.gateway(tmp_path, host + ":{project_number}") as door:
        stack.wait_for(lambda: door.model()["status"] == "ready", 20)
        url, key = f"{door.url}/model/{processes.LITE0}/predict", {"X-API-Key": door.key}
        own = {"Authorization": f"Bearer {door.key}", "Cookie": "mine"}
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            for headers in (own, key):
                asked = [
                    pool.submit(requests.post, url, stack.CAT, headers=headers, timeout=30)
                    for _ in range(32)
                ]
                assert {each.result().status_code for each in asked} == {200}
    assert metadata.fetched == [backend]
    posts = [each for each in Backend.seen if each.startswith("POST")]
    assert len(posts) == 64
    assert all(each.count("Authorization: Bearer ey") == 1 for each in Backend.seen)
    assert not any(door.key in each or "mine" in each for each in Backend.seen)


def test_a_gateway_without_a_token_says_so_and_sends_nothing(
    metadata: type[Metadata], backend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSERELLE_UPSTREAM_AUTH", "google")
    metadata.life, metadata.pause = 4, 0
    with processes.gateway(tmp_path, f"{processes.LITE0}={backend}") as door:
        stack.wait_for(lambda: door.model()["status"] == "ready", 20)
        assert door.predict().status_code == 200
        metadata.broken = True
        stack.wait_for(lambda: door.model()["status"] == "unavailable", 20)
        assert door.model()["reason"] == "no identity token can be had"
        sent = len(Backend.seen)
        answer = door.predict()
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
        assert "no identity token can be had" in answer.json()["detail"]
        before = len(metadata.refused)
        stack.wait_for(lambda: len(metadata.refused) > before + 1, 20)  # it went on trying
        assert len(Backend.seen) == sent
        metadata.broken = False
        stack.wait_for(lambda: door.predict().status_code == 200, 20)


def test_a_gateway_that_may_not_invoke_a_service_says_so(backend: str, tmp_path: Path) -> None:
    with processes.gateway(tmp_path, f"{processes.LITE0}={backend}") as door:
        stack.wait_for(lambda: door.model()["status"] == "unavailable", 20)
        assert "refuses the gateway (403)" in door.model()["reason"]


def test_a_gateway_off_the_platform_doesnt_start(metadata: type[Metadata], tmp_path: Path) -> None:
    metadata.broken = True
    (tmp_path / "keys.yaml").write_text("version: 1\nkeys: []\n")
    environ = {
        "PASSERELLE_KEYS": str(tmp_path / "keys.yaml"),
        "PASSERELLE_UPSTREAM": "https://{service}-{project_number}.europe-west1.run.app",
    }
    done = subprocess.run(
        [*stack.PYTHON, "-m", "gunicorn", "-c", "gateway/gunicorn.conf.py"], check=False,
        env=os.environ | environ, cwd=stack.ROOT, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert "Write the project's number." in done.stderr
    assert "Traceback" not in done.stderr
