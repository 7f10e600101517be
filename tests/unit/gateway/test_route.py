"""Where a model's requests go; what a pipeline's are, of its steps."""

import pytest

from gateway.route import PipelineRoute
from gateway.status import Status
from tests.unit.gateway import made


def pipeline(first: Status, second: Status) -> PipelineRoute:
    return made.pipeline(first, second)


def ready(task: str = "detection") -> Status:
    return Status("ready", "", {"digest": made.DIGEST, "task": task})


@pytest.mark.parametrize(
    ("first", "second", "status", "reason"),
    [
        (ready(), ready("embedding"), "ready", ""),
        (ready(), Status("starting", "slow"), "starting", "its step faces is starting: slow"),
        (Status("failed", "bad"), ready(), "failed", "its step people is failed: bad"),
        (
            Status("starting", "slow"), Status("unavailable", "gone"),
            "unavailable", "its step faces is unavailable: gone",
        ),
        (
            ready("classification"), ready(),
            "unavailable", "its step people finds no boxes: its task is classification; name a "
            "detection in the manifest",
        ),
    ],
)  # fmt: skip
def test_a_pipeline_is_as_the_worse_of_its_steps(
    first: Status, second: Status, status: str, reason: str
) -> None:
    found = pipeline(first, second)
    assert (found.status.status, found.status.reason) == (status, reason)


def test_a_pipeline_is_listed_like_a_model_with_its_steps() -> None:
    found = pipeline(ready(), ready("embedding"))
    model = made.route().description
    assert set(found.description) == {*model, "steps"}
    assert found.description["steps"] == ["people", "faces"]
    assert found.description["protocol"] == "pipeline"
    assert found.description["card"] is None
    assert found.description["replicas"] == {"ready": 1, "known": 1, "ejected": 0}
    assert set(found.last_minutes) == set(made.route().last_minutes)


def test_a_pipeline_is_never_streamed_and_goes_where_its_steps_go_now() -> None:
    found = pipeline(ready(), ready())
    assert not found.is_streamed("POST")
    assert found.current == found
