"""A picture's way in a bake, through a handler; its errors name the picture."""

from typing import Any

import numpy as np
import pytest
from PIL import Image

from passerelle.artifact.card import BY_HANDLER
from services.bake import calibration, picture_way
from services.bake.errors import ForwardError
from services.model.decode import Prepared
from services.model.handled import NO_HANDLER, Handled
from services.model.handler import Handler
from services.model.tensors import PIXELS
from tests.unit.bake import nets

CAT = next(each for each in calibration.PICTURES if each.name == "chelsea.png")


class Given:
    """A handler that gives what it is told to."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def preprocess(self, image: Image.Image) -> Any:
        return {"images": np.asarray(image)} if self.value is None else self.value

    def postprocess(self, outputs: Any) -> Any:  # noqa: ARG002  # as it is called
        return self.value


def way(value: Any = None, task: str = "tensor") -> Handled:
    return Handled(Handler("handlers:Own", Given(value)), task)


def test_a_file_is_prepared_as_a_requests_picture_is() -> None:
    prepared = picture_way.of_file(NO_HANDLER, CAT, nets.SHAPE)
    assert isinstance(prepared, Prepared)
    assert prepared.inputs[PIXELS].shape == (1, *nets.SHAPE.shape)
    given = picture_way.of_file(way(), CAT, BY_HANDLER)
    assert given.inputs["images"].shape == (300, 451, 3)


def test_a_handler_that_fails_on_a_picture_names_it() -> None:
    with pytest.raises(ForwardError, match=r"on chelsea.png handlers:Own.preprocess gives a list"):
        picture_way.of_file(way([1]), CAT, BY_HANDLER)
    with pytest.raises(ForwardError, match=r"handlers:Own.preprocess gives a list"):
        picture_way.of_image(way([1]), Image.new("RGB", (4, 4)), BY_HANDLER)


def test_an_answer_is_the_tasks_arrays_or_else_the_outputs() -> None:
    outputs, picture = {"out": np.zeros(3)}, picture_way.of_file(NO_HANDLER, CAT, nets.SHAPE)
    assert picture_way.finished(NO_HANDLER, picture, outputs) is outputs
    assert picture_way.finished(way({"any": "JSON"}), picture, outputs) is outputs
    made = picture_way.finished(way({"logits": [1.0, 2.0]}, "classification"), picture, outputs)
    assert made["logits"].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"logits": [np.nan]}, "gives NaN or infinity"),
        ({"scores": [1]}, "task: classification takes a dict with logits"),
    ],
)
def test_an_answer_that_does_not_fit_fails(value: Any, told: str) -> None:
    picture = picture_way.of_file(NO_HANDLER, CAT, nets.SHAPE)
    with pytest.raises(ForwardError, match=told):
        picture_way.finished(way(value, "classification"), picture, {})


def test_crops_for_a_handler_are_pictures_of_their_own() -> None:
    found = calibration.some_crops(way(), BY_HANDLER, 4, 0)
    assert len({each.inputs["images"].shape for each in found}) == 4
    assert len(calibration.some_crops(NO_HANDLER, nets.SHAPE, 3, 0)) == 3
