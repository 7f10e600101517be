"""What may be written in `input`, and what it is read as."""

from typing import Any

import pydantic
import pytest

from passerelle.manifest import input_fields


def read(kind: Any, given: object) -> Any:
    config = pydantic.ConfigDict(strict=True)
    return pydantic.TypeAdapter(kind, config=config).validate_python(given)


@pytest.mark.parametrize(
    ("kind", "given", "meant"),
    [
        (input_fields.Size, 224, (224, 224)),
        (input_fields.Size, [256, 128], (256, 128)),
        (input_fields.Resize, 256, 256),
        (input_fields.Resize, [256, 300], (256, 300)),
        (input_fields.PerChannel, 0.5, (0.5,)),
        (input_fields.PerChannel, [1, 0.5, 0], (1, 0.5, 0)),
        (input_fields.BytePerChannel, 114, (114,)),
        (input_fields.BytePerChannel, [0, 128, 255], (0, 128, 255)),
        (input_fields.ChannelOrder, 1, 1),
        (input_fields.ChannelOrder, "bgr", "bgr"),
    ],
)
def test_one_and_several_are_read_alike(kind: Any, given: object, meant: object) -> None:
    assert read(kind, given) == meant


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (input_fields.Size, True),
        (input_fields.Size, 224.0),
        (input_fields.Size, [224, True]),
        (input_fields.Size, [224]),
        (input_fields.Size, [224, 224, 3]),
        (input_fields.Size, "224"),
        (input_fields.Size, 4097),
        (input_fields.Resize, True),
        (input_fields.Resize, [256, 256, 256]),
        (input_fields.Resize, [256, 256.0]),
        (input_fields.PerChannel, [True]),
        (input_fields.PerChannel, float("nan")),
        (input_fields.BytePerChannel, [0.5]),
        (input_fields.BytePerChannel, [True, 0, 0]),
        (input_fields.BytePerChannel, "114"),
        (input_fields.BytePerChannel, 256),
        (input_fields.ChannelOrder, True),
        (input_fields.ChannelOrder, "BGR"),
    ],
)
def test_nothing_is_converted_without_a_word(kind: Any, given: object) -> None:
    with pytest.raises(pydantic.ValidationError):
        read(kind, given)
