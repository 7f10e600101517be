"""How often."""

from gateway import limiting
from tests.unit.gateway import made
from tests.unit.gateway.made import Replies


async def test_without_limits_everything_is_admitted() -> None:
    found = made.state(Replies())
    for _ in range(1_000):
        await limiting.admit(found, made.exchange(), made.KEY.caller, made.route())
