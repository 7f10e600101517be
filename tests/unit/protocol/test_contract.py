"""Versions of what gateway and services say to each other."""

import pytest

from passerelle.protocol import contract


@pytest.mark.parametrize(
    ("version", "compatible"),
    [
        (contract.VERSION, True),
        (contract.VERSION_IF_UNSTATED, True),
        ("1.99", True),
        ("2.0", False),
        ("10.0", False),
        ("", False),
    ],
)
def test_versions_of_the_same_major_number_are_compatible(
    version: str, *, compatible: bool
) -> None:
    assert contract.is_compatible(version) is compatible
