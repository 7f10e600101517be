"""torchvision's detectors have their operators, wherever the compiled ones don't load."""

import numpy as np
import pytest
import torch

from services.bake import torchvision_operators

pytestmark = pytest.mark.torch

THRESHOLD = 0.5


def brute_force(boxes: torch.Tensor, scores: torch.Tensor) -> list[int]:
    """Each pair compared in Python's own numbers."""
    kept: list[int] = []
    for index in sorted(range(len(scores)), key=lambda each: -scores[each].item()):
        if all(overlap(boxes[index].tolist(), boxes[each].tolist()) <= THRESHOLD for each in kept):
            kept.append(index)
    return kept


def overlap(one: list[float], other: list[float]) -> float:
    """The intersection over the union of two boxes; 0 where neither has an area."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(width, 0) * max(height, 0)
    areas = [(each[2] - each[0]) * (each[3] - each[1]) for each in (one, other)]
    union = sum(areas) - shared
    return shared / union if union else 0.0


def random_boxes(count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Boxes with whole-numbered edges, some alike and some without an area, and their scores."""
    chance = np.random.default_rng(seed)
    corners = chance.integers(0, 20, (count, 2))
    boxes = np.concatenate([corners, corners + chance.integers(0, 12, (count, 2))], 1)
    scores = chance.permutation(count) / count
    return torch.tensor(boxes, dtype=torch.float32), torch.tensor(scores, dtype=torch.float32)


@pytest.mark.parametrize("seed", range(5))
def test_the_boxes_that_stay_are_those_that_comparing_each_pair_leaves(seed: int) -> None:
    boxes, scores = random_boxes(200, seed)
    expected = brute_force(boxes, scores)
    assert 0 < len(expected) < len(boxes)
    assert torchvision_operators.nms(boxes, scores, THRESHOLD).tolist() == expected
    ops = torchvision_operators.import_torchvision().ops
    assert ops.nms(boxes, scores, THRESHOLD).tolist() == expected


def test_of_no_boxes_none_stays() -> None:
    ops = torchvision_operators.import_torchvision().ops
    for nms in (torchvision_operators.nms, ops.nms):
        found = nms(torch.zeros(0, 4), torch.zeros(0), THRESHOLD)
        assert (found.shape, found.dtype) == ((0,), torch.int64)


def test_equal_boxes_with_equal_scores_leave_the_first() -> None:
    boxes = torch.tensor([[0.0, 0.0, 4.0, 4.0]] * 3)
    assert torchvision_operators.nms(boxes, torch.ones(3), THRESHOLD).tolist() == [0]


def test_parts_of_a_feature_map_are_averaged_in_squares() -> None:
    ops = torchvision_operators.import_torchvision().ops
    features = torch.arange(64.0).reshape(1, 1, 8, 8)
    part = [torch.tensor([[1.0, 2.0, 5.0, 6.0]])]  # rows 2 to 5, columns 1 to 4
    pooled = ops.roi_align(features, part, output_size=2, sampling_ratio=2, aligned=True)
    means = [[features[0, 0, y : y + 2, x : x + 2].mean().item() for x in (1, 3)] for y in (2, 4)]
    assert pooled[0, 0].tolist() == means


def test_tracing_keeps_both_as_operators_that_an_engine_knows() -> None:
    ops = torchvision_operators.import_torchvision().ops

    def network(features: torch.Tensor, boxes: torch.Tensor) -> torch.Tensor:
        kept = ops.nms(boxes, boxes[:, 0], THRESHOLD)
        pooled: torch.Tensor = ops.roi_align(features, [boxes[kept]], output_size=1)
        return pooled

    example = (torch.ones(1, 1, 8, 8), torch.tensor([[0.0, 0.0, 4.0, 4.0]]))
    traced = torch.jit.trace(network, example)  # type: ignore[no-untyped-call]  # torch's own
    kinds = {node.kind() for node in traced.inlined_graph.nodes()}
    assert {"torchvision::nms", "torchvision::roi_align"} <= kinds


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (RuntimeError("operator torchvision::nms does not exist"), True),
        (RuntimeError("out of memory"), False),
        (ImportError("torchvision::nms"), False),
        (None, False),
    ],
)
def test_what_is_missing_is_told_from_other_errors(
    error: BaseException | None, *, expected: bool
) -> None:
    assert torchvision_operators.are_missing(error) is expected
