"""A model's last minutes, by a clock of the test's own."""

import pytest

from gateway import api_keys
from gateway.history import MAX_SLOTS, SLOT_SECONDS, History
from passerelle.protocol import problems
from services.frontend import charts, waterfall
from tests.support import stack


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


def test_the_gateway_tells_each_models_history_to_who_may_use_it(up: stack.Stack) -> None:
    assert up.predict("efficientnet-lite0").ok

    def last() -> list[str]:
        return [each["slots"][-1]["status"] for each in up.get("/history").json()["models"]]

    stack.wait_for(lambda: set(last()) == {"ready"}, 15)
    document = up.get("/history").json()
    assert document["slot_seconds"] == SLOT_SECONDS
    first = document["models"][0]
    assert first["id"] == "efficientnet-lite0"
    assert sum(each["requests"] for each in first["slots"]) >= 1
    assert up.get("/history", headers={"X-API-Key": None}).status_code == 401
    text, key = api_keys.new("one", ("efficientnet-lite1",), None)
    api_keys.add(up.state / "keys.yaml", key)
    stack.wait_for(lambda: up.get("/models", headers={"X-API-Key": text}).ok, 10)
    found = up.get("/history", headers={"X-API-Key": text}).json()["models"]
    assert [each["id"] for each in found] == ["efficientnet-lite1"]


def test_a_server_timing_becomes_bars_each_inside_the_one_before() -> None:
    header = "auth;dur=1, read;dur=1, upstream;dur=10, queue;dur=0, decode;dur=2, infer;dur=6"
    rows = waterfall.steps(20, 2, 16, header)
    assert [each.name for each in rows] == [
        "page", "read", "gateway", "auth", "read", "upstream", "queue", "decode", "infer",
    ]  # fmt: skip
    by_name = {each.name: each for each in rows}
    assert [by_name[each].depth for each in ("page", "gateway", "auth", "infer")] == [0, 1, 2, 3]
    assert by_name["upstream"].start == 4 + 2 + 2  # half of what the gateway took beside its steps
    assert by_name["decode"].start == 8 + 1
    assert by_name["infer"].start + by_name["infer"].ms <= by_name["upstream"].start + 10
    assert [each.name for each in waterfall.steps(5, 1, 3, "nonsense, x;dur=1.2.3")] == [
        "page", "read", "gateway",
    ]  # fmt: skip


def test_charts_stay_within_their_frame_and_leave_gaps() -> None:
    empty = {"status": None, "requests": 0, "failed": 0, "p50_ms": None, "p95_ms": None}
    full = {"status": "ready", "requests": 50, "failed": 5, "p50_ms": 10.0, "p95_ms": 40.0}
    chart = charts.of([full, empty, full], 5)
    assert [each.kind for each in chart.health] == ["ready", "unknown", "ready"]
    assert len(chart.lines["p50"]) == 2
    assert all(bar.y >= 0 and bar.y + bar.height <= charts.HIGH + 0.01 for bar in chart.load)
    assert (chart.requests, chart.failed, chart.p95) == (100, 10, 40.0)
