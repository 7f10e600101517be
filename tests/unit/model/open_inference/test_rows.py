"""Which rows a request has, by its model's signature."""

import base64
import dataclasses
from typing import Any

import numpy as np
import pytest

from passerelle.artifact.card import Card, Signature, TensorSpec
from passerelle.protocol import problems
from services.model.open_inference import rows
from services.model.open_inference.request import InferRequest, InputTensor
from services.model.open_inference.rows import Row
from tests.unit.model import artifacts

SPEC = TensorSpec("pixels", (1, 2, 2, 3), "UINT8")
LOGITS = TensorSpec("logits", (1, 3), "FP32")
MOST = 4


def card(*inputs: TensorSpec, outputs: tuple[TensorSpec, ...] = (LOGITS,), **given: Any) -> Card:
    about = artifacts.make_card(**given)
    return dataclasses.replace(about, signature=Signature(inputs or (SPEC,), outputs))


def found(*inputs: InputTensor, about: Card | None = None) -> list[Row]:
    return rows.of(InferRequest(inputs), about or card(), MOST)


def pixels(count: int, **given: Any) -> InputTensor:
    """A batch whose values are their places."""
    shape = (count, 2, 2, 3)
    content = memoryview(bytes(number % 256 for number in range(count * 12)))
    return dataclasses.replace(InputTensor("pixels", "UINT8", shape, content=content), **given)


def pictures(*elements: bytes, name: str = "image", shape: tuple[int, ...] = ()) -> InputTensor:
    """Encoded pictures as bytes."""
    content = b"".join(len(each).to_bytes(4, "little") + each for each in elements)
    return InputTensor(name, "BYTES", shape or (len(elements),), content=memoryview(content))


def encoded(given: list[Row]) -> list[bytes]:
    return [each() for each in given if callable(each)]


def test_a_tensor_is_one_row() -> None:
    (only,) = found(pixels(1))
    assert isinstance(only, dict)
    assert only["pixels"].shape == (1, 2, 2, 3)
    assert only["pixels"].reshape(-1).tolist() == list(range(12))


def test_a_batch_is_a_row_for_each_picture() -> None:
    several = found(pixels(3))
    arrays = [each["pixels"] for each in several if isinstance(each, dict)]
    assert [each.shape for each in arrays] == [(1, 2, 2, 3)] * 3
    assert [int(each[0, 0, 0, 0]) for each in arrays] == [0, 12, 24]


def test_a_tensor_may_be_in_the_json() -> None:
    (only,) = found(pixels(1, data=[[[[1, 2, 3]] * 2] * 2]))
    assert isinstance(only, dict)
    assert only["pixels"][0, 1, 1].tolist() == [1, 2, 3]


@pytest.mark.parametrize("name", ["image", "pixels"])
@pytest.mark.parametrize("shape", [(2,), (2, 1)])
def test_pictures_are_rows_whichever_name_they_have(name: str, shape: tuple[int, ...]) -> None:
    assert encoded(found(pictures(b"one", b"two", name=name, shape=shape))) == [b"one", b"two"]


def test_pictures_in_json_are_base64_and_decoded_when_their_turn_comes() -> None:
    text = base64.b64encode(b"one").decode()
    first, second = found(InputTensor("image", "BYTES", (2,), [text, "%"]))
    assert callable(first)
    assert callable(second)
    assert first() == b"one"
    with pytest.raises(problems.InvalidRequest, match="is not base64"):
        second()


def test_an_empty_picture_is_refused_when_its_turn_comes() -> None:
    (only,) = found(pictures(b""))
    assert callable(only)
    with pytest.raises(problems.InvalidRequest, match='"image" is empty'):
        only()


