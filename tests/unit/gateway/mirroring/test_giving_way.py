"""How many mirrored requests a service may have at once."""

import pytest

from gateway.mirroring import giving_way
from gateway.route import Route
from tests.unit.gateway.mirroring import mirrored


def allowed(route: Route, clients: int, of_old: int = 3) -> int:
    """With so many requests of clients, and so many for the model that is mirrored."""
    old = mirrored.route("old")
    giving_way.load_of(old).count = of_old
    return giving_way.allowed(route, clients, old)


@pytest.mark.parametrize(
    ("clients", "of_old", "expected"),
    [
        (0, 0, 1),
        (-1, 1, 1),
        (0, 3, 3),
        (0, 50, giving_way.MAX_IN_FLIGHT),
        (1, 3, 1),
        (giving_way.FEW, 3, 1),
        (giving_way.FEW + 1, 3, 0),
    ],
)
def test_clients_go_first(clients: int, of_old: int, expected: int) -> None:
    assert allowed(mirrored.route("new"), clients, of_old) == expected


@pytest.mark.parametrize(("slots", "clients", "expected"), [
    (1, 0, 1), (1, 1, 0), (2, 0, 1), (3, 1, 0), (4, 1, 1), (4, 2, 0),
])  # fmt: skip
def test_half_of_a_services_slots_are_the_clients(slots: int, clients: int, expected: int) -> None:
    assert allowed(mirrored.route("new", slots=slots), clients) == expected


def test_a_model_that_has_few_slots_keeps_them() -> None:
    route = mirrored.route("new")
    load = giving_way.load_of(route)
    load.count = load.limit.value
    assert allowed(route, 0) == 0
