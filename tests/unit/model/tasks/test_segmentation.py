"""A model's values for each pixel -> which parts of a picture are which."""

import base64
import dataclasses
import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from passerelle.artifact.card import Signature, TensorSpec
from passerelle.protocol import problems
from services.model.placement import Placement
from services.model.tasks import segmentation
from services.model.tasks.segmentation import Segmentation
from services.model.tasks.task import UnfitOutputsError
from services.model.tensors import Array
from tests.unit.model import artifacts

PICTURE = Placement((4, 6), (0, 0, 4, 6), (0, 0, 2, 2))
# Classes 2 and 0 above, 0 and 0 below.
LOGITS = np.array([[[0, 5], [1, 1]], [[1, 1], [0, 0]], [[2, 3], [-9, 1]]], np.float32)[None]
NAMES = ["__background__", "cat", "dog"]


def made(names: list[str] = NAMES, channels: int = 3, activation: str = "none") -> Segmentation:
    card = artifacts.make_card(size=2, task="segmentation", activation=activation)
    output = TensorSpec("logits", (1, channels, 2, 2), "FP32")
    return Segmentation.of(
        dataclasses.replace(card, signature=Signature(card.signature.inputs, (output,))), names
    )


def answer(given: dict[str, Array], task: Segmentation | None = None, **query: str) -> Any:
    task = task or made()
    return task.answer(given, PICTURE, task.options(query))


def mask(segment: Any) -> Any:
    with Image.open(io.BytesIO(base64.b64decode(segment["mask"], validate=True))) as image:
        return np.array(image.convert("L"))


def test_each_class_that_is_there_has_its_share_and_its_mask_the_largest_first() -> None:
    found = answer({"logits": LOGITS})
    assert [*found] == ["image", "segments"]
    assert found["image"] == {"width": 4, "height": 6}
    told = [(each["class_id"], each["label"], each["share"]) for each in found["segments"]]
    assert told == [(0, "__background__", 0.75), (2, "dog", 0.25)]
    dog = [[255, 255, 0, 0]] * 3 + [[0] * 4] * 3
    assert mask(found["segments"][1]).tolist() == dog
    assert (mask(found["segments"][0]) == 255 - np.array(dog)).all()


def png(given: dict[str, Array], task: Segmentation, accept: str) -> Any:
    encoded = task.encoded(given, PICTURE, task.options({}), accept)
    if encoded is None:
        return None
    assert encoded.media_type == "image/png"
    with Image.open(io.BytesIO(encoded.body)) as image:
        return image.mode, np.array(image)


@pytest.mark.parametrize("accept", ["image/png", "image/*;q=0.5, application/json;q=0.2"])
def test_who_prefers_a_png_has_the_classes_as_greys(accept: str) -> None:
    mode, greys = png({"logits": LOGITS}, made(), accept)
    assert (mode, greys.dtype) == ("L", np.uint8)
    assert greys.tolist() == [[2, 2, 0, 0]] * 3 + [[0] * 4] * 3


@pytest.mark.parametrize("accept", ["", "*/*", "application/json", "image/jpeg", "image/png;q=0"])
def test_anyone_else_has_json(accept: str) -> None:
    assert png({"logits": LOGITS}, made(), accept) is None


def test_more_classes_than_a_byte_has_are_greys_of_sixteen_bits() -> None:
    logits = np.zeros((1, 300, 2, 2), np.float32)
    logits[0, 299, 0, 0] = 1
    mode, greys = png({"logits": logits}, made([str(each) for each in range(300)]), "image/png")
    assert mode.startswith("I")
    assert greys.max() == 299


def test_classes_that_the_network_gives_itself_are_taken_as_they_are() -> None:
    given = {"labels": np.array([[[1, 7], [1, 1]]], np.int64)}
    told = [(each["label"], each["share"]) for each in answer(given)["segments"]]
    assert told == [("cat", 0.75), ("7", 0.25)]
    assert made().classes(given) is None
    yes = {"labels": np.array([[[[True, False]]]])}
    assert [each["class_id"] for each in answer(yes)["segments"]] == [0, 1]


@pytest.mark.parametrize("value", [-1, 65_536])
def test_a_class_that_is_none_is_a_problem_of_the_picture(value: int) -> None:
    with pytest.raises(problems.NonFiniteOutput, match="aren't numbers from 0 to 65535"):
        answer({"labels": np.array([[[1, value]]])})


@pytest.mark.parametrize(
    ("activation", "value", "query", "share"),
    [
        ("sigmoid", 0.1, {}, 1),
        ("sigmoid", -0.1, {}, 0),
        ("sigmoid", -0.1, {"threshold": "0.4"}, 1),
        ("none", 0.4, {}, 0),
        ("none", 0.5, {}, 1),
        ("none", 0.4, {"threshold": "0.3"}, 1),
    ],
)
def test_one_value_for_each_pixel_is_a_class_from_a_threshold_on(
    activation: str, value: float, query: dict[str, str], share: float
) -> None:
    task = made(["rest", "road"], 1, activation)
    found = answer({"logits": np.full((1, 1, 2, 2), value, np.float32)}, task, **query)
    (only,) = found["segments"]
    assert only["class_id"] == share
    assert task.classes({"logits": np.zeros((1, 1, 2, 2))}) == 2


