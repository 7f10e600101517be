"""Of a union's errors, those of the type that is meant."""

from typing import Annotated, Any

import pydantic
import pytest

from passerelle.manifest import union_errors


class Part(pydantic.BaseModel):
    """A mapping."""

    size: int


class Whole(pydantic.BaseModel):
    """A text, a list or a mapping."""

    model_config = pydantic.ConfigDict(strict=True)

    value: Annotated[str, pydantic.Field(pattern="^[a-z]+$")] | list[str] | Part | None


def kinds(value: Any) -> list[tuple[int, str]]:
    with pytest.raises(pydantic.ValidationError) as raised:
        Whole.model_validate({"value": value})
    found = [
        (tuple(part for part in error["loc"] if part in ("value", "size", 0, 1)), error)
        for error in raised.value.errors()
    ]
    return [(len(path), error["type"]) for path, error in union_errors.resolve(found)]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("A", [(1, "string_pattern_mismatch")]),
        (["a", 1], [(2, "string_type")]),
        ([1, 2], [(2, "string_type"), (2, "string_type")]),
        ({"size": "a"}, [(2, "int_parsing")]),
        ({}, [(2, "missing")]),
        (1, [(1, "string_type")]),
    ],
)
def test_only_what_is_meant_is_told(value: Any, told: list[tuple[int, str]]) -> None:
    assert kinds(value) == told
