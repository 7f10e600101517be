"""What a backend answers that is no answer, and ours behind a URL, through a real gateway."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.support import odd_backend, processes, stack
from tests.support.processes import Door

ODD = """\
version: 1
models:
  - id: odd
    timeout: 20s
    backend: {{protocol: oip, url: "{url}"}}
"""
OURS = """\
version: 1
models:
  - {{id: efficientnet-lite0, backend: {{protocol: passerelle, url: "{url}"}}}}
"""


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    folder = tmp_path_factory.mktemp("odd")
    with odd_backend.running() as url:
        manifest = ODD.format(url=url)
        with processes.gateway(folder, "unix:/none", manifest=manifest) as found:
            stack.wait_for(lambda: found.model()["status"] == "ready", 20)
            yield found


def asked(door: Door, name: str) -> requests.Response:
    """What comes of a picture that the backend answers in that way."""
    headers = {"X-API-Key": door.key, "Content-Type": "image/png"}
    return requests.post(f"{door.url}/model/odd/predict", name, headers=headers, timeout=30)


@pytest.mark.parametrize(
    ("name", "status", "sentence"),
    [
        ("html", 502, "gave no answer of the Open Inference Protocol: it is no JSON"),
        ("garbage", 502, "gave no answer of the Open Inference Protocol: it is no JSON"),
        ("empty", 502, "gave no answer of the Open Inference Protocol: it is no JSON"),
        ("other", 502, "its outputs have another form"),
        ("nan", 422, "NaN or infinity"),
        ("half", 502, "broke off its answer"),
        ("redirect", 502, "answered with a redirect (302), which is not followed"),
        ("large", 502, "gave an answer of more than 20,000,000 bytes"),
        ("no http", 502, "broke off its answer"),
        ("teapot", 418, "refuses the request (418): I am a teapot."),
        ("failure", 502, "failed (500)"),
        ("denied", 502, "refuses the gateway (401)"),
        ("busy", 429, "has too many requests: slow down"),
    ],
)
def test_what_is_no_answer_is_a_problem_of_the_model(
    door: Door, name: str, status: int, sentence: str
) -> None:
    answer = asked(door, name)
    problem = answer.json()
    assert (answer.status_code, problem["status"]) == (status, status)
    assert sentence in problem["detail"]
    assert "169.254" not in problem["detail"]
    assert "secret" not in problem["detail"]
    assert asked(door, "good").status_code == 200  # the next one is answered


def test_what_it_said_and_when_to_try_again_come_along(door: Door) -> None:
    answer = asked(door, "busy")
    assert answer.headers["Retry-After"] == "7"
    assert answer.json()["backend"] == {"status": 429, "body": {"error": "slow down"}}


def test_an_answer_is_of_the_task_tensor(door: Door) -> None:
    answer = asked(door, "good").json()
    assert answer.pop("request_id")
    assert answer == {"model": "odd", "task": "tensor", "outputs": [odd_backend.SCORE]}


def test_a_service_of_ours_may_be_anywhere(tmp_path: Path, state: Path) -> None:
    port = stack.free_port()
    folder = processes.artifact(state / "artifacts")
    manifest = OURS.format(url=f"http://127.0.0.1:{port}")
    with processes.gateway(tmp_path, "unix:/none", manifest=manifest) as door:
        with processes.service(folder, f"127.0.0.1:{port}"):
            stack.wait_for(lambda: door.model()["status"] == "ready", 30)
            assert door.model()["protocol"] == "passerelle"
            assert door.model()["card"]["classes"] == 1000
            direct = requests.post(
                f"http://127.0.0.1:{port}/model/{processes.LITE0}/predict", stack.CAT, timeout=30
            )
            answer = door.predict()
            assert answer.json()["predictions"] == direct.json()["predictions"]
        stack.wait_for(lambda: door.model()["status"] == "unavailable", 10)
        assert door.predict().status_code == 503
        with processes.service(folder, f"127.0.0.1:{port}"):
            stack.wait_for(lambda: door.model()["status"] == "ready", 30)
            assert door.predict().status_code == 200