def test_a_threshold_is_refused_where_there_are_several_classes_or_it_is_none() -> None:
    with pytest.raises(problems.InvalidRequest, match="for a model with one class"):
        made().options({"threshold": "0.4"})
    with pytest.raises(problems.InvalidRequest, match=r"'2'\. Use a number from 0 to 1"):
        made(channels=1).options({"threshold": "2"})


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("side", [1, 2])
def test_nan_and_infinity_are_no_segmentation(channels: int, value: float, side: int) -> None:
    logits = np.zeros((1, channels, side, 2), np.float32)
    logits[0, -1, -1, -1] = value
    with pytest.raises(problems.NonFiniteOutput, match="NaN or infinity"):
        answer({"logits": logits}, made(channels=channels, activation="sigmoid"))
    with pytest.raises(problems.NonFiniteOutput):
        made(channels=channels).decision({"logits": logits}, PICTURE)


def test_a_pixel_of_which_all_classes_are_masked_has_none() -> None:
    logits = np.zeros((1, 2, 2, 2), np.float32)
    logits[0, 1] = -np.inf
    assert len(answer({"logits": logits})["segments"]) == 1
    logits[0, 0, 1, 1] = -np.inf
    with pytest.raises(problems.NonFiniteOutput):
        answer({"logits": logits})


def test_masks_past_what_an_answer_holds_are_refused_with_the_way_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(segmentation, "MAX_MASKS", 100)
    with pytest.raises(problems.ContentTooLarge, match="Accept: image/png"):
        answer({"logits": LOGITS})
    assert png({"logits": LOGITS}, made(), "image/png")


@pytest.mark.parametrize(
    ("shape", "kind", "name"),
    [
        ((1, 21, 8, 8), np.float32, "logits"),
        ((1, 1, 8, 8), np.float32, "logits"),
        ((1, 2, 1, 8), np.float32, "logits"),
        ((1, 8, 8), np.int64, "labels"),
        ((1, 1, 8, 8), np.uint8, "labels"),
        ((1, 8, 8), np.bool_, "labels"),
    ],
)
def test_a_map_of_values_or_of_classes_is_found(
    shape: tuple[int, ...], kind: type[np.generic], name: str
) -> None:
    given = {"row": np.zeros((1, 5), np.float32), "out": np.zeros(shape, kind)}
    assert Segmentation.choose(given) == {name: "out"}


@pytest.mark.parametrize(
    ("shape", "kind"),
    [
        ((1, 21), np.float32),
        ((1, 21, 1, 1), np.float32),
        ((1, 8, 8), np.float32),
        ((2, 21, 8, 8), np.float32),
        ((1, 3, 8, 8), np.int64),
        ((1, 0, 8, 8), np.float32),
    ],
)
def test_anything_else_is_told_with_what_is_wanted(
    shape: tuple[int, ...], kind: type[np.generic]
) -> None:
    with pytest.raises(UnfitOutputsError) as raised:
        Segmentation.choose({"": np.zeros(shape, kind)})
    told = str(raised.value)
    assert str(shape) in told
    assert "not (1, classes, height, width), a map of values" in told


def test_of_two_that_fit_the_manifest_says_which() -> None:
    given = {each: np.zeros((1, 3, 8, 8), np.float32) for each in ("out", "aux")}
    with pytest.raises(UnfitOutputsError, match="output: out or output: aux"):
        Segmentation.choose(given)
    assert Segmentation.choose(given, "out") == {"logits": "out"}


def test_numbers_that_are_no_classes_are_told_at_once() -> None:
    with pytest.raises(UnfitOutputsError, match="aren't numbers from 0 to 65535"):
        Segmentation.choose({"": np.full((1, 8, 8), -1)})


def test_a_decision_is_the_map_in_the_models_own_resolution() -> None:
    found = made().decision({"logits": LOGITS}, PICTURE)
    assert found == {
        "size": [2, 2], "runs": [2, 1, 0, 3], "taken": [0, 0, 4, 6], "filled": [0, 0, 2, 2],
    }  # fmt: skip


def test_a_map_coarser_than_the_input_is_enlarged_before_classes_are_told() -> None:
    task = dataclasses.replace(made(), size=(4, 1))
    logits = np.array([[[[0, 4]], [[1, 1]]]], np.float32)
    whole = Placement((4, 1), (0, 0, 4, 1), (0, 0, 4, 1))
    assert task.decision({"logits": logits}, whole)["runs"] == [1, 1, 0, 3]
    single = dataclasses.replace(made(channels=1), size=(4, 1))
    value = np.array([[[[0, 0.6]]]], np.float32)
    assert single.decision({"logits": value}, whole)["runs"] == [0, 3, 1, 1]


def test_two_agree_by_mean_iou_and_not_at_all_in_other_sizes() -> None:
    one = {"size": [2, 2], "runs": [2, 1, 0, 3], "picture": [0, 0, 2, 2]}
    other = one | {"runs": [2, 2, 0, 2]}
    assert made().agreement(one, one) == 1
    assert made().agreement(one, other) == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert made().agreement(one, one | {"size": [1, 4]}) == 0


def test_maps_of_values_deviate_by_the_largest_and_maps_of_classes_by_how_many() -> None:
    assert Segmentation.deviation({"logits": LOGITS}, {"logits": LOGITS * 1.5}) == 0.5
    one, other = np.array([[[250, 1, 1, 1]]], np.uint8), np.array([[[1, 1, 1, 1]]], np.uint8)
    assert Segmentation.deviation({"labels": one}, {"labels": other}) == 0.25
    assert Segmentation.deviation({"labels": one}, {"labels": other[:, :, :2]}) == np.inf
