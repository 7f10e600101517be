"""LitServe, BentoML, MLServer and a plain Flask app behind the gateway: what it promises, holds.

They are those of examples/backends, and run for real.
"""

import concurrent.futures
import io
import itertools
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from bench import foreign_services, predict_request
from tests.support import four_servers, processes, relay
from tests.support.four_servers import FourServers

NAMES = foreign_services.NAMES
MAX_IN_FLIGHT = 3  # requests with one service at once, of the gateway here
_numbers = itertools.count()


@pytest.fixture(scope="module")
def backends(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FourServers]:
    settings = {"PASSERELLE_MAX_IN_FLIGHT": str(MAX_IN_FLIGHT)}
    with four_servers.running(tmp_path_factory.mktemp("backends"), settings) as running:
        yield running


def picture(colour: str = "red") -> bytes:
    """A picture that no other request of these tests has, so that no cache has its answer."""
    image = Image.new("RGB", (8 + next(_numbers), 8), colour)
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def labels(answer: Any) -> list[str]:
    """The colours that a service found, in whichever shape its server has."""
    if "outputs" in answer:
        by_name = {each["name"]: each["data"] for each in answer["outputs"]}
        return list(by_name["label"])
    return [each["label"] for each in answer["predictions"]]


def test_one_listing_has_the_status_of_all(backends: FourServers) -> None:
    found = {each["id"]: each for each in backends.door.get("/models")["models"]}
    assert list(found) == list(NAMES)
    for each in found.values():
        assert (each["status"], each["reason"]) == ("ready", None)
        assert each["replicas"] == {"ready": 1, "known": 1, "ejected": 0}
        assert (each["card"], each["weights"]) == (None, None)
    assert {name: each["protocol"] for name, each in found.items()} == {
        "flask": "raw", "litserve": "raw", "bentoml": "raw", "mlserver": "oip",
    }  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_the_answer_is_that_of_asking_directly(backends: FourServers, name: str) -> None:
    sent = picture("orange")
    direct, through = backends.direct(name, sent), backends.through(name, sent)
    assert (direct.status_code, through.status_code) == (200, 200), through.text
    assert labels(through.json()) == labels(direct.json())
    assert labels(through.json())[0] == "orange"
    if name != "mlserver":
        assert through.content == direct.content
    assert through.headers["X-Request-ID"]


@pytest.mark.parametrize("name", NAMES)
def test_without_a_key_nothing_reaches_it_and_the_history_counts_what_does(
    backends: FourServers, name: str
) -> None:
    with backends.stalled(name):  # which answers nobody, and so this is the gateway's own
        refused = backends.through(name, picture(), **{"X-API-Key": "psl_none"})
    assert refused.status_code == 401
    backends.wait_until(name, "ready")
    before = requests_of(backends, name)
    assert backends.through(name, picture()).status_code == 200
    assert requests_of(backends, name) == before + 1


def requests_of(backends: FourServers, name: str) -> int:
    """How many requests a model has had in the last minutes."""
    found = {each["id"]: each for each in backends.door.get("/history")["models"]}
    return sum(slot["requests"] for slot in found[name]["slots"])


def test_an_oip_backends_outputs_are_an_answer_of_ours(backends: FourServers) -> None:
    sent = picture("blue")
    direct = backends.direct("mlserver", sent).json()
    answer = backends.through("mlserver", sent).json()
    assert list(answer) == ["model", "task", "outputs", "request_id"]
    assert (answer["model"], answer["task"]) == ("mlserver", "tensor")
    for ours, theirs in zip(answer["outputs"], direct["outputs"], strict=True):
        assert ours == {key: theirs[key] for key in ("name", "shape", "datatype", "data")}


def test_clients_of_its_own_protocol_find_an_oip_backend_under_its_id_here(
    backends: FourServers,
) -> None:
    sent, key = picture("purple"), {"X-API-Key": backends.door.key}
    content_type, body = predict_request.tensor(sent)
    own, path = {"Content-Type": content_type}, "/v2/models/mlserver"
    with httpx.Client(base_url=backends.door.url, headers=key) as client:
        metadata = client.get(path).json()
        infer = client.post(f"{path}/infer", content=body, headers=own)
        odd = client.post(f"{path}/infer", content=b'{"inputs": 3}', headers=own)
    assert metadata["inputs"] == [{"name": "image", "datatype": "BYTES", "shape": [1]}]
    assert infer.status_code == 200, infer.text
    assert infer.json()["outputs"] == backends.direct("mlserver", sent).json()["outputs"]
    assert infer.json()["model_name"] == "mlserver"
    assert odd.status_code == 422
    assert "The service of mlserver refuses the request" in odd.json()["error"]


