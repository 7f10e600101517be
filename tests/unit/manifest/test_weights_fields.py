"""Where a checkpoint is, as a manifest says it."""

import re

import pydantic
import pytest

from passerelle.manifest.weights_fields import WEIGHTS, Weights, WeightsFile

ANY = pydantic.TypeAdapter[str | WeightsFile](Weights)


@pytest.mark.parametrize(
    "text",
    [
        "torchvision:DEFAULT", "file:net.pth", "https://example.com/net.pth", "package:weights",
        "package:weights/net.onnx", "architecture", "random",
    ],
)  # fmt: skip
def test_a_text_says_where_the_checkpoint_is(text: str) -> None:
    assert ANY.validate_python(text) == text


@pytest.mark.parametrize("text", ["", "net.pth", "http://example.com/net.pth", "file:", "Random"])
def test_no_other_text_does(text: str) -> None:
    assert not re.search(WEIGHTS, text)
    with pytest.raises(pydantic.ValidationError):
        ANY.validate_python(text)


@pytest.mark.parametrize(
    ("given", "source"),
    [
        ({"file": "net.pth", "key": "ema"}, "file:net.pth"),
        ({"https": "https://example.com/a"}, "https://example.com/a"),
        ({"package": "weights/a.pth", "strip": "module."}, "package:weights/a.pth"),
    ],
)
def test_a_mapping_names_the_same_source_as_a_text(given: dict[str, str], source: str) -> None:
    found = ANY.validate_python(given)
    assert isinstance(found, WeightsFile)
    assert found.source == source
