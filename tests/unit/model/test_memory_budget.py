"""Memory that threads share: never more than there is, and first come, first served."""

import concurrent.futures
import contextlib
import functools
import os
import threading
import time
from pathlib import Path

import pytest

from passerelle.protocol import problems
from services.model import cgroup, memory_budget
from services.model.memory_budget import Budget

WITHIN = 5.0  # seconds that a thread may take

Outcome = concurrent.futures.Future[str]


class Reserving:
    """A thread that asks for bytes, and holds them until it is told to return them."""

    def __init__(self, budget: Budget, needed: int) -> None:
        self.granted, self.outcome = threading.Event(), Outcome()
        self._return = threading.Event()
        before = budget.queued
        threading.Thread(target=self._work, args=(budget, needed)).start()
        end = time.monotonic() + WITHIN
        while budget.queued == before and not self.granted.is_set():
            assert time.monotonic() < end
            os.sched_yield()

    def _work(self, budget: Budget, needed: int) -> None:
        with budget.reserve(needed):
            self.granted.set()
            self._return.wait(WITHIN)
        self.outcome.set_result("had its bytes")

    def give_back(self) -> None:
        self._return.set()
        assert self.outcome.result(WITHIN) == "had its bytes"


def is_free(budget: Budget, needed: int) -> bool:
    """Whether so much could be had at once."""
    with contextlib.suppress(problems.GatewayTimeout), budget.reserve(needed, deadline=0):
        return True
    return False


def test_what_is_returned_can_be_had_again() -> None:
    budget = Budget(10)
    with budget.reserve(6):
        assert is_free(budget, 4)
        assert not is_free(budget, 5)
    assert is_free(budget, 10)


def test_an_error_returns_the_memory_too() -> None:
    budget = Budget(10)
    with pytest.raises(RuntimeError), budget.reserve(10):
        raise RuntimeError
    assert is_free(budget, 10)


def test_who_needs_more_than_there_is_has_all_of_it_alone() -> None:
    budget = Budget(10)
    small = Reserving(budget, 1)
    huge = Reserving(budget, 1000)
    assert not huge.granted.is_set()
    small.give_back()
    assert huge.granted.wait(WITHIN)
    assert not is_free(budget, 1)
    huge.give_back()
    assert is_free(budget, 10)


def test_no_more_is_held_at_once_than_there_is() -> None:
    budget, lock = Budget(10), threading.Lock()
    held, peak = 0, 0

    def work(needed: int) -> None:
        nonlocal held, peak
        with budget.reserve(needed):
            with lock:
                held += needed
                peak = max(peak, held)
            os.sched_yield()
            with lock:
                held -= needed

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(work, [1, 7, 3, 10, 2, 5, 4, 9] * 50))
    assert peak <= 10
    assert is_free(budget, 10)


def test_a_large_one_is_not_kept_waiting_by_small_ones_that_come_later() -> None:
    budget = Budget(10)
    first = Reserving(budget, 6)
    large, small = Reserving(budget, 8), Reserving(budget, 1)
    assert not small.granted.is_set()
    first.give_back()
    assert large.granted.wait(WITHIN)
    assert small.granted.wait(WITHIN)
    large.give_back()
    small.give_back()


def test_small_ones_that_wait_are_granted_together() -> None:
    budget = Budget(10)
    large = Reserving(budget, 10)
    waiting = [Reserving(budget, 3) for _ in range(4)]
    large.give_back()
    assert all(each.granted.wait(WITHIN) for each in waiting[:3])
    assert not waiting[3].granted.is_set()
    for each in waiting:
        each.give_back()


def test_memory_is_granted_in_the_order_in_which_it_was_asked_for() -> None:
    budget, order = Budget(10), list[int]()
    holding = Reserving(budget, 10)
    waiting = [Reserving(budget, 10) for _ in range(5)]
    for number, each in enumerate(waiting):
        each.outcome.add_done_callback(functools.partial(note, order, number))
    holding.give_back()
    for each in waiting:
        each.give_back()
    assert order == [0, 1, 2, 3, 4]


def note(order: list[int], number: int, _: Outcome) -> None:
    order.append(number)


def test_one_whose_deadline_passed_leaves_the_queue() -> None:
    budget = Budget(10, clock=lambda: 100.0)
    holding = Reserving(budget, 10)
    with (
        pytest.raises(problems.GatewayTimeout, match="before there was memory"),
        budget.reserve(1, deadline=99.0),
    ):
        pass
    assert budget.queued == 0
    holding.give_back()
    assert is_free(budget, 10)


def test_one_that_gives_up_no_longer_keeps_back_those_behind_it() -> None:
    budget = Budget(10)
    holding = Reserving(budget, 6)
    behind: list[Reserving] = []

    def clock() -> float:
        """Called when the large one is in the queue: another comes, and then its time is over."""
        behind.append(Reserving(budget, 2))
        assert not behind[0].granted.is_set()
        return 100.0

    budget._clock = clock
    with pytest.raises(problems.GatewayTimeout), budget.reserve(8, deadline=100.0):
        pass
    assert behind[0].granted.wait(WITHIN)
    behind[0].give_back()
    holding.give_back()


def test_free_memory_is_granted_even_after_the_deadline() -> None:
    with Budget(10, clock=lambda: 100.0).reserve(10, deadline=99.0):
        pass


@pytest.mark.parametrize(
    ("limit", "expected"),
    [("1073741824\n", 1 << 29), ("268435456\n", 1 << 27), ("max\n", 1 << 29), ("", 1 << 29)],
)
def test_half_of_the_containers_memory_is_for_decoding(
    limit: str, expected: int, tmp_path: Path
) -> None:
    places = cgroup.Places(tmp_path, tmp_path / "membership")
    assert memory_budget.default_limit(places) == 1 << 29
    (tmp_path / "membership").write_text("0::/\n")
    (tmp_path / "memory.max").write_text(limit)
    assert memory_budget.default_limit(places) == expected