@pytest.mark.parametrize("name", NAMES)
def test_what_a_backend_refuses_is_a_problem_of_its_model(backends: FourServers, name: str) -> None:
    answer = backends.through(name, b"\x89PNG no picture")
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert f"The service of {name} refuses the request" in problem["detail"]
    assert "This is no picture. Send a JPEG or PNG" in problem["detail"]
    assert problem["backend"]["status"] == 400
    assert problem["request_id"] == answer.headers["X-Request-ID"]


@pytest.mark.parametrize("name", NAMES)
def test_one_that_is_killed_is_said_to_be_and_comes_back_by_itself(
    backends: FourServers, name: str
) -> None:
    process, others = backends.services[name].process, set(NAMES) - {name}
    process.kill()
    try:
        answer = backends.through(name, picture())
        assert answer.status_code in (502, 503), answer.text
        assert answer.headers["Content-Type"] == "application/problem+json"
        backends.wait_until(name, "unavailable", 5)
        assert backends.status(name)[1]
        for other in others:
            assert labels(backends.through(other, picture()).json())[0] == "red"
    finally:
        process.start()
    backends.wait_until(name, "ready")
    assert labels(backends.through(name, picture()).json())[0] == "red"


@pytest.mark.parametrize("name", NAMES)
def test_one_that_answers_nothing_is_waited_for_as_long_as_the_client_says(
    backends: FourServers, name: str
) -> None:
    with backends.stalled(name):
        began = time.monotonic()
        answer = backends.through(name, picture(), **{"X-Request-Timeout": "0.5"})
        assert time.monotonic() - began < 3
    assert answer.status_code == 504
    assert "did not answer within 0.5 s" in answer.json()["detail"]
    backends.wait_until(name, "ready")
    assert backends.through(name, picture()).status_code == 200


def test_no_more_requests_than_the_limit_are_with_one_service(backends: FourServers) -> None:
    with concurrent.futures.ThreadPoolExecutor(MAX_IN_FLIGHT) as pool:
        with backends.stalled("flask"):
            asked = [
                pool.submit(backends.through, "flask", picture()) for _ in range(MAX_IN_FLIGHT)
            ]
            backends.wait_in_flight("flask", MAX_IN_FLIGHT)
            refused = backends.through("flask", picture())
            assert backends.through("litserve", picture()).status_code == 200
        assert {each.result().status_code for each in asked} == {200}
    assert refused.status_code == 503
    assert f"{MAX_IN_FLIGHT} requests are with its service already" in refused.json()["detail"]
    assert refused.headers["Retry-After"]
    backends.wait_until("flask", "ready")


@pytest.mark.parametrize("name", ["bentoml", "mlserver"])  # which have a cache in the example
def test_an_answer_that_is_kept_is_given_again(backends: FourServers, name: str) -> None:
    sent = picture("green")
    first = backends.through(name, sent)
    assert first.headers["Cache-Status"] == "passerelle; fwd=miss; stored"
    with backends.stalled(name):
        second = backends.through(name, sent)
    assert second.headers["Cache-Status"].startswith("passerelle; hit")
    assert labels(second.json()) == labels(first.json())
    assert second.headers["X-Request-ID"] != first.headers["X-Request-ID"]
    backends.wait_until(name, "ready")


def test_the_trace_and_the_manifests_headers_arrive_at_the_backend(
    backends: FourServers, tmp_path: Path
) -> None:
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    sent = {"X-Request-ID": "mine-7", "traceparent": f"00-{trace_id}-00f067aa0ba902b7-01"}
    services = list(backends.services.values())
    with relay.in_front_of([each.url for each in services]) as relays:
        manifest = foreign_services.manifest(services, headers={"X-Team": "vision"})
        for service, each in zip(services, relays, strict=True):
            manifest = manifest.replace(service.url, each.url)
        with processes.gateway(tmp_path, "unix:/none", manifest=manifest) as door:
            through = FourServers(door, backends.services)
            for name, each in zip(NAMES, relays, strict=True):
                through.wait_until(name, "ready")
                assert through.through(name, picture(), **sent).status_code == 200
                heads = [head for head in each.heads if head.startswith("POST ")]
                assert "X-Request-ID: mine-7" in heads[-1]
                assert f"traceparent: 00-{trace_id}-" in heads[-1]
                assert "00f067aa0ba902b7" not in heads[-1]  # whose parent is the gateway's own span
                assert all("X-Team: vision" in head for head in each.heads)
                assert door.key not in "".join(each.heads)
