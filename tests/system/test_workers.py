"""A gateway of several processes that share its port."""

import re
from pathlib import Path

import requests

from passerelle.local import key_changes
from tests import conftest
from tests.support import processes, stack


def listing(url: str, key: str) -> int:
    """The status that a new connection gets."""
    return requests.get(f"{url}/models", headers={"X-API-Key": key}, timeout=10).status_code


def test_each_worker_takes_the_same_keys_and_one_that_dies_is_replaced(tmp_path: Path) -> None:
    environ = {"PASSERELLE_WORKERS": "2", "PASSERELLE_DEMO": "http://localhost:8080"}
    with processes.gateway(tmp_path, "http://127.0.0.1:1", environ=environ) as door:
        stack.wait_for(lambda: len(stack.children(door.pid)) == 2, 10)
        assert {listing(door.url, door.key) for _ in range(20)} == {200}
        key_changes.write(tmp_path / "keys.yaml", [])
        stack.wait_for(lambda: listing(door.url, door.key) == 401, 10)
        stack.wait_for(lambda: door.log.read_text().count("there is no key yet") == 2, 10)
        demo = re.findall(r"psl_\w{8}_[\w-]{43}", door.log.read_text())
        assert len(set(demo)) == 1
        assert {listing(door.url, demo[0]) for _ in range(20)} == {200}
        first, second = stack.children(door.pid)
        stack.kill(first)
        stack.wait_for(lambda: set(stack.children(door.pid)) - {first, second}, 10)
        stack.wait_for(lambda: len(stack.children(door.pid)) == 2, 10)
        assert {listing(door.url, demo[0]) for _ in range(20)} == {200}


def test_a_worker_that_has_just_begun_knows_the_services(tmp_path: Path) -> None:
    folder = processes.artifact(conftest.shared_artifacts())
    at = f"127.0.0.1:{stack.free_port()}"
    with (
        processes.service(folder, at),
        processes.gateway(tmp_path, f"http://{at}", environ={"PASSERELLE_WORKERS": "2"}) as door,
    ):
        assert {door.predict().status_code for _ in range(10)} == {200}
        first, second = stack.children(door.pid)
        stack.kill(first)
        stack.kill(second)
        stack.wait_for(lambda: answered(door), 10)
        assert {door.predict().status_code for _ in range(10)} == {200}


def answered(door: processes.Door) -> bool:
    """Whether a worker took the request, and then for the model: it is no reason to wait."""
    try:
        status = door.predict().status_code
    except requests.ConnectionError:
        return False
    assert status == 200
    return True
