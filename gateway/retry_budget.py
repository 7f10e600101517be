"""How many requests may try a second replica at once, so that retries don't bury who is left."""

from collections.abc import Callable
from typing import Self

from gateway.counter import Counter

RETRY_RATIO = 0.2  # retries for each request that is with a service now
MIN_RETRIES = 3  # that are always granted


class RetryBudget:
    """The retries of one gateway, for all its services. Per process, of its event loop alone."""

    def __init__(self) -> None:
        self.requests = Counter()  # that are with a service
        self.retries = 0  # those of them that are on a second replica or a later one
        self.on_retry: Callable[[str], None] = lambda _: None  # told of each, by the model's id


class Retries:
    """Those of one request, until the end of the block."""

    __slots__ = ("_budget", "_granted")

    def __init__(self, budget: RetryBudget) -> None:
        self._budget, self._granted = budget, 0

    def request(self) -> bool:
        """Whether this request may try another replica, if one more may."""
        budget = self._budget
        granted = budget.retries < max(MIN_RETRIES, RETRY_RATIO * budget.requests.count)
        self._granted += granted
        budget.retries += granted
        return granted

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._budget.retries -= self._granted
