"""A service's slots: how many requests it may have at once, and how many one model of it may.

There are so many for all, and where several models share a service a part of them is reserved for
each: a quarter of its even share, and one at least. A model whose requests pile up can take all
others, and never those; so whatever one does, another always has some. A model alone has them all,
and where there are no more slots than models, none is reserved.

A model that has become slow has fewer (adaptive_limit.py). Where none is left, a client that is
slow to send its body gives up its own.
"""

from collections.abc import Iterable

from gateway.balancing.breaker import Refused
from gateway.balancing.load import Load, Shared
from gateway.counter import Counter
from gateway.slow_clients import SlowClients

RESERVED = 0.25  # of a model's even share


class Slots:
    """Of one service. Per process, of its event loop alone."""

    def __init__(self, most: int, shared: Shared) -> None:
        self.most, self._shared = most, shared
        self.in_flight = Counter()  # requests that have a slot
        self.slow_clients = SlowClients()
        self.loads: dict[str, Load] = {}  # by the model's id
        self._reserve = self._reserved = 0  # slots of each model, and of all

    def expect(self, model_ids: Iterable[str]) -> None:
        """Have a load for each of these models, and for no other."""
        known = self.loads
        self.loads = {each: known.get(each) or self._new(each) for each in model_ids}
        self._share()

    def load(self, model_id: str) -> Load:
        """That of a model."""
        found = self.loads.get(model_id)
        if found is None:
            found = self.loads[model_id] = self._new(model_id)
            self._share()
        return found

    def acquire(self, model_id: str) -> Load:
        """A slot, until the end of the block that this begins.

        Raises:
            Refused: there are as many already.
        """
        load = self.loads.get(model_id) or self.load(model_id)
        if (
            self.in_flight.count + self._reserved < self.most and load.count < load.limit.value
        ) or self._is_free(load):
            return load
        if self.slow_clients.give_way():
            return load
        raise Refused(self._why(load))

    def _new(self, model_id: str) -> Load:
        """The load of a model that has had no request."""
        return Load(model_id, self.in_flight, self.most, self._shared)

    def _share(self) -> None:
        """Reserve as many for each as there are models now."""
        count = len(self.loads)
        is_shared = 1 < count < self.most
        self._reserve = max(1, int(RESERVED * self.most / count)) if is_shared else 0
        self._reserved = self._reserve * count

    def _is_free(self, load: Load) -> bool:
        """Whether a model may have another, where that isn't plain."""
        if self.in_flight.count >= self.most:
            return False
        if load.count >= load.limit.value and not load.limit.recover():
            return False
        if load.count < self._reserve:
            return True
        others = (each.count for each in self.loads.values() if each is not load)
        kept = sum(max(0, self._reserve - each) for each in others)
        return self.in_flight.count + kept < self.most

    def _why(self, load: Load) -> str:
        """Why a model may have no other."""
        if load.limit.is_lowered and load.count >= load.limit.value:
            return (
                f"{load.count} requests for {load.model_id} are with its service already, and it "
                "is slower than usual. Try again shortly."
            )
        return f"{self.in_flight.count} requests are with its service already. Try again shortly."
