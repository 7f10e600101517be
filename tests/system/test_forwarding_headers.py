"""What a backend is told of whom a request came from and through, and what nobody else may say."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.support import processes, recorder, stack
from tests.support.processes import Door
from tests.support.recorder import Recorder, Seen

MODELS = """\
version: 1
models:
  - id: odd
    backend: {{url: "http://127.0.0.1:{port}", path: /}}
  - id: kept
    cache: {{size: 10, ttl: 60s}}
    backend: {{url: "http://127.0.0.1:{port}", path: /}}
"""
SPOOFED = {
    "X-Forwarded-For": "6.6.6.6", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https",
    "X-Forwarded-Prefix": "/evil", "X-Forwarded-User": "root", "Forwarded": "for=6.6.6.6",
    "X-Real-IP": "6.6.6.6", "True-Client-IP": "6.6.6.6", "X-Auth-User": "root",
    "X-Auth-Request-Email": "root@example.com", "Remote-User": "root", "X-Remote-User": "root",
    "X-Goog-Authenticated-User-Email": "root@example.com", "X-Original-URL": "/admin",
    "X-Rewrite-URL": "/admin",
}  # fmt: skip


@pytest.fixture(scope="module")
def backend() -> Iterator[Recorder]:
    with recorder.running() as found:
        yield found


def gateway(folder: Path, backend: Recorder, **environ: str) -> Any:
    manifest = MODELS.format(port=backend.port)
    return processes.gateway(folder, "http://127.0.0.1:1", environ=environ, manifest=manifest)


@pytest.fixture(scope="module")
def door(backend: Recorder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    with gateway(tmp_path_factory.mktemp("forwarding"), backend) as found:
        wait_until_ready(found)
        yield found


def wait_until_ready(door: Door) -> None:
    stack.wait_for(lambda: {m["status"] for m in door.get("/models")["models"]} == {"ready"}, 20)


def told(door: Door, backend: Recorder, headers: dict[str, str], model: str = "odd") -> Seen:
    """What the backend is told of a request with these headers."""
    backend.clear()
    url = f"{door.url}/model/{model}/predict"
    answer = requests.post(url, b"a", headers={"X-API-Key": door.key} | headers, timeout=30)
    assert answer.status_code == 200, answer.text
    (found,) = backend.seen
    return found


def test_what_only_a_proxy_may_say_is_not_passed_on_for_a_client(
    door: Door, backend: Recorder
) -> None:
    found = told(door, backend, SPOOFED)
    assert found.values("x-forwarded-for") == ["127.0.0.1"]
    sent = {name.lower() for name in SPOOFED} - {"x-forwarded-for"}
    assert sent.isdisjoint(name for name, _ in found.headers)


def test_behind_a_trusted_proxy_it_is_told_the_clients_address(
    backend: Recorder, tmp_path: Path
) -> None:
    trusted = "127.0.0.0/8, 10.0.0.0/8"
    with gateway(tmp_path, backend, PASSERELLE_TRUSTED_PROXIES=trusted) as door:
        wait_until_ready(door)
        chain = {"X-Forwarded-For": "6.6.6.6, 203.0.113.7, 10.0.0.3"}
        found = told(door, backend, chain)
        assert found.values("x-forwarded-for") == ["203.0.113.7, 10.0.0.3, 127.0.0.1"]


@pytest.mark.parametrize("model", ["odd", "kept"])
def test_what_connection_names_goes_before_the_gateways_own_is_added(
    door: Door, backend: Recorder, model: str
) -> None:
    names = (
        "X-Hop, X-Request-ID, Via, X-Forwarded-For, Host, Content-Length, X-API-Key, traceparent"
    )
    found = told(door, backend, {"Connection": names, "X-Hop": "1", "X-Request-ID": "mine"}, model)
    for name in ("via", "x-forwarded-for", "host", "content-length", "traceparent"):
        assert len(found.values(name)) == 1, name
    assert found.values("x-request-id") == ["mine"]
    assert found.values("x-hop") == found.values("connection") == found.values("x-api-key") == []


def test_a_backend_is_asked_by_its_own_host(door: Door, backend: Recorder) -> None:
    found = told(door, backend, {"Host": "evil.example"})
    assert found.values("host") == [f"127.0.0.1:{backend.port}"]


def test_an_answer_is_of_the_gateways_connection(door: Door, backend: Recorder) -> None:
    backend.answers["hops"] = (
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\n"
        b"X-Mine: 2\r\nKeep-Alive: timeout=1\r\nUpgrade: h2c\r\nProxy-Authenticate: Basic\r\n"
        b"Trailer: X\r\n\r\nok"
    )
    url, headers = f"{door.url}/model/odd/predict/hops", {"X-API-Key": door.key}
    with requests.Session() as session:
        for _ in range(2):  # the client's connection goes on
            answer = session.post(url, b"a", headers=headers, timeout=30)
            assert (answer.status_code, answer.headers["X-Mine"]) == (200, "2")
            for name in ("X-Hop", "Connection", "Keep-Alive", "Upgrade", "Trailer",
                         "Proxy-Authenticate"):  # fmt: skip
                assert name not in answer.headers


def test_via_names_the_gateway_behind_those_before(door: Door, backend: Recorder) -> None:
    (alone,) = told(door, backend, {}).values("via")
    assert alone.startswith("1.1 passerelle-")
    assert told(door, backend, {"Via": "1.0 fred"}).values("via") == [f"1.0 fred, {alone}"]


def test_two_gateways_in_a_row_are_no_loop(door: Door, backend: Recorder, tmp_path: Path) -> None:
    manifest = (
        f'version: 1\nmodels:\n  - id: odd\n    backend: {{url: "{door.url}", '
        "path: /model/odd/predict, headers: {X-API-Key: 'env:SECOND_KEY'}}\n"
    )
    key, nowhere = {"SECOND_KEY": door.key}, "http://127.0.0.1:1"
    with processes.gateway(tmp_path, nowhere, environ=key, manifest=manifest) as first:
        wait_until_ready(first)
        (found,) = told(first, backend, {}).values("via")
    first_name, second_name = found.split(", ")
    assert first_name != second_name


def statuses(log: Path) -> list[int]:
    """What the gateway's log says became of the requests for the model that leads back."""
    lines = [json.loads(each) for each in log.read_text().splitlines() if "loop" in each]
    return [each["status"] for each in lines if each.get("path") == "/model/loop/predict"]


def test_a_gateway_that_is_its_own_backend_says_so_at_once(tmp_path: Path) -> None:
    other = "version: 1\nmodels:\n  - id: none\n    backend: {url: 'http://127.0.0.1:1'}\n"
    with processes.gateway(tmp_path, "http://127.0.0.1:1", manifest=other) as door:
        (tmp_path / "models.yaml").write_text(
            "version: 1\nmodels:\n  - id: loop\n    public: true\n    "
            f"backend: {{url: '{door.url}', path: /model/loop/predict}}\n"
        )
        stack.wait_for(lambda: [m["id"] for m in door.get("/models")["models"]] == ["loop"], 20)
        wait_until_ready(door)
        answer = requests.post(f"{door.url}/model/loop/predict", b"a", timeout=30)
        assert answer.status_code == 508
        assert "leads back" in answer.json()["detail"]
        assert answer.elapsed.total_seconds() < 2
        # A line is written after its answer.
        stack.wait_for(lambda: statuses(door.log) == [508, 508], 5)
