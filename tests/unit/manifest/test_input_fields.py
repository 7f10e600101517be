"""What may be written in `input`, and what it is read as."""

import json
import re
from pathlib import Path
from typing import Any

import pydantic
import pytest

from passerelle.manifest import input_fields, reading


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


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"channels": 2}, "2 is unknown; write 1 (grey), 3 or rgb, bgr, or 4"),
        ({"channels": True}, "true is unknown; write 1 (grey), 3 or rgb"),
        ({"channels": "BGR"}, "'BGR' is unknown; write 1 (grey), 3 or rgb, bgr, or 4"),
        ({"size": [224]}, "[224] is no size; write the side in pixels, or [height, w"),
        ({"size": [224, 224, 3]}, "is no size; write the side in pixels, or [height"),
        ({"resize": [256]}, "[256] is no size; write the short side in pixels, or"),
        ({"resize": [256, 9]}, "input.resize[1]: 9 is too small; write at least 16"),
        ({"resize": 9}, "input.resize: 9 is too small; write at least 16"),
        ({"resize": "short"}, "input.resize: 'short' is not a whole number; write"),
        ({"size": [64, 32], "resize": [64, 31]}, "is less than size [64, 32], both"),
        ({"size": "224x224"}, "'224x224' is no size; write the side in pixels, or"),
        ({"size": {"height": 9}}, "{'height': 9} is no size; write the side"),
        ({"size": 224.0}, "input.size: 224.0 is not a whole number; write one"),
        ({"size": True}, "input.size: true is not a whole number; write one"),
        ({"size": [224, 0.5]}, "input.size[1]: 0.5 is not a whole number; write one"),
        ({"size": [8, 224]}, "input.size[0]: 8 is too small; write at least 16"),
        ({"size": 5000}, "input.size: 5000 is too large; write at most 4096"),
        ({"size": 64, "fit": "stretch"}, "write 'crop', 'squash' or 'letterbox'"),
        ({"pad": 256}, "input.pad: 256 is too large; write at most 255"),
        ({"pad": [0, 0, -1]}, "input.pad[2]: -1 is too small; write at least 0"),
        ({"pad": 0.447}, "input.pad: 0.447 is not a whole number; write one"),
        ({"pad": "grey"}, "input.pad: 'grey' is not a whole number; write one"),
        ({"fit": "squash", "resize": 256}, "resize is for fit: crop, and squash scal"),
        (
            {"fit": "squash", "pad": 0},
            "pad is letterbox's border, and squash has none",
        ),
        ({"pad": 0}, "pad is letterbox's border, and crop has none; remove it"),
        ({"fit": "letterbox", "pad": [1, 2]}, "pad has 2 numbers for channels: 3"),
        (
            {"size": [256, 128], "resize": 200},
            "than the larger side of size [256, 128]",
        ),
        ({"channels": "bgr", "mean": [1, 1]}, "mean has 2 numbers for channels: bgr"),
    ],
)
def test_each_mistake_is_told_with_its_mend(
    given: dict[str, Any], expected: str, tmp_path: Path
) -> None:
    model = {"id": "net", "architecture": "torchvision:resnet18", "weights": "torchvision:DEFAULT"}
    path = tmp_path / "models.yaml"
    path.write_text(json.dumps({"version": 1, "models": [model | {"input": given}]}))
    with pytest.raises(reading.ManifestError, match=re.escape(expected)):
        reading.read(path)
