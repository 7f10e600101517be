"""Limits counted in a real redis-server: exact, in time, and what is done when it is no use."""

import asyncio
import contextlib
import re
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench import redis_server, stack
from bench.redis_server import RedisServer
from gateway.limits import redis_counts, script, shared
from gateway.limits.limit import Limit, Outcome, Standing
from gateway.limits.shared import RETRY_INTERVAL, Shared
from tests.support import redis_here
from tests.unit.gateway.limits.clocks import MIDNIGHT, Clocks

pytestmark = redis_here.MARK
RATE = Limit("caller-rate", "k", "rate", 5, 3600)
QUOTA = Limit("model-quota", "m", "quota", 7, 86_400)
PATIENT, HASTY = 5000, 1000  # milliseconds


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server.running(tmp_path_factory.mktemp("redis")) as found:
        yield found


@pytest.fixture(autouse=True)
def empty(server: RedisServer) -> None:
    server.ask("FLUSHALL")


@contextlib.asynccontextmanager
async def store(url: str, milliseconds: int = PATIENT) -> AsyncIterator[Shared]:
    """A process's counts, whose connection is closed at the end."""
    found = shared.of(url, milliseconds)
    assert isinstance(found, Shared)
    try:
        yield found
    finally:
        await found.close()


async def passed(counts: Shared, *limits: Limit, times: int = 20) -> int:
    """How many of so many requests pass."""
    return sum([(await counts.take(limits)).is_admitted for _ in range(times)])


async def test_all_or_none_over_two_processes_at_once(server: RedisServer) -> None:
    async with store(server.url) as one, store(server.url) as other:
        outcomes = await asyncio.gather(
            *(each.take((RATE, QUOTA)) for _ in range(50) for each in (one, other))
        )
        assert sum(each.is_admitted for each in outcomes) == 5
        assert {each.standings[1].left for each in outcomes if not each.is_admitted} == {2}
        assert await passed(one, QUOTA) == 2
        assert not one.is_lost


async def test_each_key_has_the_prefix_and_an_expiry(server: RedisServer) -> None:
    async with store(server.url) as counts:
        await counts.take((RATE, QUOTA))
    with redis.Redis.from_url(server.url) as asked:
        ages = {key.decode(): asked.ttl(key) for key in asked.scan_iter()}
    assert set(ages) == {"passerelle:caller-rate:5/3600:k", "passerelle:model-quota:86400:m"}
    assert 700 < ages["passerelle:caller-rate:5/3600:k"] <= 721
    assert 0 < ages["passerelle:model-quota:86400:m"] <= 86_401


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.tuples(st.sampled_from((0, 0, 1, 9, 60, 700, 3600, 50_000)), st.integers(1, 3)),
        min_size=1, max_size=25,
    ),
    st.integers(1, 9),
)  # fmt: skip
def test_the_script_counts_as_one_process_does(
    server: RedisServer, steps: list[tuple[int, int]], amount: int
) -> None:
    server.ask("FLUSHALL")
    clocks, text = Clocks(), by_argument()
    every = (
        Limit("caller-rate", "k", "rate", amount, 60),
        Limit("caller-quota", "k", "quota", 2 * amount, 3600),
        Limit("model-quota", "m", "quota", 5 * amount, 86_400),
    )
    with redis.Redis.from_url(server.url) as asked:
        for seconds, count in steps:
            clocks.pass_by(seconds)
            limits = every[:count]
            words = [*redis_counts.arguments([limits]), int(clocks.wall)]
            (found,) = redis_counts.outcomes(asked.eval(text, *words))
            expected = clocks.store.take_now(limits)
            assert found.is_admitted == expected.is_admitted
            assert rounded(found) == rounded(expected)


def by_argument() -> str:
    """The script, which is told the time as its last argument."""
    told = "{ARGV[#ARGV], '0'}; ARGV[#ARGV] = nil"
    text = script.TEXT.replace("redis.call('TIME')", told)
    return re.sub(r", 'PX', .*", ")", text)  # which goes by Redis' own clock


def test_a_clock_of_redis_that_is_set_back_keeps_what_is_used_and_ends_with_the_day_that_it_is(
    server: RedisServer,
) -> None:
    noon, limits, found = MIDNIGHT + 43_200, (QUOTA._replace(amount=1),), []
    with redis.Redis.from_url(server.url) as asked:
        for now in (noon, noon - 86_400, noon - 43_200):  # set back a day, then it is midnight
            words = [*redis_counts.arguments([limits]), now]
            (outcome,) = redis_counts.outcomes(asked.eval(by_argument(), *words))
            found.append((outcome.is_admitted, outcome.standings[0].seconds))
    assert found == [(True, 43_200), (False, 43_200), (True, 86_400)]


