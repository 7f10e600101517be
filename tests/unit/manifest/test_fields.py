"""What holds for every part of the manifest."""

import pydantic
import pytest

from passerelle.manifest.fields import Fields


class Part(Fields):
    """A part with one field."""

    side: int


@pytest.mark.parametrize("given", [{"side": "1"}, {"side": True}, {"side": 1, "sides": 2}])
def test_nothing_is_converted_or_unknown(given: dict[str, object]) -> None:
    with pytest.raises(pydantic.ValidationError):
        Part.model_validate(given)


def test_a_part_never_changes() -> None:
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        Part(side=1).side = 2  # type: ignore[misc]  # that is what is shown
