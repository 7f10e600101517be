"""Keeping up while something fails or is slow, through real gateways and services in miniature."""

import concurrent.futures
import contextlib
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from gateway.balancing import adaptive_limit, slots
from gateway.upstream import MAX_IN_FLIGHT
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
    """One before the replicas of a service that holds three models, which need not be ours."""
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


def metric(door: Door, name: str, model_id: str = "one") -> float:
    text = requests.get(f"{door.url}/metrics", timeout=10).text
    return scraped.total(text, f"passerelle_{name}", model=model_id)


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
        assert 5 <= statuses(door, 20)[502] < 10  # with trials, where it takes a while
        stack.wait_for(lambda: ask(door) and replicas(door)["ejected"] == 1, 20)
        stack.wait_for(lambda: ask(door) and metric(door, "replicas_ejected") == 1, 20)
        assert metric(door, "ejections_total") >= 1
        assert door.get("/models/other")["replicas"] == {"ready": 2, "known": 2, "ejected": 0}
        good.failing, before = bad.failing, good.asked["one"]  # half stays, though it fails too
        assert statuses(door, 6) == {502: 6}
        assert good.asked["one"] - before >= 4
        assert replicas(door)["ejected"] <= 1
        bad.failing = good.failing = frozenset()
        stack.wait_for(lambda: ask(door).ok and not replicas(door)["ejected"], 40)
        before = bad.asked["one"]
        assert statuses(door, 10) == {200: 10}
        assert bad.asked["one"] - before >= 4
        assert "127.0.0.1" in log_line(door, "is left out")


def log_line(door: Door, text: str) -> str:
    return next(each for each in door.log.read_text().splitlines() if text in each)


def test_a_model_that_fails_is_asked_no_more_until_it_is_well_and_others_are(
    zoo: Service, one_replica: Door
) -> None:
    door, asked = one_replica, zoo.asked["one"]
    zoo.failing = frozenset({"one"})
    try:
        failed = 0
        while (refused := ask(door)).status_code == 502 and failed < 200:
            failed += 1
        assert (refused.status_code, failed >= 20) == (503, True)
        assert 1 <= int(refused.headers["Retry-After"]) <= 5
        assert "failed most of its last requests" in refused.json()["detail"]
        assert zoo.asked["one"] - asked == failed
        assert statuses(door, 10, "other") == {200: 10}
        stack.wait_for(lambda: ask(door).status_code == 503 and metric(door, "breaker_open"), 20)
    finally:
        zoo.failing = frozenset()
    stack.wait_for(lambda: ask(door).ok, 20)
    assert statuses(door, 10) == {200: 10}
    assert metric(door, "breaker_open") == 0
    assert metric(door, "breaker_openings_total") >= 1


def test_a_burst_waits_and_is_answered(zoo: Service, one_replica: Door) -> None:
    """It lasts for more windows than it takes to lower a limit, of a model that was calm before."""
    zoo.seconds["busy"], zoo.processors = 0.05, threading.Semaphore(2)
    calm, crowd = adaptive_limit.LEAST_SAMPLES + 2, 64
    assert statuses(one_replica, calm, "busy") == {200: calm}
    seconds = (adaptive_limit.BAD_WINDOWS + 1) * adaptive_limit.WINDOW_SECONDS
    count = int(seconds * 2 / 0.05)
    with concurrent.futures.ThreadPoolExecutor(crowd) as pool:
        found = Counter(pool.map(lambda _: ask(one_replica, "busy").status_code, range(count)))
    assert found == {200: count}
    assert metric(one_replica, "in_flight_limit", "busy") == MAX_IN_FLIGHT


def test_a_slow_model_never_takes_the_slots_of_another(zoo: Service, one_replica: Door) -> None:
    reserved = 2 * int(slots.RESERVED * MAX_IN_FLIGHT / len(miniature.MODELS))
    most, more = MAX_IN_FLIGHT - reserved, 6
    zoo.held["one"] = threading.Event()
    with concurrent.futures.ThreadPoolExecutor(most + more) as pool:
        asked = [pool.submit(ask, one_replica) for _ in range(most + more)]
        try:
            stack.wait_for(lambda: sum(each.done() for each in asked) == more, 15)
            assert statuses(one_replica, 5, "other") == {200: 5}
        finally:
            zoo.held.pop("one").set()
        found = Counter(each.result().status_code for each in asked)
    assert found == {200: most, 503: more}
