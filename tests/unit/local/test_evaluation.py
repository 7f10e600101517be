"""passerelle/local/evaluation.py: what a process says, judged and written on a card."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from passerelle.artifact import card
from passerelle.local import baking, dataset, evaluation
from passerelle.local.evaluation import Measurement
from passerelle.local.judge import Judge
from passerelle.local.variants import Variant
from passerelle.manifest.model import Model
from tests.unit.model import artifacts

MEASURED = {"latency_ms": {}, "memory_mb": 1.0, "size_mb": 1.0, "processor": "one"}
Answers = dict[str, list[int]]


def make_model(model_id: str, **fields: Any) -> Model:
    base: dict[str, Any] = {"architecture": "nets:Net", "weights": "random", "timeout": 1.0}
    return Model(id=model_id, title=model_id, service=model_id, **base | fields)


def lines(*events: dict[str, Any]) -> Iterator[str]:
    return (json.dumps(event) for event in events)


def judge() -> Judge:
    return Judge(artifacts.make_card(), artifacts.NAMES, {})


def test_the_lines_of_a_process_are_collected_until_it_has_measured() -> None:
    reports: list[int] = []
    given = judge()
    found = evaluation.collect(
        lines(
            {"answers": {"1": [0]}, "skipped": {}},
            {"answers": {"2": [1]}, "skipped": {"3": "broken"}},
            {"measured": MEASURED},
            {"error": "never read"},
        ),
        given,
        reports.append,
    )
    assert found == Measurement({"3": "broken"}, MEASURED)
    assert [given.decisions.find(each) for each in "12"] == [[0], [1]]
    assert reports == [1, 3, 3]


def test_what_a_process_says_is_wrong_ends_it() -> None:
    with pytest.raises(evaluation.EvaluateError, match="bake it again"):
        evaluation.collect(lines({"error": "bake it again"}), judge(), lambda _: None)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pictures of which one is labelled."""
    made = tmp_path / "pictures"
    made.mkdir()
    for name in ("1.png", "2.png"):
        (made / name).touch()
    (made / "labels.csv").write_text("file,label\n1.png,green\n")
    return made


@pytest.fixture
def run(tmp_path: Path, folder: Path) -> evaluation.Evaluation:
    """Both variants of a network, baked."""
    folders = {name: artifacts.write(tmp_path / name, name) for name in ("a", "a-int8")}
    baked = [baking.Result(make_model(name), made) for name, made in folders.items()]
    return evaluation.Evaluation(baked, dataset.Dataset(folder))


def evaluate(
    run: evaluation.Evaluation, variant: Variant, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    """What is written on a variant's card when its process gives these answers, by file."""
    folder = Path(run.files[0]).parent

    def measure(_: Path, __: list[str], judge: Judge, ___: evaluation.Report) -> Measurement:
        for name, decision in answers.items():
            judge.add(str(folder / name), decision)
        return Measurement({"3": "broken"}, MEASURED)

    monkeypatch.setattr(evaluation, "measure", measure)
    result = run.run(variant, lambda _: None)
    written = card.read(run.artifacts[variant.model.id].folder).evaluation
    assert written is not None
    assert (result.evaluation, result.task) == (written, "classification")
    return written


def test_a_variant_is_compared_with_labels_and_with_its_fp32_model(
    run: evaluation.Evaluation, monkeypatch: pytest.MonkeyPatch
) -> None:
    full, lower = make_model("a"), make_model("a-int8", precision="int8")
    answers = {"1.png": [1, 0], "2.png": [0, 1]}
    first = evaluate(run, Variant(full, full), answers, monkeypatch)
    assert (first["top1"], first["labelled"], first["skipped"]) == (1.0, 1, 1)
    assert (first["agreement"], first["agreement_with"]) == (None, None)
    answers = {"1.png": [0, 1], "2.png": [0, 1]}
    second = evaluate(run, Variant(lower, full), answers, monkeypatch)
    assert (second["top1"], second["top5"]) == (0.0, 1.0)
    assert (second["agreement"], second["agreement_with"]) == (0.5, "a")


def test_a_variant_whose_fp32_model_failed_agrees_with_none(
    run: evaluation.Evaluation, monkeypatch: pytest.MonkeyPatch
) -> None:
    full, lower = make_model("a"), make_model("a-int8", precision="int8")
    found = evaluate(run, Variant(lower, full), {"1.png": [1, 0]}, monkeypatch)
    assert (found["agreement"], found["agreement_with"]) == (None, None)


def test_a_model_that_was_not_baked_or_can_not_be_measured_is_told(
    run: evaluation.Evaluation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise evaluation.EvaluateError("none can be read")

    other, baked = make_model("b"), make_model("a")
    assert run.run(Variant(other, other), lambda _: None).error == "it was not baked"
    monkeypatch.setattr(evaluation, "measure", fail)
    assert run.run(Variant(baked, baked), lambda _: None).error == "none can be read"


def test_the_labels_are_in_the_numbers_of_each_artifact(
    run: evaluation.Evaluation, folder: Path
) -> None:
    green = artifacts.NAMES.index("green")
    assert run.artifacts["a"].labels == {str(folder / "1.png"): green}
    assert run.notes == []
