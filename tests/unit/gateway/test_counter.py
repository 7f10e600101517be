"""How many are somewhere now."""

import pytest

from gateway.counter import Counter


def test_it_counts_blocks_for_as_long_as_they_run() -> None:
    counter = Counter()
    with counter:
        with counter:
            assert counter.count == 2
        assert counter.count == 1
    assert counter.count == 0


def test_a_block_that_fails_is_over_too() -> None:
    counter = Counter()
    with pytest.raises(ValueError, match="nothing"), counter:
        raise ValueError("nothing")
    assert counter.count == 0
