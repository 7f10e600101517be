"""How Redis is asked: together, in time, and by a connection that may have ended."""

import asyncio
from typing import Any, cast

import pytest
from redis import exceptions

from gateway.limits import script
from gateway.limits.limit import Limit, Outcome, Standing, Unavailable
from gateway.limits.redis_counts import GRACE, MAX_TOGETHER, RedisCounts, connect, expire, outcomes

RATE = Limit("caller-rate", "k", "rate", 100, 60)
QUOTA = Limit("model-quota", "m", "quota", 10, 3600)


class Connection:
    """In place of a connection: its answers, or what is raised, one after the other."""

    def __init__(self, *answers: Any) -> None:
        self.answers, self.commands = list(answers), list[tuple[Any, ...]]()
        self.is_connected, self.disconnected = False, 0

    def pack_command(self, *words: Any) -> tuple[Any, ...]:
        return words

    async def send_packed_command(self, words: tuple[Any, ...], **_: Any) -> None:
        self.commands.append(words)
        self.is_connected = True

    async def read_response(self, **_: Any) -> bytes:
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, bytes | int | list):
            return cast("bytes", answer)
        if isinstance(answer, asyncio.Event):
            await answer.wait()
            keys = int(self.commands[-1][2])
            return b";".join([b"1 9 0"] * (len(self.commands[-1]) - 3 - keys))
        await asyncio.Event().wait()  # for ever
        raise AssertionError

    async def disconnect(self, **_: Any) -> None:
        self.is_connected = False
        self.disconnected += 1


def counts(connection: Any, timeout: float = 60.0) -> RedisCounts:
    return RedisCounts("redis://", timeout, lambda _: connection)


async def test_a_request_is_one_question_with_all_of_its_limits() -> None:
    connection = Connection(b"1 99 0 9 1500000")
    assert await counts(connection).take((RATE, QUOTA)) == Outcome(
        is_admitted=True, standings=(Standing(99, 0.0), Standing(9, 1.5))
    )
    keys = "passerelle:caller-rate:100/60:k", "passerelle:model-quota:3600:m"
    told = "rate 100 60 quota 10 3600"
    assert connection.commands == [("EVALSHA", script.SHA1, 2, *keys, told)]


async def test_requests_that_come_meanwhile_are_asked_about_together() -> None:
    first, second = asyncio.Event(), asyncio.Event()
    connection = Connection(first, second, second)
    store = counts(connection)
    tasks = [asyncio.create_task(store.take((RATE,)))]
    await asyncio.sleep(0)
    tasks += [asyncio.create_task(store.take((QUOTA,))) for _ in range(MAX_TOGETHER + 4)]
    for _ in range(5):
        await asyncio.sleep(0)
    for each in tasks[1:4]:
        each.cancel()  # their clients are gone
    first.set()
    second.set()
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert sum(isinstance(each, Outcome) for each in found) == MAX_TOGETHER + 2
    assert [each[2] for each in connection.commands] == [1, MAX_TOGETHER, 1]


async def test_a_redis_that_does_not_know_the_script_is_given_it() -> None:
    connection = Connection(exceptions.NoScriptError("NOSCRIPT"), b"0 0 60000000")
    outcome = await counts(connection).take((RATE,))
    assert outcome == Outcome(is_admitted=False, standings=(Standing(0, 60.0),))
    assert connection.commands[1][:2] == ("EVAL", script.TEXT)


async def test_a_kept_connection_that_has_ended_is_made_anew_once() -> None:
    ended = exceptions.ConnectionError("gone")
    connection = Connection(b"1 99 0", ended, b"1 98 0", ended, ended)
    store = counts(connection)
    assert [(await store.take((RATE,))).standings[0].left for _ in range(2)] == [99, 98]
    with pytest.raises(Unavailable, match="ConnectionError"):
        await store.take((RATE,))
    assert connection.disconnected == 1


@pytest.mark.parametrize(
    "error",
    [
        exceptions.ConnectionError("Error 111 connecting to redis:6379 as user:word"),
        exceptions.AuthenticationError("WRONGPASS"),
        exceptions.ReadOnlyError("READONLY"),
        exceptions.OutOfMemoryError("OOM"),
        exceptions.ResponseError("MOVED 1 10.0.0.5:6379"),
        exceptions.BusyLoadingError("LOADING"),
        ConnectionResetError(),
    ],
)
async def test_whatever_redis_says_instead_of_an_answer_is_told_in_a_word(
    error: Exception,
) -> None:
    connection = Connection(error)
    with pytest.raises(Unavailable) as raised:
        await counts(connection).take((RATE,))
    assert str(raised.value) == type(error).__name__
    assert connection.disconnected == 1


@pytest.mark.parametrize("answer", [b"OK", b"", 1, []])
async def test_what_is_no_answer_of_the_script_is_none(answer: Any) -> None:
    connection = Connection(answer)
    with pytest.raises(Unavailable, match=r"ValueError|AttributeError"):
        await asyncio.wait_for(counts(connection).take((RATE,)), 5)
    assert connection.disconnected == 1


async def test_nobody_waits_beyond_the_timeout_and_those_behind_wait_no_longer() -> None:
    store = counts(Connection(), timeout=0.0)
    found = await asyncio.gather(*(store.take((RATE,)) for _ in range(3)), return_exceptions=True)
    assert [type(each) for each in found] == [Unavailable] * 3
    assert store._waiting == []
    assert store._asking is None


class Timeout:
    """In place of asyncio's: when it was set to end."""

    def __init__(self) -> None:
        self.ends = 0.0

    def reschedule(self, when: float) -> None:
        self.ends = when


async def test_who_wakes_up_late_looks_whether_the_answer_has_come() -> None:
    now = asyncio.get_running_loop().time()
    in_time, late = Timeout(), Timeout()
    expire(cast("asyncio.Timeout", in_time), now)
    expire(cast("asyncio.Timeout", late), now - 5)
    assert in_time.ends - now < GRACE <= late.ends - now


def test_an_answer_is_read_for_each_request() -> None:
    assert outcomes(b"1 99 0;0 0 1000 3 2000000") == [
        Outcome(is_admitted=True, standings=(Standing(99, 0.0),)),
        Outcome(is_admitted=False, standings=(Standing(0, 0.001), Standing(3, 2.0))),
    ]


def test_the_address_says_how_redis_is_reached() -> None:
    found = [
        type(connect(url)).__name__
        for url in ("redis://redis", "rediss://redis", "unix:///run/redis.sock")
    ]
    assert found == ["Connection", "SSLConnection", "UnixDomainSocketConnection"]
