"""Some odd pictures and messages of each kind: taken or refused, and never anything else.

`python -m tests.fuzz` tries more.
"""

import pytest

from tests.fuzz import pictures, target, tensors
from tests.fuzz.target import Found, Target

SEED = 16
MAX_PIXELS = 1_000_000


def tried(of: Target, count: int) -> Found:
    """So many inputs of a target, none of which did harm."""
    found = target.run(of, SEED, lambda number: number < count)
    assert found.faults == []
    assert found.tried == count
    return found


def test_odd_pictures_are_decoded_or_refused_within_their_memory() -> None:
    counts = tried(pictures.Pictures(MAX_PIXELS), 1500).counts
    assert counts[target.TAKEN] > 30
    assert counts["422 UnprocessableContent"] > 100
    assert {"413 ContentTooLarge", "415 UnsupportedMediaType"} <= counts.keys()


@pytest.mark.parametrize(
    ("of", "refusal"),
    [(tensors.Requests, "400 InvalidRequest"), (tensors.Answers, "502 BadGateway")],
)
def test_odd_messages_of_tensors_are_read_or_refused(of: type[Target], refusal: str) -> None:
    counts = tried(of(), 1500).counts
    assert counts[target.TAKEN] > 150
    assert counts[refusal] > 100
