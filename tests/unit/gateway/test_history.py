"""A model's last minutes, by a clock of the test's own."""

import pytest

from gateway.history import MAX_SLOTS, SLOT_SECONDS, History
from passerelle.protocol import problems


class Clock:
    """Seconds, as the test says."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_answers_refusals_and_failures_are_counted_in_their_slot() -> None:
    clock = Clock()
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
