"""A model's status."""

from gateway.status import Status


def test_a_status_alone_says_nothing_more() -> None:
    assert Status("ready") == Status("ready", reason="", card=None, non_finite=0)
