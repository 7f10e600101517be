"""Rates and quotas at the door, in one process with nothing to run."""

import dataclasses
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from gateway.keys import api_keys, key_file
from passerelle.local import key_changes
from passerelle.protocol.rates import Rate
from tests.support import gateways, stack
from tests.support.gateways import PATHS, ask
from tests.support.processes import Door


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    with gateways.service() as at:
        yield at


def left(answer: requests.Response, policy: str) -> int:
    """What an answer says is left."""
    found = re.search(rf'"{policy}";r=(\d+);t=\d+', answer.headers["RateLimit"])
    assert found
    return int(found[1])


@pytest.fixture(scope="module")
def door(service: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    folder = tmp_path_factory.mktemp("gateway")
    with gateways.gateway(folder, service, "rate: 5/hour, quota: 100/day") as found:
        yield found


def test_what_is_refused_before_counts_nowhere_and_what_fails_after_does(door: Door) -> None:
    url = door.url + PATHS[0]
    unknown = {"X-API-Key": "psl_00000000_" + "x" * 43}
    assert requests.post(url, data=b"x", headers=unknown, timeout=9).status_code == 401
    empty = requests.post(url, headers={"X-API-Key": door.key}, timeout=9)
    assert (empty.status_code, left(empty, "model-rate")) == (400, 4)
    history = requests.get(f"{door.url}/history", headers={"X-API-Key": door.key}, timeout=9)
    assert "RateLimit" not in history.headers
    assert left(ask(door), "model-rate") == 3


def test_an_answer_says_what_is_left_and_a_refusal_when_to_come_back(door: Door) -> None:
    answers = [ask(door) for _ in range(4)]
    assert [each.status_code for each in answers] == [200, 200, 200, 429]
    policy = '"model-rate";q=5;w=3600, "model-quota";q=100;w=86400'
    assert {each.headers["RateLimit-Policy"] for each in answers} == {policy}
    assert [left(each, "model-rate") for each in answers] == [2, 1, 0, 0]
    assert [left(each, "model-quota") for each in answers] == [97, 96, 95, 95]
    problem, seconds = answers[3].json(), int(answers[3].headers["Retry-After"])
    assert 660 < seconds <= 720  # a fifth of an hour, since the first
    assert f'"model-rate";r=0;t={seconds}' in answers[3].headers["RateLimit"]
    assert problem["type"] == "https://iana.org/assignments/http-problem-types#quota-exceeded"
    assert problem["title"] == "Quota Exceeded"
    assert problem["violated-policies"] == ["model-rate"]
    assert problem["detail"].endswith(f"Wait {seconds} seconds.")
    assert "limit;dur=" in answers[0].headers["Server-Timing"]


def test_each_key_has_limits_of_its_own(service: str, tmp_path: Path) -> None:
    minute, day = Rate(amount=2, seconds=60), Rate(amount=3, seconds=86_400)
    with gateways.gateway(tmp_path, service, "title: Free") as free:
        texts, keys = [], list(key_file.read(tmp_path / "keys.yaml").by_prefix.values())
        for name in ("alice", "bob"):
            text, key = api_keys.new(name, ("*",))
            texts.append(text)
            keys.append(dataclasses.replace(key, rate=minute, quota=day))
        key_changes.write(tmp_path / "keys.yaml", keys)
        doors = [Door(free.url, each) for each in texts]
        stack.wait_for(lambda: ask(doors[1]).status_code == 200, 10)
        answers = [ask(doors[0]) for _ in range(3)]
        assert [each.status_code for each in answers] == [200, 200, 429]
        assert [left(each, "caller-quota") for each in answers] == [2, 1, 1]
        assert answers[2].json()["detail"] == "You may send 2 requests a minute. Wait 30 seconds."
        assert [ask(each).status_code for each in (doors[1], doors[1])] == [200, 429]
        assert "RateLimit" not in ask(free).headers


@pytest.mark.parametrize("path", PATHS)
def test_whoever_speaks_another_protocol_reads_the_refusal_there(door: Door, path: str) -> None:
    answer = ask(door, path=path)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert left(answer, "model-rate") == 0
    told = answer.json().get("error") or answer.json()["detail"]
    assert told.startswith("stand-in takes 5 requests an hour, of all callers together. Wait ")


def test_several_workers_with_limits_and_without_redis_do_not_start(tmp_path: Path) -> None:
    (tmp_path / "models.yaml").write_text(gateways.manifest("quota: 9/day"))
    (tmp_path / "keys.yaml").write_text("keys: []\n")
    own = {
        "PASSERELLE_MANIFEST": str(tmp_path / "models.yaml"),
        "PASSERELLE_KEYS": str(tmp_path / "keys.yaml"),
        "PASSERELLE_BIND": f"127.0.0.1:{stack.free_port()}", "PASSERELLE_WORKERS": "2",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "gunicorn", "-c", "gateway/gunicorn.conf.py"],
        env=os.environ | own, cwd=stack.ROOT, capture_output=True, text=True, timeout=30,
        check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "PASSERELLE_WORKERS is 2" in done.stderr + done.stdout
    assert "set REDIS_URL" in done.stderr + done.stdout


def test_a_quota_that_changes_while_the_gateway_runs_keeps_what_is_used(
    service: str, tmp_path: Path
) -> None:
    with gateways.gateway(tmp_path, service, "quota: 2/day") as door:
        assert [ask(door).status_code for _ in range(3)] == [200, 200, 429]
        (tmp_path / "models.yaml").write_text(gateways.manifest("quota: 5/day"))
        stack.wait_for(lambda: ask(door).status_code == 200, 15)
        assert [ask(door).status_code for _ in range(3)] == [200, 200, 429]
