"""The counts of one process."""

import pytest

from gateway.limits import counts
from gateway.limits.limit import Limit, Outcome, Standing
from tests.unit.gateway.limits.clocks import Clocks


def rate(subject: str = "k", amount: int = 2) -> Limit:
    return Limit("caller-rate", subject, "rate", amount, 60)


def quota(subject: str = "k", amount: int = 3) -> Limit:
    return Limit("caller-quota", subject, "quota", amount, 3600)


async def test_a_request_is_charged_to_all_of_its_limits_or_to_none() -> None:
    clocks = Clocks()
    outcomes = [await clocks.store.take((rate(), quota())) for _ in range(4)]
    assert [each.is_admitted for each in outcomes] == [True, True, False, False]
    assert [each.standings[1].left for each in outcomes] == [2, 1, 1, 1]
    clocks.pass_by(60)
    outcomes = [await clocks.store.take((rate(), quota())) for _ in range(2)]
    assert [each.is_admitted for each in outcomes] == [True, False]
    assert [each.standings[0].left for each in outcomes] == [1, 1]


async def test_each_subject_has_counts_of_its_own() -> None:
    store = Clocks().store
    assert [(await store.take((rate(each),))).standings[0].left for each in "aab"] == [1, 0, 1]


async def test_what_is_over_goes() -> None:
    clocks = Clocks()
    for number in range(counts.MIN_COUNTS):
        await clocks.store.take((rate(str(number)),))
    clocks.pass_by(59)
    await clocks.store.take((rate("last"),))
    assert len(clocks.store) == 1


async def test_a_request_is_charged_in_the_midst_of_which_others_go() -> None:
    clocks = Clocks()
    for number in range(counts.MIN_COUNTS - 1):
        await clocks.store.take((rate(str(number)),))
    limits = rate("a", 1), rate("b", 1)
    assert [(await clocks.store.take(limits)).is_admitted for _ in range(3)] == [True, False, False]


async def test_beyond_the_most_those_go_that_nobody_used_for_longest() -> None:
    clocks = Clocks()
    store = clocks.counts(most=10)
    for number in range(100):
        assert (await store.take((quota("always", 200),))).standings[0].left == 199 - number
        await store.take((quota(str(number)),))
        assert len(store) <= 10
    assert (await store.take((quota("99"),))).standings[0].left == 1


async def test_counts_go_on_from_where_others_are() -> None:
    store = Clocks().store
    limits = rate(), quota()
    store.learn(limits, Outcome(is_admitted=True, standings=(Standing(2, 0), Standing(1, 50.0))))
    outcomes = [await store.take(limits) for _ in range(2)]
    assert [each.is_admitted for each in outcomes] == [True, False]
    assert outcomes[1].standings == (Standing(1, 0.0), Standing(0, 50.0))


def test_the_clock_goes_on_and_nobody_sets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    before = counts.monotonic()
    monkeypatch.setattr("time.time", lambda: 0.0)
    assert counts.monotonic() >= before
