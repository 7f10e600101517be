"""passerelle/agreement/segmentation.py: masks, and maps of classes."""

from typing import Any

import pytest

from passerelle.agreement import segmentation
from tests.unit.agreement import forms
from tests.unit.agreement.forms import segmented

ONE = [[0, 0, 1, 1], [0, 0, 1, 1]]
OTHER = [[0, 1, 1, 3], [0, 1, 1, 3]]
MEAN = (1 / 2 + 1 / 3 + 0) / 3


def of_answers(one: Any, other: Any) -> float | None:
    return segmentation.of_answers(one, other, multi_label=False)


@pytest.mark.parametrize("depth", [1, 8])
def test_masks_agree_by_the_mean_of_their_classes(depth: int) -> None:
    one, other = segmented(ONE, depth), segmented(OTHER, depth)
    assert of_answers(one, one) == 1
    assert of_answers(one, other) == of_answers(other, one) == pytest.approx(MEAN)


@pytest.mark.parametrize(("depth", "beside"), [(8, 8), (16, 16), (8, 16)])
def test_maps_agree_by_the_same(depth: int, beside: int) -> None:
    one, other = {"png": forms.png(ONE, depth)}, {"png": forms.png(OTHER, beside)}
    assert of_answers(one, other) == pytest.approx(MEAN)


def test_those_of_other_sizes_do_not_agree() -> None:
    wide = [[*row, 0] for row in ONE]
    assert of_answers(segmented(ONE), segmented(wide)) == 0
    assert of_answers({"png": forms.png(ONE, 8)}, {"png": forms.png(wide, 8)}) == 0
    assert (
        segmentation.of_decisions({"size": [2, 4], "runs": []}, {"size": [2, 5], "runs": []}) == 0
    )


def test_decisions_agree_by_their_runs() -> None:
    one = {"size": [1, 4], "runs": [0, 2, 1, 2]}
    other = {"size": [1, 4], "runs": [0, 1, 1, 2, 3, 1]}
    assert segmentation.of_decisions(one, other) == pytest.approx(MEAN)


FIRST = segmented(ONE)["segments"][0]


@pytest.mark.parametrize(
    "broken",
    [
        {}, {"segments": None}, {"segments": [1]}, {"segments": [FIRST, FIRST]},
        {"segments": [FIRST | {"mask": "?"}]}, {"segments": [FIRST | {"mask": 7}]},
        {"segments": [FIRST | {"mask": FIRST["mask"][:40]}]},
        {"segments": [{"label": "c0", "mask": FIRST["mask"]}]},
        segmented(ONE, 8), {"png": forms.png(ONE, 8)}, {"png": "text"}, {"png": b"hello"},
    ],
)  # fmt: skip
def test_other_forms_can_not_be_compared(broken: Any) -> None:
    assert of_answers(segmented(ONE), broken) is None
    assert of_answers(broken, segmented(ONE)) is None


def test_masks_of_several_sizes_can_not_be_compared() -> None:
    odd = segmented(ONE)
    odd["segments"][1] |= {"mask": forms.mask([[1, 1]], 1)}
    assert of_answers(odd, segmented(ONE)) is None


def test_a_mask_is_no_map() -> None:
    assert of_answers({"png": forms.png(ONE, 1)}, {"png": forms.png(ONE, 8)}) is None


@pytest.mark.parametrize(("bound", "below"), [("MAX_MASKS", 5), ("MAX_MASK", 3)])
def test_so_many_masks_are_not_compared(
    monkeypatch: pytest.MonkeyPatch, bound: str, below: int
) -> None:
    monkeypatch.setattr(segmentation, bound, below)
    assert of_answers(segmented(ONE), segmented(ONE)) is None


def test_people_read_shares() -> None:
    found = segmented([[0, 1, 2, 3]])
    found["segments"][1].pop("share")
    assert segmentation.summary(found) == "c0 50%, c1, c2 50%, …"
    assert segmentation.summary({"png": b""}) == "a map of classes"
    assert segmentation.summary({"segments": []}) == "nothing"
    assert segmentation.summary({}) == ""
