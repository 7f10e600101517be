"""What a backend of the Open Inference Protocol says of itself and of its model."""

from typing import Any

import pytest

from gateway.adapters import oip_metadata
from tests.unit.gateway.adapters.oip_backend import IMAGE, MODEL, PIXELS, SERVER


def lack(*inputs: Any) -> str:
    return oip_metadata.parse(MODEL | {"inputs": list(inputs)}, SERVER).lack


@pytest.mark.parametrize("shape", [[1], [-1], [1, 1], [-1, 1], []])
def test_one_input_of_bytes_takes_an_encoded_picture(shape: list[int]) -> None:
    assert lack(IMAGE | {"shape": shape}) == ""


def test_what_a_model_takes_in_place_of_one_is_said() -> None:
    assert lack(PIXELS) == (
        "it takes tensors (pixels FP32 [-1, 3, 224, 224]) and no encoded picture"
    )
    assert "image BYTES [3]" in lack(IMAGE | {"shape": [3]})
    assert "image BYTES [1], pixels FP32" in lack(IMAGE, PIXELS)
    assert lack(*[PIXELS] * 9).count("pixels") == 5
    assert "and 4 more" in lack(*[PIXELS] * 9)
    assert "image BYTES [2, 2, 2, 2, 2, …]" in lack(IMAGE | {"shape": [2] * 9})


def test_a_model_may_name_no_input() -> None:
    assert lack() == "its metadata names no input"
    assert oip_metadata.parse({"name": "m"}, {}).lack == "its metadata names no input"


def test_a_server_says_whether_tensors_may_follow_the_json() -> None:
    assert not oip_metadata.parse(MODEL, SERVER).takes_binary
    assert not oip_metadata.parse(MODEL, {"extensions": None}).takes_binary
    extensions = {"extensions": ["classification", "binary_tensor_data"]}
    assert oip_metadata.parse(MODEL, extensions).takes_binary


@pytest.mark.parametrize(
    "given",
    [7, {}, {"name": "a"}, IMAGE | {"name": 7}, IMAGE | {"datatype": None}, IMAGE | {"shape": "1"},
     IMAGE | {"shape": [True]}, IMAGE | {"shape": ["1"]}],
)  # fmt: skip
def test_an_input_of_another_form_is_an_error(given: Any) -> None:
    with pytest.raises((TypeError, LookupError)):
        lack(given)


def test_metadata_that_json_cannot_hold_is_an_error() -> None:
    with pytest.raises(ValueError, match="JSON"):
        oip_metadata.parse(MODEL | {"parameters": float("nan")}, SERVER)


def test_another_model_has_another_digest() -> None:
    one, same, other = (
        oip_metadata.parse(MODEL | {"versions": versions}, SERVER) for versions in ("1", "1", "2")
    )
    assert one.digest == same.digest != other.digest
