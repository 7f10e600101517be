"""The Python SDK and services of any make, whatever they answer."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from passerelle.client import Client, answers, errors
from tests.support import processes, raw_backend, stack

PATHS = {"told": "/told", "echo": "/echo", "page": "/html", "busy": "/status/503"}
MANIFEST = "version: 1\nmodels:\n" + "".join(
    f'  - {{id: {name}, backend: {{url: "http://127.0.0.1:{{port}}", path: {path}}}}}\n'
    for name, path in PATHS.items()
)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A gateway in front of a backend that does what its address says."""
    folder = tmp_path_factory.mktemp("sdk-raw")
    with raw_backend.running() as backend:
        manifest = MANIFEST.replace("{port}", str(backend.port))
        with (
            processes.gateway(folder, "http://127.0.0.1:1", manifest=manifest) as door,
            Client(door.url, door.key) as opened,
        ):
            stack.wait_for(lambda: {each["status"] for each in opened.models()} == {"ready"}, 20)
            yield opened


def test_json_of_its_own_is_kept_as_it_came(client: Client) -> None:
    reply = client.predict("told", stack.CAT, top=3, expect=answers.OwnAnswer)
    assert reply.answer.result["size"] == len(stack.CAT)
    assert reply.document == reply.answer.result
    assert reply.request_id


def test_what_is_no_json_is_kept_byte_for_byte(client: Client, tmp_path: Path) -> None:
    (tmp_path / "cat.png").write_bytes(stack.CAT)
    reply = client.predict("echo", tmp_path / "cat.png", expect=answers.Content)
    assert reply.answer.content == reply.content == stack.CAT
    assert reply.answer.array().shape[:2] == (300, 451)
    assert reply.document == {}


def test_its_error_is_a_problem_with_what_it_said(client: Client) -> None:
    with pytest.raises(errors.Refused) as caught:
        client.predict("page", stack.CAT)
    assert caught.value.members["backend"]["status"] == 500
    assert "<" in str(caught.value.members["backend"]["body"])
    assert "<" not in caught.value.detail


def test_it_may_say_when_to_come_back_and_is_not_waited_for_longer_than_a_call_has(
    client: Client,
) -> None:
    with pytest.raises(errors.Refused) as caught:
        client.predict("busy", stack.CAT, timeout=1.5)
    assert (caught.value.status, caught.value.headers["Retry-After"]) == (503, "7")


def test_an_address_below_a_models_own_is_any_request(client: Client) -> None:
    found = client.request("PUT", "/model/told/predict/a/b?c=d", b"body").answer
    assert (found["method"], found["target"], found["size"]) == ("PUT", "/told/a/b?c=d", 4)
