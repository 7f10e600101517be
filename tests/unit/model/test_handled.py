"""A picture's way through a model with a handler."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from passerelle.artifact.card import BY_HANDLER, Input, TensorSpec
from services.model import decode
from services.model.handled import NO_HANDLER, Handled
from services.model.handler import Handler, HandlerError
from services.model.handler_output import Result
from services.model.tensors import PIXELS, Array, Tensors

SHAPE = Input((8, 8), None, "bilinear", (0.0,) * 3, (1.0,) * 3, fit="squash")
TAKES = (TensorSpec("images", (1, -1, -1, 3), "FP32"),)


class Prepares:
    """Makes the network's inputs."""

    def preprocess(self, image: Image.Image) -> dict[str, Array]:
        return {"images": np.asarray(image, np.float64)[np.newaxis]}


class Finishes:
    """Makes an answer of its own."""

    def postprocess(self, outputs: Tensors) -> Any:
        return {"shape": list(outputs["out"].shape)}


class Looks:
    """Makes an answer of the picture itself."""

    def postprocess(self, outputs: Tensors, image: Image.Image) -> Any:  # noqa: ARG002  # as called
        return {"boxes": [[0, 0, *image.size]], "scores": [1], "labels": [0]}


def handled(instance: Any, task: str = "tensor") -> Handled:
    return Handled(Handler("handlers:Own", instance), task, TAKES)


def encoded(mode: str = "RGB") -> bytes:
    stream = io.BytesIO()
    Image.new(mode, (20, 10), 255).save(stream, "PNG")
    return stream.getvalue()


def on_its_way(way: Handled, picture: bytes | None = None) -> Any:
    """What a picture becomes."""
    picture = encoded() if picture is None else picture
    return way.given(
        picture,
        lambda each: decode.whole(each, 10**6),
        lambda each: decode.prepare(each, SHAPE, 10**6),
    )


def test_without_a_handler_all_is_ours() -> None:
    with on_its_way(NO_HANDLER) as given:
        assert given.inputs[PIXELS].shape == (1, 8, 8, 3)
        assert given.image is None
        outputs = {"out": np.zeros(1)}
        assert NO_HANDLER.finished(outputs, given) is outputs


@pytest.mark.parametrize("mode", ["RGB", "L", "LA", "P"])
def test_a_handler_prepares_the_whole_picture_in_rgb(mode: str) -> None:
    with on_its_way(handled(Prepares()), encoded(mode)) as given:
        assert given.inputs["images"].shape == (1, 10, 20, 3)
        assert given.inputs["images"].dtype == np.float32  # as the network takes it
        assert given.placement.filled == (0, 0, 20, 10)  # where its boxes are


def test_a_picture_that_is_turned_is_upright_for_it() -> None:
    stream, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    Image.new("RGB", (20, 10)).save(stream, "JPEG", exif=exif)
    with on_its_way(handled(Prepares()), stream.getvalue()) as given:
        assert given.image.size == (10, 20)


def test_outputs_of_a_segmentation_are_shares_of_the_picture() -> None:
    with on_its_way(handled(Prepares(), "segmentation")) as given:
        assert given.placement.filled == (0, 0, *BY_HANDLER.size)


def test_a_handler_that_only_finishes_takes_what_we_prepare() -> None:
    way = handled(Finishes())
    with on_its_way(way) as given:
        assert given.inputs[PIXELS].shape == (1, 8, 8, 3)
        assert given.image is None  # which nobody asked for
        assert way.finished({"out": np.zeros((1, 2))}, given) == Result({"shape": [1, 2]})


def test_one_that_asks_for_the_picture_gets_it() -> None:
    way = handled(Looks(), "detection")
    with on_its_way(way) as given:
        made = way.finished({}, given)
        assert isinstance(made, dict)
        assert made["boxes"].tolist() == [[0, 0, 20, 10]]


def test_inputs_of_other_names_are_told() -> None:
    way = Handled(Handler("handlers:Own", Prepares()), "tensor", (TensorSpec("x", (1,), "FP32"),))
    told = "handlers:Own.preprocess gives images; the network takes x"
    with pytest.raises(HandlerError, match=told), on_its_way(way):
        pass


def test_inputs_that_the_network_does_not_take_are_told_with_their_shapes() -> None:
    def refuses(_: Tensors) -> dict[str, Array]:
        raise ValueError("not these")

    way = handled(Prepares())
    told = (
        r"doesn't take what handlers:Own.preprocess gives \(images \(1, 10, 20, 3\)\): ValueError"
    )
    with on_its_way(way) as given, pytest.raises(HandlerError, match=told):
        way.infer(given, refuses)
    with on_its_way(NO_HANDLER) as given, pytest.raises(ValueError, match="not these"):
        NO_HANDLER.infer(given, refuses)


def test_a_picture_that_is_decoded_already_takes_the_same_way() -> None:
    image = Image.new("RGB", (20, 10))
    assert handled(Prepares()).of_image(image, BY_HANDLER).inputs["images"].shape == (1, 10, 20, 3)
    given = handled(Looks()).of_image(image, SHAPE)
    assert given.inputs[PIXELS].shape == (1, 8, 8, 3)
    assert given.image is image