def test_a_raw_body_is_a_tensor_by_its_length_and_else_a_picture() -> None:
    raw = InferRequest(raw=memoryview(bytes(12)))
    (tensors,) = rows.of(raw, card(), MOST)
    assert isinstance(tensors, dict)
    assert tensors["pixels"].shape == (1, 2, 2, 3)
    picture = dataclasses.replace(raw, raw=memoryview(b"\xff\xd8"))
    assert encoded(rows.of(picture, card(), MOST)) == [b"\xff\xd8"]
    assert encoded(rows.of(raw, card(handler="handlers:Own"), MOST)) == [bytes(12)]


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        (
            [pixels(1, name="pixel")],
            'The inputs are pixel. net takes "pixels" (UINT8 [1, 2, 2, 3])',
        ),
        ([pixels(1), pixels(1, name="more")], "The inputs are more, pixels"),
        ([pixels(1), pictures(b"one")], "The inputs are image, pixels"),
        ([pictures(b"one", name="photo")], "The inputs are photo"),
        ([pixels(1, datatype="INT8")], "pixels is INT8 of shape [1, 2, 2, 3]"),
        ([pixels(1, shape=(1, 3, 2, 2))], "takes UINT8 of shape [-1, 2, 2, 3]"),
        ([pixels(1, shape=(2, 2, 3))], "of shape [2, 2, 3]"),
        ([pixels(1, shape=(2, 2, 2, 3))], "has 12 bytes"),
        ([pixels(0)], "The batch is empty"),
        ([pictures(shape=(0,))], "The batch is empty"),
        ([pictures(b"one", shape=(1, 2, 1))], "Write [n] for n pictures"),
        ([pictures(b"one", shape=(1, 2))], "Write [n] for n pictures"),
        ([pictures(b"one", shape=(2,))], "aren't 2 elements"),
    ],
)
def test_what_the_signature_does_not_say_is_refused(inputs: list[InputTensor], reason: str) -> None:
    with pytest.raises(problems.InvalidRequest) as raised:
        found(*inputs)
    assert reason in raised.value.detail


def test_more_rows_than_a_request_may_have_are_refused() -> None:
    for given in (pixels(MOST + 1), pictures(*[b"one"] * (MOST + 1))):
        with pytest.raises(problems.ContentTooLarge, match="5 pictures, more than 4"):
            found(given)
    assert len(found(pixels(MOST))) == MOST


def test_a_batch_of_an_absurd_size_is_refused_by_its_size() -> None:
    with pytest.raises(problems.ContentTooLarge):
        found(pixels(1, shape=(1 << 61, 2, 2, 3)))


def test_a_model_with_code_of_its_own_takes_pictures_and_no_tensors() -> None:
    about = card(handler="handlers:Own", outputs=(TensorSpec("boxes", (-1, 4), "FP32"),))
    assert encoded(found(pictures(b"one", b"two"), about=about)) == [b"one", b"two"]
    with pytest.raises(problems.InvalidRequest, match="so it takes pictures and no tensors"):
        found(pixels(1), about=about)


@pytest.mark.parametrize("shape", [(-1, 4), (1, -1, 4), (3,), ()])
def test_outputs_of_another_size_for_each_picture_are_not_put_together(
    shape: tuple[int, ...],
) -> None:
    about = card(outputs=(TensorSpec("boxes", shape, "FP32"),))
    assert len(found(pixels(1), about=about)) == 1
    with pytest.raises(problems.InvalidRequest, match="Send one picture a request"):
        found(pixels(2), about=about)


def test_an_artifact_without_a_signature_is_to_be_baked_again() -> None:
    about = dataclasses.replace(card(), signature=Signature())
    with pytest.raises(problems.InvalidRequest, match="Bake it again"):
        found(pixels(1), about=about)


def test_every_input_of_a_network_has_the_same_batch() -> None:
    about = card(SPEC, TensorSpec("scale", (1, 1), "FP32"), TensorSpec("size", (2,), "INT64"))
    size = InputTensor("size", "INT64", (2,), [5, 6])

    def scale(count: int) -> InputTensor:
        return InputTensor("scale", "FP32", (count, 1), [0.5] * count)

    (only,) = found(pixels(1), scale(1), size, about=about)
    assert isinstance(only, dict)
    assert only["size"].tolist() == [5, 6]
    assert only["scale"].dtype == np.float32
    for given in ([pixels(2), scale(1), size], [pixels(2), scale(2), size]):
        with pytest.raises(problems.InvalidRequest, match="batches of different sizes"):
            found(*given, about=about)
