"""Gateways that count limits together, while their Redis does what it will."""

import concurrent.futures
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from bench import redis_server
from bench.redis_server import RedisServer
from tests.support import gateways, processes, redis_here, stack
from tests.support.gateways import ask
from tests.support.processes import Door

pytestmark = redis_here.MARK
QUOTA = 100
PATIENT, HASTY = ({"PASSERELLE_REDIS_TIMEOUT": each} for each in ("5000", "1000"))  # ms
LOST, BACK = "Redis gives no answer", "Redis answers again"


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    with gateways.service() as at:
        yield at


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    with redis_server.running(tmp_path) as found:
        yield found


def statuses(doors: list[Door], count: int, found: list[int] | None = None) -> list[int]:
    """What so many requests at each of the doors are answered, several at a time.

    `found` has each as it comes.
    """
    answered = [] if found is None else found

    def several(door: Door) -> None:
        with requests.Session() as session:
            for _ in range(count // 2):
                answered.append(ask(door, session).status_code)

    with concurrent.futures.ThreadPoolExecutor(2 * len(doors)) as pool:
        list(pool.map(several, doors * 2))
    return answered


def test_two_gateways_one_of_two_workers_let_exactly_the_quota_through(
    service: str, redis: RedisServer, tmp_path: Path
) -> None:
    environ = {"REDIS_URL": redis.url} | PATIENT
    limits = f"quota: {QUOTA}/day"
    with (
        gateways.gateway(tmp_path / "a", service, limits, environ) as one,
        gateways.gateway(
            tmp_path / "b", service, limits, environ | {"PASSERELLE_WORKERS": "2"}
        ) as other,
    ):
        found = statuses([one, other], QUOTA)
        assert sorted(found) == [200] * QUOTA + [429] * QUOTA
        redis.ask("FLUSHALL")
        assert ask(one).headers["RateLimit"].startswith(f'"model-quota";r={QUOTA - 1};')
        assert LOST not in one.log.read_text() + other.log.read_text()


def test_a_redis_that_dies_under_load_refuses_nobody_and_is_used_again_by_itself(
    service: str, redis: RedisServer, tmp_path: Path
) -> None:
    environ, found = {"REDIS_URL": redis.url} | PATIENT, list[int]()
    with gateways.gateway(tmp_path / "a", service, "quota: 100000/day", environ) as door:
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            asked = pool.submit(statuses, [door], 400, found)
            stack.wait_for(lambda: len(found) >= 40, 20)
            redis.kill()
            assert len(found) < 400, "it died under load"
            assert asked.result() == [200] * 400
        begin = time.monotonic()
        assert ask(door).status_code == 200
        assert time.monotonic() - begin < 3  # who is refused a connection doesn't wait
        redis.start()
        left = '"model-quota";r=99999;'  # by a Redis that begins anew
        stack.wait_for(lambda: ask(door).headers["RateLimit"].startswith(left), 10)
        assert processes.answers(f"{door.url}/health/ready")
        written = door.log.read_text()
        assert (written.count(LOST), written.count(BACK)) == (1, 1)


def test_a_redis_that_freezes_holds_nobody_up_and_a_quota_that_is_used_up_stays_so(
    service: str, redis: RedisServer, tmp_path: Path
) -> None:
    environ = {"REDIS_URL": redis.url} | HASTY
    with gateways.gateway(tmp_path / "a", service, "quota: 4/day", environ) as door:

        def is_back() -> bool:
            assert ask(door).status_code == 429
            return BACK in door.log.read_text()

        assert statuses([door], 6).count(200) == 4
        redis.freeze()
        times = []
        for _ in range(5):
            begin = time.monotonic()
            assert ask(door).status_code == 429
            times.append(time.monotonic() - begin)
        redis.thaw()
        assert max(times) < 3
        assert sorted(times)[2] < 0.9  # one a second tries Redis, and the others don't wait
        stack.wait_for(is_back, 10)


def test_a_gateway_whose_redis_is_not_there_yet_starts_and_counts_alone(
    service: str, tmp_path: Path
) -> None:
    environ = {"REDIS_URL": f"redis://127.0.0.1:{stack.free_port()}"}
    with gateways.gateway(tmp_path / "a", service, "quota: 2/day", environ) as door:
        assert sorted(statuses([door], 4)) == [200, 200, 429, 429]
        assert door.log.read_text().count(LOST) == 1
