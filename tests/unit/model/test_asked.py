"""What a request asks of a model, by its address and its headers."""

from pathlib import Path

import pytest

from passerelle.protocol import problems, trace
from passerelle.server.byte_budget import ByteBudget
from passerelle.server.messages import Request
from passerelle.server.span import Span
from services.model import asked, formats, memory_budget
from services.model.engines.engine import Engine
from services.model.models import Model, Models
from services.model.prediction import Prediction
from tests.unit.model import artifacts

LIMITS = asked.Limits(1_000_000, memory_budget.UNLIMITED.reserve, formats.DEFAULT)


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Model:
    """A classification of three classes."""
    artifacts.use_engine(monkeypatch, Engine((artifacts.mean_colour,)))
    models = Models((artifacts.write(tmp_path / "net"),), threads=1, max_queued=1)
    models.load()
    return models.find("net")


def prediction(net: Model, query: bytes = b"", **headers: str) -> Prediction:
    """What a request with such an address and such headers asks."""

    async def receive() -> dict[str, bytes]:
        return {"body": b""}

    named = {name.replace("_", "-"): text for name, text in headers.items()}
    span, budget = Span(trace.read({}), 0.0), ByteBudget(0)
    request = Request("POST", "/model/net/predict", query, named, span, receive, budget)
    return asked.prediction(net, request, LIMITS)


def test_it_is_the_tasks_options_and_the_form_that_is_preferred(net: Model) -> None:
    found = prediction(net, b"top=2", accept="image/png", content_type="image/jpeg")
    assert (found.options, found.accept) == (2, "image/png")
    assert found.task is net.task
    assert prediction(net).accept == "application/json"


def test_its_pictures_are_prepared_as_the_model_takes_them_within_the_limits(net: Model) -> None:
    with pytest.raises(problems.UnsupportedMediaType):
        prediction(net).prepare(b"no picture")


def test_what_the_task_does_not_know_is_refused(net: Model) -> None:
    with pytest.raises(problems.InvalidRequest, match="threshold is not for a model of the task"):
        prediction(net, b"threshold=0.5")


def test_a_body_that_holds_no_picture_is_refused_before_it_is_read(net: Model) -> None:
    with pytest.raises(problems.UnsupportedMediaType):
        prediction(net, content_type="text/html")


def test_where_nothing_is_asked_it_is_the_tasks_defaults_in_json(net: Model) -> None:
    found = asked.by_default(net, LIMITS)
    assert (found.options, found.accept) == (3, "application/json")
