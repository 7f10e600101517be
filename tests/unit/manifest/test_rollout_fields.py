"""Shares, sizes and steps as they are written."""

from typing import Any

import pydantic
import pytest

from passerelle.manifest import rollout_fields
from passerelle.manifest.rollout_fields import Capture, Mirror, Promote


@pytest.mark.parametrize(
    ("written", "share"), [("10%", 0.1), ("0.5%", 0.005), ("100%", 1.0), ("0%", 0.0)]
)
def test_a_share_is_written_in_percent(written: str, share: float) -> None:
    assert rollout_fields.share(written) == pytest.approx(share)
    assert Mirror(to="m", share=written).share == written


@pytest.mark.parametrize(
    ("written", "size"),
    [("500MB", 500_000_000), ("2GB", 2_000_000_000), ("3Mi", 3 << 20), ("1Gi", 1 << 30)],
)
def test_a_size_has_its_unit(written: str, size: int) -> None:
    assert rollout_fields.size(Capture(size=written).size) == size


@pytest.mark.parametrize("written", ["101%", "10", "-1%", "1e1%", "%", "0.00001%", "100.5%"])
def test_what_is_no_share_is_refused(written: str) -> None:
    with pytest.raises(pydantic.ValidationError, match="pattern"):
        Mirror(to="m", share=written)


@pytest.mark.parametrize(
    "fields",
    [
        {"agreement": 1.1}, {"agreement": -1}, {"p95": "1.2"}, {"errors": "x"}, {"requests": 19},
        {"steps": []}, {"steps": [1] * 21}, {"steps": [101]}, {"steps": [float("nan")]},
        {"agreement": float("nan")}, {"requests": 1.5},
    ],
)  # fmt: skip
def test_what_no_promotion_has_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(pydantic.ValidationError):
        Promote(**fields)


def test_a_whole_number_is_a_figure_too() -> None:
    assert Promote(agreement=1, steps=[50, 100]).steps == [50, 100]
