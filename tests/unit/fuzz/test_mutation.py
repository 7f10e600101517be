"""Bytes made odd."""

import pytest

from tests.fuzz import mutation

CONTENT = bytes(range(256)) * 4


@pytest.mark.parametrize("change", mutation.CHANGES)
def test_each_change_makes_other_bytes_of_any(change: mutation.Change) -> None:
    changed = 0
    for seed in range(20):
        content, nothing = bytearray(CONTENT), bytearray()
        change(content, mutation.chance(seed))
        change(nothing, mutation.chance(seed))
        changed += content != CONTENT
    assert changed > 15


def test_parts_of_others_come_in() -> None:
    content = bytearray(CONTENT)
    mutation.splice(content, b"another" * 100, mutation.chance(1))
    assert b"another" in content


def test_the_same_seed_changes_alike() -> None:
    first, second = (mutation.mutated(CONTENT, [b"x"], mutation.chance(3)) for _ in range(2))
    assert first == second != CONTENT
