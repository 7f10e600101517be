"""Who may have a slot of a service."""

import contextlib

import pytest

from gateway.balancing.breaker import Refused
from gateway.balancing.load import Shared
from gateway.balancing.slots import Slots
from passerelle.protocol import problems


def slots(most: int, *model_ids: str) -> Slots:
    found = Slots(most, Shared(clock=lambda: 0.0))
    found.expect(model_ids)
    return found


def take(found: Slots, model_id: str, held: contextlib.ExitStack) -> int:
    """Take slots of a model until it is refused; how many it got."""
    for number in range(1000):
        try:
            held.enter_context(found.acquire(model_id))
        except problems.ServiceUnavailable:
            return number
    raise AssertionError("it was never refused")


def test_a_model_alone_has_them_all_and_each_comes_back() -> None:
    found = slots(96, "m")
    with contextlib.ExitStack() as held:
        assert take(found, "m", held) == 96
        with pytest.raises(Refused, match="96 requests are with its service"):
            found.acquire("m")
    assert (found.in_flight.count, found.load("m").count) == (0, 0)


def test_a_model_never_takes_what_is_reserved_for_others() -> None:
    found = slots(96, "m", "other", "third", "fourth")
    with contextlib.ExitStack() as held:
        assert take(found, "m", held) == 96 - 3 * 6
        assert [take(found, each, held) for each in ("other", "third", "fourth")] == [6, 6, 6]
        assert found.in_flight.count == 96


def test_what_another_has_already_needs_no_reserve() -> None:
    found = slots(96, "m", "other")
    with contextlib.ExitStack() as held:
        for _ in range(20):
            held.enter_context(found.acquire("other"))
        assert take(found, "m", held) == 76


@pytest.mark.parametrize(("most", "others", "taken"), [(8, 3, 5), (8, 6, 2), (3, 1, 2)])
def test_of_few_slots_each_has_one(most: int, others: int, taken: int) -> None:
    names = [f"other{number}" for number in range(others)]
    found = slots(most, "m", *names)
    with contextlib.ExitStack() as held:
        assert take(found, "m", held) == taken
        for each in names:
            held.enter_context(found.acquire(each))


def test_of_no_more_slots_than_models_none_is_reserved() -> None:
    with contextlib.ExitStack() as held:
        assert take(slots(2, "m", "other"), "m", held) == 2


def test_a_model_that_nobody_expects_has_its_own_load() -> None:
    found = slots(96)
    with found.acquire("m"):
        assert found.load("m").count == 1
    found.expect(["other"])
    assert set(found.loads) == {"other"}


def test_a_slow_model_has_fewer_and_is_told_why() -> None:
    found = slots(96, "m", "other")
    found.load("m").limit.value = 16
    with contextlib.ExitStack() as held:
        assert take(found, "m", held) == 16
        with pytest.raises(problems.ServiceUnavailable, match=r"16 requests for m .* slower"):
            found.acquire("m")
        assert take(found, "other", held) == 80


def test_a_client_that_hardly_sends_gives_up_its_own() -> None:
    found = slots(1, "m")
    asked: list[bool] = []

    class Slow:
        def give_way(self) -> bool:
            asked.append(True)
            return True

    found.slow_clients = Slow()  # type: ignore[assignment]  # in place of them
    with found.acquire("m"), found.acquire("m"):
        assert found.in_flight.count == 2
    assert asked == [True]
