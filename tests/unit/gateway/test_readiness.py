"""Whether the gateway can answer anything."""

import pytest

from gateway import readiness
from gateway.status import Status
from passerelle.protocol import problems
from passerelle.server import drain
from tests.unit.gateway import made


def test_it_counts_the_models_that_can_answer() -> None:
    state = made.state(made.Replies())
    assert readiness.report(state) == {"status": "ready", "models": 2, "ready": 1}


def test_it_is_not_while_no_model_can_answer_or_it_is_being_stopped() -> None:
    state = made.state(made.Replies())
    drain.stopping.set()
    try:
        with pytest.raises(problems.ServiceUnavailable, match="being stopped"):
            readiness.report(state)
    finally:
        drain.stopping.clear()
    for route in state.routes.current.by_id.values():
        for replica in route.upstream.replicas.values():
            replica.statuses = {"m": Status("failed")}
    with pytest.raises(problems.ServiceUnavailable, match="No model is ready yet"):
        readiness.report(state)
