"""The states of a service's models."""

from pathlib import Path

import pytest

from passerelle.protocol import problems, statuses
from passerelle.server import drain
from services.model import models
from services.model.engines.engine import Engine
from services.model.tasks.classification import Classification
from tests.unit.model import artifacts

ENGINE = Engine((artifacts.mean_colour,), "it runs in fp32")


@pytest.fixture
def two(tmp_path: Path) -> models.Models:
    """Two models that were not loaded yet."""
    folders = tuple(artifacts.write(tmp_path / each, each) for each in ("a", "b"))
    return models.Models(folders, threads=1, max_queued=5)


def test_a_model_is_starting_until_it_is_loaded(two: models.Models) -> None:
    assert [each["status"] for each in two.statuses.values()] == [statuses.STARTING] * 2
    assert not two.ready
    with pytest.raises(problems.ServiceUnavailable, match="a is starting: the model is being load"):
        two.find("a")


def test_a_loaded_model_is_ready_with_the_engines_note(
    two: models.Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    artifacts.use_engine(monkeypatch, ENGINE)
    two.load()
    assert two.ready
    model = two.find("b")
    assert (model.card.id, model.engine) == ("b", ENGINE)
    assert model.task == Classification(artifacts.NAMES, "softmax")
    assert model.scheduler.max_queued == 5
    status = {
        "status": statuses.READY,
        "reason": "it runs in fp32",
        "digest": "d" * 64,
        "non_finite": 0,
    }
    assert two.statuses["b"] == status


def test_one_that_can_not_be_loaded_keeps_the_others_not_away(
    two: models.Models, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    artifacts.use_engine(monkeypatch, RuntimeError("model.xml is no XML"))
    two.states["a"].load(threads=1, max_queued=5)
    assert two.statuses["a"]["reason"] == (
        "the artifact can't be loaded (RuntimeError); bake it again"
    )
    artifacts.use_engine(monkeypatch, ENGINE)
    two.states["b"].load(threads=1, max_queued=5)
    assert two.ready
    with pytest.raises(problems.ServiceUnavailable, match="a is failed"):
        two.find("a")
    assert "model.xml is no XML" in capsys.readouterr().out


def test_pictures_without_numbers_are_counted_and_no_other_problem(two: models.Models) -> None:
    found, other = problems.NonFiniteOutput("NaN"), problems.UnprocessableContent("broken")
    two.states["b"].count_non_finite([None, found, other, found])
    with pytest.raises(problems.NonFiniteOutput), two.states["b"].counting_non_finite():
        raise found
    assert [each["non_finite"] for each in two.statuses.values()] == [0, 3]


def test_an_unknown_model_is_told_with_those_there_are(two: models.Models) -> None:
    with pytest.raises(problems.NotFound, match=r"no model 'c' here. There is: a, b\."):
        two.state("c")


def test_every_model_is_draining_while_the_process_stops(
    two: models.Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    artifacts.use_engine(monkeypatch, ENGINE)
    two.load()
    monkeypatch.setattr(drain.stopping, "is_set", lambda: True)
    assert {each["status"] for each in two.statuses.values()} == {statuses.DRAINING}
    assert not two.ready
    assert two.find("a")


def test_one_whose_handlers_all_hang_has_failed_and_its_process_is_stopped(
    two: models.Models, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stopped: list[bool] = []
    monkeypatch.setattr(drain, "stop_process", lambda: stopped.append(True))
    artifacts.use_engine(monkeypatch, ENGINE)
    two.load()
    two.states["a"].on_exhausted("its handler hangs on 5 pictures at once")
    assert stopped == [True]
    with pytest.raises(problems.ServiceUnavailable, match="a is failed: its handler hangs on 5"):
        two.find("a")
    assert two.find("b")
    assert "its process is started again" in capsys.readouterr().out
