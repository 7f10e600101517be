"""What is done while Redis gives no answer."""

import json

import pytest

from gateway.limits import shared
from gateway.limits.counts import Counts
from gateway.limits.limit import Limit, Limits, Outcome, Standing, Unavailable
from gateway.limits.shared import RETRY_INTERVAL, Shared
from tests.unit.gateway.limits.clocks import Clocks

LIMITS = (
    Limit("caller-rate", "k", "rate", 100, 60),
    Limit("caller-quota", "k", "quota", 10, 3600),
)


class Remote:
    """In place of Redis: nine of the quota are used, until it goes."""

    def __init__(self) -> None:
        self.is_there, self.asked, self.left = True, 0, 1

    async def take(self, _: Limits) -> Outcome:
        self.asked += 1
        if not self.is_there:
            raise Unavailable("TimeoutError")
        is_admitted, self.left = self.left > 0, max(self.left - 1, 0)
        return Outcome(is_admitted, (Standing(50, 0.0), Standing(self.left, 60.0)))

    async def close(self) -> None:
        self.is_there = False


class Gateway:
    """Shared counts, their clocks, and their Redis."""

    def __init__(self) -> None:
        self.clocks, self.remote = Clocks(), Remote()
        self.limits = Shared(self.remote, self.clocks.store, lambda: self.clocks.wall)

    async def ask(self) -> bool:
        return (await self.limits.take(LIMITS)).is_admitted


async def test_redis_decides_as_long_as_it_answers() -> None:
    gateway = Gateway()
    assert [await gateway.ask() for _ in range(3)] == [True, False, False]
    assert gateway.remote.asked == 3


async def test_who_had_used_a_quota_up_stays_refused_and_who_had_not_may_use_the_rest() -> None:
    used_up, not_yet = Gateway(), Gateway()
    await used_up.ask()
    not_yet.remote.left = 3
    await not_yet.ask()
    for each in (used_up, not_yet):
        each.remote.is_there = False
    assert [await used_up.ask() for _ in range(2)] == [False, False]
    assert [await not_yet.ask() for _ in range(4)] == [True, True, False, False]


async def test_one_request_a_second_tries_redis_and_the_others_do_not_wait_for_it() -> None:
    gateway = Gateway()
    gateway.remote.is_there = False
    for _ in range(5):
        await gateway.ask()
    assert gateway.remote.asked == 1
    for expected in (2, 3):
        gateway.clocks.pass_by(RETRY_INTERVAL)
        for _ in range(5):
            await gateway.ask()
        assert gateway.remote.asked == expected
    gateway.remote.is_there = True
    assert gateway.limits.is_lost
    gateway.clocks.pass_by(RETRY_INTERVAL)
    assert await gateway.ask()
    assert not gateway.limits.is_lost
    assert not await gateway.ask()


async def test_the_log_says_it_once_and_when_it_is_over(capsys: pytest.CaptureFixture[str]) -> None:
    gateway = Gateway()
    await gateway.ask()
    assert capsys.readouterr().out == ""
    gateway.remote.is_there = False
    for _ in range(9):
        await gateway.ask()
        gateway.clocks.pass_by(0.5)
    gateway.remote.is_there = True
    gateway.clocks.pass_by(RETRY_INTERVAL)
    await gateway.ask()
    lost, back = map(json.loads, capsys.readouterr().out.splitlines())
    assert "each process counts limits alone" in lost["message"]
    assert (lost["severity"], lost["reason"]) == ("WARNING", "TimeoutError")
    assert (back["message"][:20], back["seconds"]) == ("Redis answers again:", 5.5)


def test_without_an_address_a_process_counts_alone() -> None:
    assert type(shared.of("", 100)) is Counts
    assert isinstance(shared.of("redis://127.0.0.1", 100), Shared)


async def test_one_of_several_workers_says_once_that_it_counts_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    store = shared.of("", 100, workers=2)
    assert capsys.readouterr().out == ""
    assert [(await store.take(LIMITS)).standings[1].left for _ in range(2)] == [9, 8]
    (said,) = capsys.readouterr().out.splitlines()
    assert json.loads(said)["severity"] == "ERROR"
    assert "set REDIS_URL" in said


@pytest.mark.parametrize("options", ["colour=red", "db=red", "protocol=9", "ssl_cert_reqs=foo"])
def test_an_address_with_options_that_there_are_not_is_no_address(options: str) -> None:
    with pytest.raises(ValueError) as raised:  # noqa: PT011  # whatever redis says
        shared.of(f"rediss://:s3cret@redis?{options}", 100)
    assert "s3cret" not in str(raised.value)