def rounded(outcome: Outcome) -> list[tuple[int, float]]:
    return [(left, round(seconds, 3)) for left, seconds in outcome.standings]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE"),
        ("CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0"),
        ("LPUSH passerelle:model-quota:86400:m x", "DEL passerelle:model-quota:86400:m"),
    ],
    ids=["read-only", "out of memory", "another's key"],
)
async def test_a_redis_that_is_no_use_is_done_without_and_used_again_by_itself(
    server: RedisServer, before: str, after: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with store(server.url) as counts:
        if not before.startswith("LPUSH"):
            assert await passed(counts, QUOTA, times=3) == 3
        server.ask(*before.split())
        alone = await passed(counts, QUOTA)
        assert alone in (4, 7)  # of what was left, or of a whole one where nothing had been asked
        server.ask(*after.split())
        await asyncio.sleep(RETRY_INTERVAL)
        await counts.take((RATE,))
        assert not counts.is_lost
    lines = capsys.readouterr().out.splitlines()
    assert ["no answer" in each for each in lines] == [True, False]


async def test_a_redis_that_is_emptied_begins_anew_and_one_that_forgot_the_script_is_told(
    server: RedisServer,
) -> None:
    async with store(server.url) as counts:
        assert await passed(counts, QUOTA) == 7
        server.ask("SCRIPT", "FLUSH")
        assert await passed(counts, QUOTA) == 0
        server.ask("FLUSHALL")
        assert await passed(counts, QUOTA) == 7
        assert not counts.is_lost


async def test_a_connection_that_redis_ended_is_made_anew(server: RedisServer) -> None:
    async with store(server.url) as counts:
        assert await passed(counts, QUOTA, times=3) == 3
        server.ask("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        assert await passed(counts, QUOTA) == 4
        assert not counts.is_lost


async def test_one_that_freezes_holds_a_request_up_no_longer_than_its_time(
    server: RedisServer,
) -> None:
    async with store(server.url, HASTY) as counts:
        assert await passed(counts, QUOTA, times=5) == 5
        assert not counts.is_lost
        server.freeze()
        try:
            begin = time.monotonic()
            found = await asyncio.gather(*(counts.take((QUOTA,)) for _ in range(20)))
            first = time.monotonic() - begin
            begin = time.monotonic()
            found += await asyncio.gather(*(counts.take((QUOTA,)) for _ in range(20)))
            second = time.monotonic() - begin
        finally:
            server.thaw()
        assert sum(each.is_admitted for each in found) == 2
        assert 0.9 < first < 3
        assert second < 0.9
        await asyncio.sleep(RETRY_INTERVAL)
        await counts.take((RATE,))
        assert not counts.is_lost


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of 127.0.0.1, whose key is beside it."""
    key, certificate = tmp_path / "key", tmp_path / "certificate"
    command = f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=redis -keyout {key}"
    command += f" -out {certificate} -addext subjectAltName=IP:127.0.0.1"
    subprocess.run(command.split(), check=True, capture_output=True)
    return certificate


async def test_a_password_a_socket_and_tls_are_asked_as_the_address_says(
    tmp_path: Path, certificate: Path
) -> None:
    (tls,) = stack.free_ports(1)
    options = (
        "--requirepass", "s3cret", "--unixsocket", f"{tmp_path}/socket", "--tls-port", str(tls),
        "--tls-cert-file", str(certificate), "--tls-key-file", f"{tmp_path}/key",
        "--tls-auth-clients", "no",
    )  # fmt: skip
    with redis_server.running(tmp_path, *options) as server:
        word = "default:s3cret@"
        urls = [
            server.url.replace("//", f"//{word}"),
            f"unix://{tmp_path}/socket?password=s3cret",
            f"rediss://{word}127.0.0.1:{tls}/0?ssl_ca_certs={certificate}",
        ]
        left: list[Standing] = []
        for url in urls:
            async with store(url) as counts:
                left += (await counts.take((QUOTA,))).standings
                assert not counts.is_lost, url
        assert [each.left for each in left] == [6, 5, 4]
        for url in (server.url, f"rediss://{word}127.0.0.1:{tls}/0"):  # no password; whose TLS?
            async with store(url) as counts:
                assert (await counts.take((QUOTA,))).standings[0].left == 6
                assert counts.is_lost
