"""How many requests may be on a second replica at once, so that retries don't bury who is left."""

import contextlib
import threading
from collections.abc import Iterator

SHARE = 0.2  # of the requests that are with services now
FEW = 3  # that always may


class Retries:
    """The budget of one gateway, for all its services. Per process, shared by all its threads."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.live = self.again = 0  # requests, and those on a second replica or a later one

    @contextlib.contextmanager
    def counted(self) -> Iterator[None]:
        """One request that is with a service."""
        with self.lock:
            self.live += 1
        try:
            yield
        finally:
            with self.lock:
                self.live -= 1

    @contextlib.contextmanager
    def granted(self) -> Iterator[bool]:
        """Whether one more may try another replica; it counts until the end of the block."""
        with self.lock:
            grant = self.again < max(FEW, SHARE * self.live)
            self.again += grant
        try:
            yield grant
        finally:
            with self.lock:
                self.again -= grant
