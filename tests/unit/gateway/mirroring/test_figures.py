"""Whom mirroring tells what it finds."""

from gateway.mirroring import figures
from tests.unit.gateway.mirroring import mirrored


def test_what_the_tests_count_with_has_all_that_is_used() -> None:
    names = [each for each in vars(figures.Traffic) if not each.startswith("_")]
    assert names == ["count", "compare", "skip"]
    assert all(hasattr(mirrored.Traffic(), each) for each in names)
