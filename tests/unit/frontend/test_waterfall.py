"""services/frontend/waterfall.py: a Server-Timing header as bars."""

import pytest

from services.frontend import waterfall
from services.frontend.waterfall import Step

HEADER = "auth;dur=1, read;dur=1, upstream;dur=10, queue;dur=0, decode;dur=2, infer;dur=6"


def test_each_hops_steps_are_one_deeper_than_its_own() -> None:
    rows = waterfall.steps(20, 2, 16, HEADER)
    assert [(each.name, each.depth) for each in rows] == [
        ("page", 0), ("read", 1), ("gateway", 1), ("auth", 2), ("read", 2), ("upstream", 2),
        ("queue", 3), ("decode", 3), ("infer", 3),
    ]  # fmt: skip


def test_steps_follow_each_other_in_the_middle_of_their_hop() -> None:
    rows = {each.name: each for each in waterfall.steps(20, 2, 16, HEADER)}
    assert rows["gateway"].start == 4
    assert rows["auth"].start == 4 + 2  # half of what the gateway took beside its steps
    assert rows["upstream"].start == 8
    assert rows["decode"] == Step("decode", 3, 8 + 1, 2)
    assert rows["infer"].start + rows["infer"].ms <= rows["upstream"].start + 10


def test_without_a_hop_behind_the_gateways_steps_are_all() -> None:
    rows = waterfall.steps(20, 2, 16, "auth;dur=1, cache;dur=3")
    assert [each.depth for each in rows] == [0, 1, 1, 2, 2]


@pytest.mark.parametrize("header", ["", "nonsense", "x;dur=1.2.3", "x;dur=.", "x;desc=y"])
def test_a_header_that_makes_no_sense_adds_nothing(header: str) -> None:
    assert waterfall.parse(header) == []


def test_a_header_is_read_in_its_order() -> None:
    assert waterfall.parse("b;dur=1.5 , a;dur=2") == [("b", 1.5), ("a", 2.0)]
