"""What one model of a service has on its way, and how it does: its limit, and its breaker."""

import dataclasses
import random
import time
from collections.abc import Callable

from gateway.balancing.adaptive_limit import AdaptiveLimit
from gateway.balancing.breaker import Breaker
from gateway.counter import Counter


@dataclasses.dataclass
class Shared:
    """What all loads of one gateway share. Whoever is told of something is told the model's id."""

    clock: Callable[[], float] = time.monotonic  # seconds
    random: Callable[[], float] = random.random  # from 0 to 1
    on_ejection: Callable[[str], None] = lambda _: None
    on_open: Callable[[str], None] = lambda _: None
    has_breakers: bool = True  # that open, and replicas that are ejected


class Load:
    """Of one model of one service. As a block, it is one slot more.

    Per process, of its event loop alone.
    """

    __slots__ = ("_service", "asked", "breaker", "count", "limit", "model_id", "shared")

    def __init__(self, model_id: str, service: Counter, most: int, shared: Shared) -> None:
        self.model_id, self.shared = model_id, shared
        self._service = service  # the slots that all its models have taken
        self.count = 0  # the slots that it has taken
        self.asked = 0  # its requests that a replica has
        self.limit = AdaptiveLimit(most, shared.clock)
        self.breaker = Breaker(model_id, self._tell, shared.clock)
        self.breaker.is_used = shared.has_breakers

    def _tell(self) -> None:
        """Tell that the breaker opened."""
        self.shared.on_open(self.model_id)

    def __enter__(self) -> None:
        self.count += 1
        self._service.count += 1

    def __exit__(self, *_: object) -> None:
        self.count -= 1
        self._service.count -= 1
