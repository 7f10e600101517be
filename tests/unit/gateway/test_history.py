"""A model's last minutes, by a clock of the test's own."""

import asyncio

import pytest

from gateway.history import MAX_SLOTS, SLOT_SECONDS, History
from passerelle.protocol import problems
from tests.unit.gateway.conftest import Clock


def test_answers_refusals_and_failures_are_counted_in_their_slot() -> None:
    clock = Clock(1000.0)
    history = History(clock)
    history.record_status("ready")
    for took in (0.010, 0.020, 0.030):
        with history.request() as outcome:
            clock.now += took
            outcome.status = 200
    with pytest.raises(problems.ServiceUnavailable), history.request():
        raise problems.ServiceUnavailable(f"{history.document()['in_flight']} on its way")
    with history.request() as outcome:
        outcome.status = 422
    history.record_status("unavailable")
    told = history.document()
    assert told["in_flight"] == 0
    assert len(told["slots"]) == MAX_SLOTS
    last = told["slots"][-1]
    assert (last["requests"], last["failed"], last["status"]) == (5, 1, "unavailable")
    assert last["p50_ms"] == pytest.approx(20, abs=0.1)
    assert 20 < last["p95_ms"] <= 30.1
    clock.now += 3 * SLOT_SECONDS
    assert history.document()["slots"][-4] == last
    assert history.document()["slots"][-1]["status"] is None
    clock.now += MAX_SLOTS * SLOT_SECONDS
    assert not any(each["requests"] for each in history.document()["slots"])


async def test_a_request_whose_client_is_gone_is_nobodys_failure() -> None:
    history = History(Clock(1000.0))

    async def wait() -> None:
        with history.request():
            await asyncio.get_running_loop().create_future()

    waiting = asyncio.create_task(wait())
    await asyncio.sleep(0)
    assert history.document()["in_flight"] == 1
    waiting.cancel()
    await asyncio.wait([waiting])
    last = history.document()["slots"][-1]
    assert history.document()["in_flight"] == 0
    assert (last["requests"], last["failed"], last["p50_ms"]) == (1, 0, None)


def test_an_unforeseen_error_is_a_failure() -> None:
    history = History(Clock(1000.0))
    with pytest.raises(ZeroDivisionError), history.request():
        raise ZeroDivisionError
    assert history.document()["slots"][-1]["failed"] == 1
