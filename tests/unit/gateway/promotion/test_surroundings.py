"""gateway/promotion/surroundings.py: what promotions see of a gateway."""

from gateway.promotion.surroundings import NoSplits


async def test_a_gateway_without_splits_has_nothing_to_promote() -> None:
    around = NoSplits()
    assert (around.splits(), around.own_rows("pets", 1)) == ({}, {})
    assert await around.rows("pets", 1) == {}
    assert around.not_ready("pets", "new") == ""
