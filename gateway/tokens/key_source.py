"""An issuer's keys while the gateway runs: fetched aside, kept while the issuer is down.

They are fetched at the start, and anew when their Cache-Control says, or every five minutes. A
fetch that fails changes nothing and is tried again after five: the keys of the last good one
stay for a day at most, by when every token that the issuer gave before has expired. Keys that a
good fetch lacks are gone at once.

A token with an unknown key may be signed with a new one. So its request waits for the fetch that is
on its way, and then for one that it begins; but one begins for this reason only every ten seconds,
whoever asks, and no request waits for longer than five.
"""

import asyncio
import math
import time
from collections.abc import Callable

from gateway.tokens.discovery import Fetched
from gateway.tokens.json_document import MAX_SECONDS, DocumentError
from gateway.tokens.key import Key
from gateway.tokens.key_set import KeySet
from passerelle.protocol import problems
from passerelle.server import daemon_thread, log

REFRESH_INTERVAL = 300.0  # seconds, where the issuer says nothing
MIN_INTERVAL, MAX_INTERVAL = 60.0, 3600.0  # seconds, whatever it says
RETRY_INTERVAL = 5.0  # seconds after a fetch that failed
UNKNOWN_INTERVAL = 10.0  # seconds between fetches for keys that are unknown
MAX_AGE = 86_400.0  # seconds that keys are used without a good fetch
WAIT = 5.0  # seconds that a request waits at most, for one fetch or two


class KeySource:
    """The keys of one issuer. Per process, of its event loop alone. `fetch` runs in a thread."""

    def __init__(
        self,
        name: str,
        fetch: Callable[[], Fetched],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name, self._fetch, self._clock = name, fetch, clock
        self._keys: KeySet | None = None
        self._good_until = -math.inf  # seconds of the clock, of the keys
        self._next_fetch = self._next_for_unknown = -math.inf  # the same, of a fetch's beginning
        self._fetching: asyncio.Task[None] | None = None
        self._is_failing = False  # and the log says so

    @property
    def current(self) -> KeySet | None:
        """The keys as they are known; None where they never were, or were too long ago."""
        return self._keys if self._clock() < self._good_until else None

    async def find(self, kid: str | None, algorithm: str) -> Key | None:
        """The key with an id that fits an algorithm; None where the issuer has none.

        Raises:
            ServiceUnavailable: nothing is known of its keys.
        """
        found, deadline = self._look(kid, algorithm), asyncio.get_running_loop().time() + WAIT
        if found is None and self._is_fetching:
            await self._wait(deadline)
            found = self._look(kid, algorithm)
        if found is None and self._clock() >= self._next_for_unknown and not self._is_fetching:
            self._next_for_unknown = self._clock() + UNKNOWN_INTERVAL
            self._begin()
            await self._wait(deadline)
            found = self._look(kid, algorithm)
        if found is None and self.current is None:
            raise problems.ServiceUnavailable(
                "The keys of this token's issuer can't be had yet. Try again shortly.",
                math.ceil(RETRY_INTERVAL),
            )
        return found

    def refresh_if_due(self) -> None:
        """Begin a fetch, if its time has come."""
        if self._clock() >= self._next_fetch and not self._is_fetching:
            self._begin()

    @property
    def _is_fetching(self) -> bool:
        return self._fetching is not None and not self._fetching.done()

    def _look(self, kid: str | None, algorithm: str) -> Key | None:
        keys = self.current
        return keys.find(kid, algorithm) if keys else None

    def _begin(self) -> None:
        self._fetching = asyncio.get_running_loop().create_task(self._refresh())

    async def _wait(self, deadline: float) -> None:
        """Wait, until a time of the loop, for the fetch on its way, which goes on without us."""
        if self._fetching:
            left = deadline - asyncio.get_running_loop().time()
            await asyncio.wait([self._fetching], timeout=max(left, 0))

    async def _refresh(self) -> None:
        """Fetch the keys, and say when next."""
        began, interval = self._clock(), RETRY_INTERVAL
        try:
            async with asyncio.timeout(MAX_SECONDS):
                fetched = await daemon_thread.run(self._fetch)
        except (DocumentError, TimeoutError) as error:
            self._fail(str(error) or f"it took more than {MAX_SECONDS:.0f} s")
        else:
            interval = _interval(fetched.max_age)
            self._good_until = began + MAX_AGE
            self._accept(fetched.keys)
        finally:
            self._next_fetch = self._clock() + interval

    def _accept(self, keys: KeySet) -> None:
        """Use these keys. The same ones stay the same object, so that tokens stay verified."""
        self._is_failing = False
        if keys != self._keys:
            self._keys = keys
            severity = "INFO" if keys.keys else "WARNING"
            log.write(severity, "an issuer's keys were fetched", issuer=self.name,
                      keys=len(keys.keys))  # fmt: skip

    def _fail(self, reason: str) -> None:
        if not self._is_failing:
            self._is_failing = True
            message = "an issuer's keys can't be fetched; those that are known stay in use"
            log.write("ERROR", message, issuer=self.name, reason=reason)


def _interval(max_age: float | None) -> float:
    """The seconds until keys are fetched again."""
    return REFRESH_INTERVAL if max_age is None else min(max(max_age, MIN_INTERVAL), MAX_INTERVAL)
