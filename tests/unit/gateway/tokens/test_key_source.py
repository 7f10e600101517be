"""An issuer's keys over time, by a clock and with fetches in the test's hands."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from gateway.tokens import json_document, key_set, key_source
from gateway.tokens.discovery import Fetched
from gateway.tokens.json_document import DocumentError
from gateway.tokens.key_source import KeySource
from passerelle.protocol.problems import ServiceUnavailable
from tests.support import signing
from tests.unit.gateway.conftest import Clock
from tests.unit.gateway.made import settle, until


class Issuer:
    """Publishes keys, or fails, or takes its time. It runs in a thread, as the real one."""

    def __init__(self) -> None:
        self.now, self.fetched = 1000.0, 0
        self.keys, self.max_age = [signing.jwk()], None
        self.is_down = False
        self.replies = threading.Event()
        self.replies.set()

    def fetch(self) -> Fetched:
        self.fetched += 1
        self.replies.wait()
        if self.is_down:
            raise DocumentError("it is down")
        return Fetched(key_set.parse({"keys": self.keys}), self.max_age)

    def source(self) -> KeySource:
        return KeySource(signing.ISSUER, self.fetch, lambda: self.now)


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    found = Issuer()
    yield found
    found.replies.set()  # or else its thread would wait for ever


async def fetched(source: KeySource) -> None:
    """Until the fetch that is due has ended."""
    source.refresh_if_due()
    await ended(source)


async def ended(source: KeySource) -> None:
    """Until the fetch that is on its way has ended."""
    assert source._fetching
    await source._fetching


async def test_keys_are_fetched_once_and_kept(issuer: Issuer) -> None:
    source = issuer.source()
    await fetched(source)
    for _ in range(3):
        assert await source.find("key-1", "RS256")
    assert issuer.fetched == 1


async def test_the_first_requests_wait_for_one_fetch(issuer: Issuer) -> None:
    source = issuer.source()
    found = await asyncio.gather(*(source.find("key-1", "RS256") for _ in range(200)))
    assert all(found)
    assert issuer.fetched == 1


async def test_nothing_known_is_told_as_that_and_not_as_a_wrong_token(issuer: Issuer) -> None:
    issuer.is_down = True
    source = issuer.source()
    with pytest.raises(ServiceUnavailable, match="can't be had yet") as raised:
        await source.find("key-1", "RS256")
    assert raised.value.headers["Retry-After"] == "5"


async def test_a_new_key_is_fetched_when_a_token_names_it(issuer: Issuer) -> None:
    source = issuer.source()
    await fetched(source)
    issuer.keys.append(signing.jwk(number=2))
    assert await source.find("key-2", "RS256")
    assert issuer.fetched == 2


async def test_whoever_invents_keys_causes_a_fetch_every_ten_seconds(issuer: Issuer) -> None:
    source = issuer.source()
    await fetched(source)
    for second in range(60):
        issuer.now = 1000.0 + second
        for number in range(20):
            assert await source.find(f"none-{second}-{number}", "RS256") is None
    assert issuer.fetched == 1 + 6


async def test_a_key_that_is_no_longer_published_is_gone(issuer: Issuer) -> None:
    source = issuer.source()
    await fetched(source)
    issuer.keys = [signing.jwk(number=2)]
    issuer.now += key_source.REFRESH_INTERVAL
    await fetched(source)
    assert await source.find("key-1", "RS256") is None
    issuer.keys = []
    issuer.now += key_source.REFRESH_INTERVAL
    await fetched(source)
    assert await source.find("key-2", "RS256") is None


@pytest.mark.parametrize(
    ("max_age", "seconds"), [(None, 300), (0.0, 60), (120.0, 120), (21_600.0, 3600)]
)
async def test_keys_are_fetched_again_when_they_are_no_longer_good(
    issuer: Issuer, max_age: Any, seconds: float
) -> None:
    issuer.max_age = max_age
    source = issuer.source()
    await fetched(source)
    issuer.now += seconds - 1
    source.refresh_if_due()
    await settle()
    assert issuer.fetched == 1
    issuer.now += 1
    await fetched(source)
    assert issuer.fetched == 2


async def test_the_same_keys_stay_the_same_object(issuer: Issuer) -> None:
    source = issuer.source()
    await fetched(source)
    first = source.current
    issuer.now += key_source.REFRESH_INTERVAL
    await fetched(source)
    assert source.current is first
    issuer.keys = [signing.jwk(number=2)]
    issuer.now += key_source.REFRESH_INTERVAL
    await fetched(source)
    assert source.current not in (first, None)


async def test_an_issuer_that_is_down_hurts_nobody_for_a_day(
    issuer: Issuer, capsys: pytest.CaptureFixture[str]
) -> None:
    source = issuer.source()
    await fetched(source)
    issuer.is_down = True
    issuer.now += key_source.REFRESH_INTERVAL
    for _ in range(3):
        await fetched(source)
        issuer.now += key_source.RETRY_INTERVAL
    assert await source.find("key-1", "RS256")
    assert capsys.readouterr().out.count("can't be fetched") == 1
    issuer.now = 1000.0 + key_source.MAX_AGE - 1
    assert await source.find("key-1", "RS256")
    issuer.now += 1
    with pytest.raises(ServiceUnavailable):
        await source.find("key-1", "RS256")
    issuer.is_down = False
    issuer.now += key_source.RETRY_INTERVAL
    await fetched(source)
    assert await source.find("key-1", "RS256")


async def test_a_failed_fetch_is_tried_again_after_five_seconds(issuer: Issuer) -> None:
    issuer.is_down = True
    source = issuer.source()
    for second in range(30):
        issuer.now = 1000.0 + second
        source.refresh_if_due()
        if source._is_fetching:
            await ended(source)
    assert issuer.fetched == 6


async def test_a_request_waits_only_so_long_for_a_slow_issuer(issuer: Issuer, clock: Clock) -> None:
    source = issuer.source()
    await fetched(source)
    issuer.replies.clear()
    waiting = asyncio.create_task(source.find("key-2", "RS256"))
    await until(lambda: source._is_fetching)
    await settle()
    assert await source.find("key-1", "RS256")  # meanwhile nobody else waits
    issuer.now += key_source.UNKNOWN_INTERVAL
    other = asyncio.create_task(source.find("key-3", "RS256"))
    await settle()
    clock.now += key_source.WAIT
    await until(lambda: waiting.done() and other.done())
    assert waiting.result() is other.result() is None
    assert issuer.fetched == 2  # the one on its way is enough for both


async def test_a_request_waits_no_longer_for_two_fetches_than_for_one(
    issuer: Issuer, clock: Clock
) -> None:
    fails = threading.Event()

    def fetch() -> Fetched:
        if fails.is_set():
            return issuer.fetch()
        fails.wait()
        raise DocumentError("it is down")

    issuer.replies.clear()
    source = KeySource(signing.ISSUER, fetch, lambda: issuer.now)
    source.refresh_if_due()
    waiting = asyncio.create_task(source.find("key-1", "RS256"))
    await settle()
    clock.now += key_source.WAIT - 1
    fails.set()
    await ended(source)
    await until(lambda: source._is_fetching)  # the second
    clock.now += 1
    await until(waiting.done)
    assert isinstance(waiting.exception(), ServiceUnavailable)


async def test_a_fetch_goes_on_without_the_client_that_began_it(issuer: Issuer) -> None:
    issuer.replies.clear()
    source = issuer.source()
    waiting = asyncio.create_task(source.find("key-1", "RS256"))
    await until(lambda: source._is_fetching)
    waiting.cancel()
    issuer.replies.set()
    assert await source.find("key-1", "RS256")
    assert issuer.fetched == 1


async def test_a_fetch_that_hangs_is_given_up_and_another_begins(
    issuer: Issuer, clock: Clock
) -> None:
    issuer.replies.clear()
    source = issuer.source()
    source.refresh_if_due()
    await settle()
    clock.now += json_document.MAX_SECONDS
    await ended(source)
    issuer.replies.set()
    issuer.now += key_source.RETRY_INTERVAL
    await fetched(source)
    assert await source.find("key-1", "RS256")
