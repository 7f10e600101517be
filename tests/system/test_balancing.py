"""Keeping up while something fails or is slow, through real gateways and services in miniature."""

import concurrent.futures
import contextlib
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.support import miniature, processes, scraped, stack
from tests.support.miniature import Service
from tests.support.processes import Door

MANIFEST = "version: 1\npublic: [metrics]\nmodels:" + "".join(
    f"""
  - id: {each}
    service: zoo
    timeout: 20s
    architecture: torchvision:resnet18
    weights: torchvision:DEFAULT"""
    for each in miniature.MODELS
)


@contextlib.contextmanager
def gateway(folder: Path, *services: Service, **environ: str) -> Iterator[Door]:
    """One before the replicas of a service that holds two models, which need not be ours."""
    where = "zoo=" + "|".join(each.address for each in services)
    own = {"PASSERELLE_REFUSE_OTHERS": "0", **environ}
    with processes.gateway(folder, where, environ=own, manifest=MANIFEST) as door:
        stack.wait_for(lambda: replicas(door)["ready"] == len(services), 20)
        yield door


def replicas(door: Door) -> dict[str, int]:
    found: dict[str, int] = door.get("/models/one")["replicas"]
    return found


def ask(door: Door, model_id: str = "one") -> requests.Response:
    url = f"{door.url}/model/{model_id}/predict"
    return requests.post(url, stack.CAT, headers={"X-API-Key": door.key}, timeout=30)


def statuses(door: Door, count: int, model_id: str = "one") -> Counter[int]:
    """Those of so many requests, one after another."""
    return Counter(ask(door, model_id).status_code for _ in range(count))


def metric(door: Door, name: str) -> float:
    text = requests.get(f"{door.url}/metrics", timeout=10).text
    return scraped.total(text, f"passerelle_{name}", model="one")


@pytest.fixture(scope="module")
def zoo() -> Iterator[Service]:
    with miniature.running() as found:
        yield found


@pytest.fixture(scope="module")
def one_replica(tmp_path_factory: pytest.TempPathFactory, zoo: Service) -> Iterator[Door]:
    with gateway(tmp_path_factory.mktemp("one"), zoo) as door:
        yield door


def test_a_replica_that_fails_is_left_out_and_comes_back(tmp_path: Path) -> None:
    with (
        miniature.running() as bad,
        miniature.running("127.0.0.2") as good,
        gateway(tmp_path, bad, good) as door,
    ):
        bad.failing = frozenset({"one"})
        assert statuses(door, 20)[502] in (5, 6, 7)  # with trials, where it takes a while
        assert replicas(door) == {"ready": 2, "known": 2, "ejected": 1}
        assert metric(door, "replicas_ejected") == 1
        assert metric(door, "ejections_total") >= 1
        assert door.get("/models/other")["replicas"]["ejected"] == 0
        good.failing = bad.failing  # half stays, though it fails too
        assert statuses(door, 6) == {502: 6}
        assert replicas(door)["ejected"] == 1
        bad.failing = good.failing = frozenset()
        stack.wait_for(lambda: ask(door).ok and not replicas(door)["ejected"], 15)
        before = Counter(bad.asked)
        assert statuses(door, 10) == {200: 10}
        assert bad.asked["one"] - before["one"] >= 4
        assert "127.0.0.1" in log_line(door, "is left out")


def log_line(door: Door, text: str) -> str:
    return next(each for each in door.log.read_text().splitlines() if text in each)


def test_a_model_that_fails_is_asked_no_more_until_it_is_well_and_others_are(
    zoo: Service, one_replica: Door
) -> None:
    door, zoo.failing = one_replica, frozenset({"one"})
    assert statuses(door, 20) == {502: 20}
    refused = ask(door)
    assert refused.status_code == 503
    assert 1 <= int(refused.headers["Retry-After"]) <= 5
    assert "failed most of its last requests" in refused.json()["detail"]
    assert statuses(door, 10, "other") == {200: 10}
    assert zoo.asked["one"] == 20
    assert metric(door, "breaker_open") == 1
    zoo.failing = frozenset()
    stack.wait_for(lambda: ask(door).ok, 10)
    assert statuses(door, 10) == {200: 10}
    assert (metric(door, "breaker_open"), metric(door, "breaker_openings_total")) == (0, 1)


def test_a_burst_waits_and_is_answered(zoo: Service, one_replica: Door) -> None:
    zoo.seconds["one"], zoo.processors = 0.05, threading.Semaphore(2)
    statuses(one_replica, 3)
    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        found = Counter(pool.map(lambda _: ask(one_replica).status_code, range(128)))
    assert found == {200: 128}
    assert metric(one_replica, "in_flight_limit") == 96


def test_a_slow_model_never_takes_the_slots_of_another(tmp_path: Path) -> None:
    with (
        miniature.running() as zoo,
        gateway(tmp_path, zoo, PASSERELLE_MAX_IN_FLIGHT="8") as door,
        concurrent.futures.ThreadPoolExecutor(12) as pool,
    ):
        zoo.seconds["one"] = 3.0
        began = time.monotonic()
        asked = [pool.submit(ask, door) for _ in range(12)]
        stack.wait_for(lambda: sum(each.done() for each in asked) == 5, 3)
        assert statuses(door, 5, "other") == {200: 5}
        assert time.monotonic() - began < 3
        found = Counter(each.result().status_code for each in asked)
    assert found == {200: 7, 503: 5}
