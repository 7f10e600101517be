"""The types of the fields of `input`: each is written in more than one way, and read as one."""

from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError, PydanticKnownError

from passerelle.manifest.model import Channels

CHANNELS = "1 (grey), 3 or rgb, bgr, or 4 (RGB and alpha)"  # what `channels` may be, in words

Number = Annotated[float, Field(allow_inf_nan=False)]
PerChannel = Annotated[
    tuple[Number, ...],
    Field(strict=False),
    BeforeValidator(
        lambda given: (given,) if type(given) in {int, float} else given,  # not True
        json_schema_input_type=Number | list[Number],
    ),
]
Byte = Annotated[int, Field(ge=0, le=255)]
BytePerChannel = Annotated[
    tuple[Byte, ...],
    Field(strict=False),
    BeforeValidator(
        lambda given: given if isinstance(given, list | tuple) else (given,),
        json_schema_input_type=Byte | list[Byte],
    ),
]
Side = Annotated[int, Field(ge=16, le=4096)]
Scaled = Annotated[int, Field(ge=16, le=8192)]


def height_and_width(given: object) -> object:
    """A size as two sides, of which a square has one written.

    Raises:
        PydanticCustomError: it has another number of them.
    """
    if isinstance(given, int | float):
        return given, given
    if isinstance(given, list | tuple) and len(given) == 2:
        return tuple(given)
    raise PydanticCustomError("size", "is no size")


Size = Annotated[
    tuple[Side, Side],
    BeforeValidator(height_and_width, json_schema_input_type=Side | tuple[Side, Side]),
]


def short_side_or_both(given: object) -> object:
    """The size before a crop: of the short side, or of both as a size has them.

    Raises:
        PydanticCustomError: it has another number of them.
    """
    if isinstance(given, list | tuple) and len(given) != 2:
        raise PydanticCustomError("resize", "is no size")
    return tuple(given) if isinstance(given, list) else given


Resize = Annotated[
    Scaled | tuple[Scaled, Scaled],
    BeforeValidator(short_side_or_both, json_schema_input_type=Scaled | tuple[Scaled, Scaled]),
]


def not_a_truth_value(given: object) -> object:
    """A value that may be 1, which Python takes True for.

    Raises:
        PydanticKnownError: it is True or False.
    """
    if isinstance(given, bool):
        raise PydanticKnownError("literal_error", {"expected": CHANNELS})
    return given


ChannelOrder = Annotated[
    Channels, BeforeValidator(not_a_truth_value, json_schema_input_type=Channels)
]
