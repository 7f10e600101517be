"""What is wrong with a field, and what to write."""

from typing import Any

import pydantic
import pytest

from passerelle.manifest import (
    access_fields,
    backend_fields,
    diagnostics,
    rollout_fields,
    schema,
    weights_fields,
)
from passerelle.manifest.schema import Entry


def sentences(**fields: Any) -> list[str]:
    with pytest.raises(pydantic.ValidationError) as raised:
        Entry.model_validate({"id": "net", **fields})
    return [
        diagnostics.sentence(each["type"], {**each, "loc": ("models", 0, *each["loc"])})
        for each in raised.value.errors()
    ]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"id": "Net"}, "'Net' does not fit; write lower-case letters"),
        ({"id": 3}, "3 is not text; put it in quotes"),
        ({"id": None}, "there is no value; write one"),
        ({"timeout": 10}, "10 does not fit; write a number with its unit, such as 10s"),
        ({"title": "x" * 99 + "\n\x1b"}, "xxx… holds U+001B, which is no part of a name"),
        ({"replicas": "\u22121"}, "write one; it holds U+2212 (\u2212), write a hyphen instead"),
        ({"weights": "somewhere"}, "write torchvision:NAME, file:PATH"),
        ({"timeout": "10"}, "a number with its unit, such as 10s"),
        ({"engine": "tensorrt"}, "'tensorrt' is unknown; write 'openvino' or 'torch'"),
        ({"replicas": 0}, "0 is too small; write at least 1"),
        ({"replicas": 1000}, "1000 is too large; write at most 100"),
        ({"arguments": "x"}, "is not a list; write items that begin with a dash"),
        ({"keywords": ["x"]}, "has no fields; write key: value lines"),
    ],
)
def test_each_kind_of_mistake_has_its_sentence(fields: dict[str, Any], expected: str) -> None:
    assert expected in sentences(**fields)[0]


def test_an_unknown_key_is_told_with_the_nearest_one() -> None:
    assert sentences(weigths="random") == ["unknown key; did you mean 'weights'?"]
    assert "unknown key; known are id, title, like" in sentences(zzz=1)[0]


def test_a_word_is_told_as_it_is_written() -> None:
    details = {"input": False, "loc": ("models", 0, "title")}
    told = diagnostics.sentence("string_type", details, "no")
    assert told == "no is not text; write 'no', in quotes"
    details = {"input": {"a": 1}, "loc": ("models", 0, "labels")}
    told = diagnostics.sentence("list_type", details)
    assert told == "{'a': 1} is not a list; write file:PATH, or a list of names"


def test_every_pattern_of_the_schema_says_what_fits_it() -> None:
    patterns = {
        value
        for module in (schema, access_fields, backend_fields, rollout_fields, weights_fields)
        for name, value in vars(module).items()
        if name.isupper() and isinstance(value, str) and value.startswith("^")
    }  # fmt: skip
    assert patterns == set(diagnostics.PATTERNS)
