"""What our services answer agrees as much as what they decide: one measure for both."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from passerelle import agreement
from services.model.placement import Placement
from services.model.tasks import TASKS, classification
from services.model.tasks.task import Task
from tests.unit.model import artifacts

SIDE = 16
WHERE = Placement((SIDE, SIDE), (0, 0, SIDE, SIDE), (0, 0, SIDE, SIDE))
SEEDS = st.integers(0, 2**32 - 1)


def task_of(name: str, **fields: Any) -> Task:
    names = [] if name in {"embedding", "tensor"} else [*"abcde"]
    return TASKS[name].of(artifacts.make_card(size=SIDE, task=name, **fields), names)


def answered(task: Task, outputs: Mapping[str, Any], **query: str) -> Any:
    """An answer as a client reads it."""
    return json.loads(json.dumps(task.answer(outputs, WHERE, task.options(query))))


def outputs(name: str, draw: np.random.Generator) -> dict[str, Any]:
    """What a network of a task gives, now and then with equal values."""
    if name == "classification":
        return {"logits": draw.integers(-3, 4, (1, 5)).astype(np.float32)}
    if name == "detection":
        corners, sides = draw.integers(0, 9, (9, 2)), draw.integers(1, 9, (9, 2))
        return {
            "boxes": np.hstack([corners, corners + sides]).astype(np.float32),
            "scores": draw.random(9).astype(np.float32),
            "labels": draw.integers(0, 2, 9),
        }
    if name == "segmentation":
        return {"logits": draw.normal(size=(1, 3, SIDE, SIDE)).astype(np.float32)}
    values = draw.normal(size=(1, 7)).astype(np.float32)
    return {"embedding": values} if name == "embedding" else {"a": values, "b": values[:, :2]}


@pytest.mark.parametrize("name", [*TASKS, "several labels"])
@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_answers_agree_as_their_decisions_do(name: str, seed: int) -> None:
    several = name == "several labels"
    name = "classification" if several else name
    fields = {"activation": "sigmoid", "multi_label": True} if several else {}
    task, draw = task_of(name, **fields), np.random.default_rng(seed)
    one, other = outputs(name, draw), outputs(name, draw)
    first, second = (task.decision(each, WHERE) for each in (one, other))
    if name == "detection" and not any(row[1] >= 0.5 for row in first):
        return  # a threshold of the model's own is asked for with ?threshold=
    found = agreement.of_answers(
        name, answered(task, one), answered(task, other), multi_label=several
    )
    assert found == pytest.approx(task.agreement(first, second), abs=1e-12)


@pytest.mark.parametrize("name", ["embedding", "tensor"])
def test_numbers_in_base64_agree_as_those_in_a_list(name: str) -> None:
    task, draw = task_of(name), np.random.default_rng(0)
    one, other = outputs(name, draw), outputs(name, draw)
    packed = [answered(task, each, encoding_format="base64") for each in (one, other)]
    lists = [answered(task, each) for each in (one, other)]
    expected = agreement.of_answers(name, *lists)
    assert agreement.of_answers(name, *packed) == pytest.approx(expected, abs=1e-6)
    assert agreement.of_answers(name, lists[0], packed[1]) == pytest.approx(expected, abs=1e-6)


def test_a_map_agrees_as_masks_do() -> None:
    task, draw = task_of("segmentation"), np.random.default_rng(0)
    given = [outputs("segmentation", draw) for _ in range(2)]
    maps = []
    for each in given:
        encoded = task.encoded(each, WHERE, classification.THRESHOLD, "image/png")
        assert encoded
        maps.append(agreement.read(encoded.media_type, encoded.body) or {})
    masks = [answered(task, each) for each in given]
    found = agreement.of_answers("segmentation", *maps)
    assert found == pytest.approx(agreement.of_answers("segmentation", *masks))
    assert found is not None
    assert 0 < found < 1
