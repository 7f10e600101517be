"""Whoever guesses keys is slowed down, and holds little meanwhile."""

import asyncio

import pytest

from gateway.keys import wrong_keys
from gateway.keys.wrong_keys import DELAY, MAX_ADDRESSES, MAX_FAILURES, MAX_HELD, WINDOW, WrongKeys

GUESSER = "203.0.113.9"


class Time:
    """A clock that stands still, and sleeps that are noted."""

    def __init__(self) -> None:
        self.now, self.slept = 0.0, list[float]()

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def counted(time: Time) -> WrongKeys:
    return WrongKeys(MAX_FAILURES, time.clock, time.sleep)


async def fail(counted: WrongKeys, times: int, address: str = GUESSER) -> None:
    for _ in range(times):
        await counted.count(address)


async def test_after_so_many_wrong_keys_each_further_one_waits(
    counted: WrongKeys, time: Time
) -> None:
    await fail(counted, MAX_FAILURES)
    assert time.slept == []
    await fail(counted, 2)
    assert time.slept == [DELAY, DELAY]


async def test_another_address_does_not_wait(counted: WrongKeys, time: Time) -> None:
    await fail(counted, MAX_FAILURES)
    await fail(counted, MAX_FAILURES, "203.0.113.10")
    assert time.slept == []


async def test_after_a_minute_all_is_forgotten(counted: WrongKeys, time: Time) -> None:
    await fail(counted, MAX_FAILURES + 1)
    time.now = WINDOW
    await fail(counted, MAX_FAILURES)
    assert time.slept == [DELAY]


async def test_the_minute_begins_with_the_first_failure(counted: WrongKeys, time: Time) -> None:
    for number in range(MAX_FAILURES + 1):
        time.now = number * WINDOW / MAX_FAILURES
        await fail(counted, 1)
    assert time.slept == []


async def test_the_addresses_of_one_network_of_ipv6_count_together(
    counted: WrongKeys, time: Time
) -> None:
    for number in range(MAX_FAILURES + 1):
        await fail(counted, 1, f"2001:db8::{number}")
    assert time.slept == [DELAY]
    await fail(counted, 1, "2001:db8:0:1::1")
    assert time.slept == [DELAY]


async def test_who_has_no_address_is_counted_too(counted: WrongKeys, time: Time) -> None:
    await fail(counted, MAX_FAILURES + 1, "")
    assert time.slept == [DELAY]


async def test_more_addresses_than_there_may_be_take_no_more_room(counted: WrongKeys) -> None:
    for number in range(MAX_ADDRESSES + 100):
        await counted.count(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(counted._counts) == MAX_ADDRESSES


async def test_no_more_answers_are_kept_back_at_once_than_there_may_be() -> None:
    released = asyncio.Event()

    async def sleep(_: float) -> None:
        await released.wait()

    counted = WrongKeys(0, sleep=sleep)
    held = [asyncio.create_task(counted.count(GUESSER)) for _ in range(MAX_HELD)]
    await asyncio.sleep(0)
    await asyncio.wait_for(counted.count(GUESSER), 1)  # at once
    held[0].cancel()  # its client has gone
    await asyncio.sleep(0)
    other = asyncio.create_task(counted.count(GUESSER))
    await asyncio.sleep(0)
    assert not other.done()
    released.set()
    await asyncio.gather(*held[1:], other)


@pytest.mark.parametrize(
    ("address", "network"),
    [("1.2.3.4", "1.2.3.4"), ("2001:db8::1", "2001:db8::/64"), ("", "")],
)
def test_an_address_is_counted_by_what_one_client_has(address: str, network: str) -> None:
    assert wrong_keys.network(address) == network
