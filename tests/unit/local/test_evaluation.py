"""Variants compared with their fp32 model, on answers that are given here."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from passerelle.artifact import card, labels
from passerelle.local import baking, evaluation
from passerelle.local.dataset import Picture
from passerelle.local.evaluation import Measurement, Variant
from passerelle.manifest.model import Accept, Model
from tests.unit.model import artifacts

MEASURED = {"latency_ms": {}, "memory_mb": 1.0, "size_mb": 1.0, "processor": "one"}


def make_model(model_id: str, **fields: Any) -> Model:
    base: dict[str, Any] = {"architecture": "nets:Net", "weights": "random", "timeout": 1.0}
    return Model(id=model_id, title=model_id, service=model_id, **base | fields)


def ids(variants: list[Variant]) -> list[tuple[str, str]]:
    return [(each.model.id, each.reference.id) for each in variants]


def test_variants_of_one_network_come_after_its_fp32_model() -> None:
    models = (
        make_model("a-int8", precision="int8"),
        make_model("b", arguments=[2]),
        make_model("a"),
    )
    assert ids(evaluation.variants(models, ())) == [("a", "a"), ("a-int8", "a"), ("b", "b")]
    assert ids(evaluation.variants(models, ["a-int8"])) == [("a", "a"), ("a-int8", "a")]
    assert ids(evaluation.variants(models, ["b"])) == [("b", "b")]


def test_a_network_without_an_fp32_model_gets_one_for_the_comparison() -> None:
    lower = make_model("a", precision="int8", accept=Accept(agreement=0.5), calibration="/p")
    made, variant = evaluation.variants((lower,), ())
    assert ids([made, variant]) == [("a-fp32", "a-fp32"), ("a", "a-fp32")]
    assert made.is_reference
    assert not variant.is_reference
    assert (made.model.precision, made.model.accept, made.model.calibration) == ("fp32", None, None)


def test_accuracy_is_of_the_pictures_that_are_labelled_and_were_read() -> None:
    answers = {"1": [0, 1], "2": [1, 2], "3": [3, 4]}
    assert evaluation.accuracy(answers, {"1": 0, "2": 2, "4": 0}) == (0.5, 1.0, 2)
    assert evaluation.accuracy(answers, {}) == (None, None, 0)


def test_agreement_is_of_the_pictures_that_both_have_read() -> None:
    assert evaluation.agreement({"1": [0], "2": [1], "3": [2]}, {"1": [0], "2": [0]}) == 0.5
    assert evaluation.agreement({"1": [0]}, {}) == 0.0


def test_where_several_classes_may_be_found_all_must_be_the_same() -> None:
    one, other = {"1": [0, 2], "2": [], "3": [1]}, {"1": [2, 0], "2": [], "3": []}
    assert evaluation.agreement(one, other, several=True) == round(2 / 3, 4)


def lines(*events: dict[str, Any]) -> Iterator[str]:
    return (json.dumps(event) for event in events)


def test_the_lines_of_a_process_are_collected_until_it_has_measured() -> None:
    reports: list[int] = []
    found = evaluation.collect(
        lines(
            {"answers": {"1": [0]}, "skipped": {}},
            {"answers": {"2": [1]}, "skipped": {"3": "broken"}},
            {"measured": MEASURED},
            {"error": "never read"},
        ),
        reports.append,
    )
    assert found == Measurement({"1": [0], "2": [1]}, {"3": "broken"}, MEASURED)
    assert reports == [1, 3, 3]


def test_what_a_process_says_is_wrong_ends_it() -> None:
    with pytest.raises(evaluation.EvaluateError, match="bake it again"):
        evaluation.collect(lines({"error": "bake it again"}), lambda _: None)


@pytest.fixture
def run(tmp_path: Path) -> evaluation.Evaluation:
    """Both variants of a network, baked, and two pictures of which one is labelled."""
    folders = {name: artifacts.write(tmp_path / name, name) for name in ("a", "a-int8")}
    baked = [baking.Result(make_model(name), folder) for name, folder in folders.items()]
    labelled = Picture(Path("1"), "line 2", "green")
    return evaluation.Evaluation(baked, (labelled, Picture(Path("2"))))


def evaluate(
    run: evaluation.Evaluation, variant: Variant, answers: evaluation.Answers,
    monkeypatch: pytest.MonkeyPatch,
) -> dict[str, Any]:  # fmt: skip
    """What is written on a variant's card when its process gives these answers."""
    found = Measurement(answers, {"3": "broken"}, MEASURED)
    monkeypatch.setattr(evaluation, "measure", lambda *_: found)
    result = run.run(variant, lambda _: None)
    assert result.evaluation == card.read(run.folders[variant.model.id]).evaluation
    assert result.evaluation is not None
    return result.evaluation


def test_a_variant_is_compared_with_labels_and_with_its_fp32_model(
    run: evaluation.Evaluation, monkeypatch: pytest.MonkeyPatch
) -> None:
    full, lower = make_model("a"), make_model("a-int8", precision="int8")
    first = evaluate(run, Variant(full, full), {"1": [1, 0], "2": [0, 1]}, monkeypatch)
    assert (first["top1"], first["labelled"], first["skipped"]) == (1.0, 1, 1)
    assert (first["agreement"], first["agreement_with"]) == (None, None)
    second = evaluate(run, Variant(lower, full), {"1": [0, 1], "2": [0, 1]}, monkeypatch)
    assert (second["top1"], second["top5"]) == (0.0, 1.0)
    assert (second["agreement"], second["agreement_with"]) == (0.5, "a")


def test_a_model_that_was_not_baked_or_can_not_be_measured_is_told(
    run: evaluation.Evaluation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise evaluation.EvaluateError("none can be read")

    other, baked = make_model("b"), make_model("a")
    assert run.run(Variant(other, other), lambda _: None).error == "it was not baked"
    monkeypatch.setattr(evaluation, "measure", fail)
    assert run.run(Variant(baked, baked), lambda _: None).error == "none can be read"


def test_the_class_names_are_those_of_the_artifact(run: evaluation.Evaluation) -> None:
    assert labels.read(run.folders["a"]) == artifacts.NAMES
    assert run.classes["a"] == {"1": artifacts.NAMES.index("green")}
