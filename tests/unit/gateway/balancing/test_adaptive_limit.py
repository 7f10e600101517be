"""When a model may have fewer requests at once, against services that are played."""

import heapq
from collections.abc import Callable

import pytest

from gateway.balancing.adaptive_limit import FLOOR, FORGOTTEN, AdaptiveLimit

MOST = 96
SIZE = 20_000  # bytes of a body


class Service:
    """Processors, whose queue is first come, first served; times are in seconds."""

    def __init__(self, processors: int = 2) -> None:
        self.now, self.refused, self.answered = 0.0, 0, 0
        self.limit = AdaptiveLimit(MOST, lambda: self.now)
        self._free = [0.0] * processors

    def run(
        self, clients: int, seconds: float, takes: Callable[[int], float], size: int = SIZE
    ) -> None:
        """Have clients ask again and again, the nth request taking so many seconds."""
        end, number = self.now + seconds, 0
        waiting = [(self.now, each) for each in range(clients)]  # when each client asks
        on_way: list[tuple[float, float, int]] = []  # end, begin, in flight
        while waiting and waiting[0][0] < end:
            asks, client = heapq.heappop(waiting)
            while on_way and on_way[0][0] <= asks:
                self._end(*heapq.heappop(on_way), size)
            self.now = asks
            if len(on_way) >= self.limit.value and not self.limit.recover():
                self.refused += 1
                heapq.heappush(waiting, (asks + 1.0, client))
                continue
            begins = max(asks, heapq.heappop(self._free))
            ends = begins + takes(number)
            number += 1
            heapq.heappush(self._free, ends)
            heapq.heappush(on_way, (ends, asks, len(on_way) + 1))
            heapq.heappush(waiting, (ends, client))
        while on_way:
            self._end(*heapq.heappop(on_way), size)

    def _end(self, ends: float, began: float, in_flight: int, size: int) -> None:
        self.now = max(self.now, ends)
        self.answered += 1
        self.limit.sample(ends - began, in_flight, size, self.now)


def fast(_: int) -> float:
    return 0.1


def slow(_: int) -> float:
    return 1.0


def test_a_burst_that_waits_in_our_own_queue_is_let_through() -> None:
    found = Service()
    found.run(1, 60, fast)  # calm, with the least latency that there is
    for clients in (64, 96, 2, 96):
        found.run(clients, 60, fast)
    assert (found.refused, found.limit.value) == (0, MOST)


def test_a_model_that_becomes_slow_under_load_has_fewer_and_all_when_it_is_well() -> None:
    found = Service()
    found.run(64, 60, fast)
    found.run(64, 300, slow)
    assert found.limit.value == FLOOR
    assert found.refused > 0
    found.run(64, 120, fast)
    assert found.limit.value >= 64


def test_a_slow_model_with_little_to_do_keeps_them_all() -> None:
    found = Service()
    found.run(64, 60, fast)
    found.run(8, 300, slow)
    assert (found.refused, found.limit.value) == (0, MOST)


def test_a_cold_start_and_slow_first_answers_are_no_reason() -> None:
    found = Service()
    found.run(64, 10, lambda number: 5.0 if number < 4 else 0.1)
    found.run(64, 60, fast)
    assert (found.refused, found.limit.value) == (0, MOST)


def test_a_pause_is_no_reason() -> None:
    found = Service()
    found.run(64, 60, fast)
    found.run(64, 4, slow)
    found.run(64, 60, fast)
    assert (found.refused, found.limit.value) == (0, MOST)


def test_batches_after_thumbnails_are_no_reason() -> None:
    found = Service()
    found.run(64, 60, lambda _: 0.005, size=2_000)
    found.run(64, 120, slow, size=2_000_000)
    assert (found.refused, found.limit.value) == (0, MOST)


def test_the_limit_is_whole_again_once_the_load_is_gone() -> None:
    found = Service()
    found.run(64, 60, fast)
    found.run(64, 300, slow)
    assert found.limit.is_lowered
    assert not found.limit.recover()
    found.now += FORGOTTEN + 1
    assert found.limit.recover()
    assert found.limit.value == MOST


def test_what_lasts_is_how_the_model_is_now() -> None:
    found = Service()
    found.run(64, 60, fast)
    found.run(64, 300, slow)
    assert found.limit.is_lowered
    found.run(64, 3600, slow)
    assert found.limit.value >= 64


@pytest.mark.parametrize("most", [1, 2, 8])
def test_a_limit_below_the_floor_stays_as_it_is(most: int) -> None:
    found = AdaptiveLimit(most, lambda: 0.0)
    for second in range(100):
        for _ in range(20):
            found.sample(0.1 if second < 20 else 10.0, most, SIZE, float(second))
    assert found.value == most
