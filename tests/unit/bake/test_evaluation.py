"""A baked model measured as it is served."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from services.bake import evaluation
from services.model import tasks
from services.model.engines.engine import Engine
from services.model.models import Model
from services.model.scheduler import Scheduler
from tests.unit.model import artifacts

ENGINE = Engine((artifacts.mean_colour,))


def model_of(engine: Engine, **fields: Any) -> Model:
    about = artifacts.make_card(**fields)
    return Model(about, tasks.of(about, artifacts.NAMES), engine, Scheduler(engine.infers))


MODEL = model_of(ENGINE)


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """A red picture, a broken one, a blue one, and one that isn't there."""
    for name in ("red", "blue"):
        Image.new("RGB", (40, 40), name).save(tmp_path / f"{name}.png")
    (tmp_path / "broken.png").write_bytes(b"hello")
    return [str(tmp_path / f"{name}.png") for name in ("red", "broken", "blue", "none")]


def test_pictures_are_answered_and_those_that_can_not_be_read_are_named(files: list[str]) -> None:
    reports: list[tuple[evaluation.Answers, evaluation.Skipped]] = []
    times = evaluation.answer_all(MODEL, files, 10_000, lambda *given: reports.append(given))
    ((answers, skipped),) = reports
    assert {file: best[0] for file, best in answers.items()} == {files[0]: 0, files[2]: 2}
    assert "Send a JPEG, PNG or WebP file" in skipped[files[1]]
    assert skipped[files[3]] == "No such file or directory"
    assert len(times.decode) == len(times.infer) == 2


def test_answers_are_reported_every_interval_and_not_kept(files: list[str]) -> None:
    reports: list[list[str]] = []
    clock = itertools.count(step=2 * evaluation.REPORT_INTERVAL)
    evaluation.answer_all(
        MODEL, files[:1] * 2, 10_000, lambda given, _: reports.append([*given]), clock.__next__
    )
    assert reports == [[files[0]], [files[0]], []]


def test_where_several_classes_may_be_found_all_of_them_are_the_answer(files: list[str]) -> None:
    fields: dict[str, Any] = {"activation": "sigmoid", "multi_label": True}
    times = evaluation.Times()
    one = model_of(artifacts.constant(254, -1, -1), **fields)
    assert evaluation.answer(one, files[0], 10_000, times) == [0]
    none = model_of(artifacts.constant(-2, -1, -3), **fields)
    assert evaluation.answer(none, files[0], 10_000, times) == [~1]


def test_a_picture_without_numbers_is_skipped_with_the_reason(files: list[str]) -> None:
    model = model_of(artifacts.constant(np.nan, 0, 0))
    reports: list[evaluation.Skipped] = []
    evaluation.answer_all(model, files[:1], 10_000, lambda _, skipped: reports.append(skipped))
    assert "aren't numbers" in reports[0][files[0]]


def test_percentiles_are_of_what_could_be_read() -> None:
    assert evaluation.percentiles([1, 2, 30]) == {"median": 2, "p99": 29.44}
    assert evaluation.percentiles([]) == {}


def test_an_artifact_is_measured_by_itself(
    files: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    artifacts.use_engine(monkeypatch, ENGINE)
    folder = artifacts.write(tmp_path / "net")
    reports: list[evaluation.Answers] = []
    measured = evaluation.evaluate(folder, files, lambda answers, _: reports.append(answers))
    assert [*reports[-1]] == [files[0], files[2]]
    assert set(measured) == {"latency_ms", "memory_mb", "size_mb", "processor", "reference"}
    assert measured["processor"].endswith("threads")
