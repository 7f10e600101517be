"""The order of a model's statuses."""

from passerelle.protocol import statuses


def test_the_worst_of_some() -> None:
    assert statuses.worst(["draining", "failed", "ready"]) == "failed"


def test_every_status_is_described() -> None:
    for status in statuses.BEST_FIRST:
        assert f"{status} " in (statuses.__doc__ or "")
