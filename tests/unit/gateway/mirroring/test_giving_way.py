"""How many mirrored requests a service may have at once."""

import pytest

from gateway.mirroring import giving_way
from tests.unit.gateway.mirroring import mirrored


@pytest.mark.parametrize(
    ("clients", "mirrors_of", "expected"),
    [
        (0, 0, 1),
        (0, 1, 1),
        (0, 3, 3),
        (0, 50, giving_way.MAX_IN_FLIGHT),
        (1, 3, 1),
        (giving_way.FEW, 3, 1),
        (giving_way.FEW + 1, 3, 0),
    ],
)  # fmt: skip
def test_clients_go_first(clients: int, mirrors_of: int, expected: int) -> None:
    service, first = (mirrored.route(each).upstream for each in ("new", "old"))
    service.in_flight.count, first.in_flight.count = clients, mirrors_of
    assert giving_way.allowed(service, clients, first) == expected


def test_beside_clients_half_of_the_service_is_theirs_alone() -> None:
    service, first = (mirrored.route(each).upstream for each in ("new", "old"))
    service.in_flight.count = 10
    assert giving_way.allowed(service, 1, first) == 0
