"""How many requests may try a second replica at once, so that retries don't bury who is left."""

import contextlib
from collections.abc import Iterator

RETRY_RATIO = 0.2  # retries for each request that is with a service now
MIN_RETRIES = 3  # that are always granted


class RetryBudget:
    """The retries of one gateway, for all its services. Per process, of its event loop alone."""

    def __init__(self) -> None:
        self._requests = 0  # that are with a service
        self._retries = 0  # those of them that are on a second replica or a later one

    @contextlib.contextmanager
    def count_request(self) -> Iterator[None]:
        """Count one request that is with a service, until the end of the block."""
        self._requests += 1
        try:
            yield
        finally:
            self._requests -= 1

    @contextlib.contextmanager
    def request_retry(self) -> Iterator[bool]:
        """Whether one more request may try another replica; it counts until the block's end."""
        granted = self._retries < max(MIN_RETRIES, RETRY_RATIO * self._requests)
        self._retries += granted
        try:
            yield granted
        finally:
            self._retries -= granted
