"""Which requests are recorded."""

import random

import pytest

from passerelle.protocol import sampling
from passerelle.protocol.sampling import Sampler

TRACES = [f"{random.Random(number).getrandbits(128):032x}" for number in range(4_000)]  # noqa: S311


@pytest.mark.parametrize("decided", [True, False])
def test_who_sends_a_trace_decides_for_it(*, decided: bool) -> None:
    for ratio in (0.0, 0.5, 1.0):
        assert Sampler(ratio).samples(TRACES[0], parent=decided) is decided


@pytest.mark.parametrize("decided", [True, False])
def test_unless_the_share_alone_is_to_decide(*, decided: bool) -> None:
    assert Sampler(1.0, by_parent=False).samples(TRACES[0], parent=decided)
    assert not Sampler(0.0, by_parent=False).samples(TRACES[0], parent=decided)


def test_all_and_none_are_shares() -> None:
    for end in ("0" * 14, "f" * 14):
        assert Sampler(1.0).samples("a" * 18 + end, parent=None)
        assert not Sampler(0.0).samples("a" * 18 + end, parent=None)
        assert not sampling.NEVER.samples("a" * 18 + end, parent=None)


@pytest.mark.parametrize("ratio", [0.01, 0.25, 0.9])
def test_about_the_share_of_all_traces_is_recorded(ratio: float) -> None:
    count = sum(Sampler(ratio).samples(each, parent=None) for each in TRACES)
    assert count / len(TRACES) == pytest.approx(ratio, abs=0.02)


def test_whoever_takes_a_larger_share_records_the_same_traces_too() -> None:
    for each in TRACES:
        if Sampler(0.2).samples(each, parent=None):
            assert Sampler(0.4).samples(each, parent=None)


def test_only_the_end_of_an_id_that_is_surely_random_counts() -> None:
    end = TRACES[0][-14:]
    found = {Sampler(0.5).samples(start * 18 + end, parent=None) for start in "0f3"}
    assert len(found) == 1
