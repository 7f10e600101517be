"""The answers kept for one model, and those on their way that other requests wait for.

Per process, shared by all its threads. Whether a key has an answer, a flight to join, or neither
is decided in one turn of the lock: of identical requests exactly one leads.
"""

import dataclasses
import hashlib
import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

import cachetools

from gateway.transport import Answer
from passerelle import manifest

ID = re.compile(rb'"request_id": ?"([^"\\]+)"')  # inside a JSON text, its quotes would be escaped
KEPT = ("content-type", "retry-after")  # headers; the others belong to one request


@dataclasses.dataclass(frozen=True)
class Key:
    """All that decides an answer, within one model."""

    digest: str  # the artifact's
    target: str  # the path and query that are passed on
    media_type: str
    body: bytes  # its SHA-256


@dataclasses.dataclass(frozen=True)
class Stored:
    """An answer without the id of the request that it was made for."""

    status: int
    headers: dict[str, str]
    before: bytes  # the body up to the id
    after: bytes  # the body behind it
    made: float  # seconds of the store's clock

    @property
    def etag(self) -> str:
        """The same for the same content. Weak, since the bodies differ by their request_id."""
        return f'W/"{hashlib.sha256(self.before + self.after).hexdigest()[:32]}"'

    def to(self, request_id: str, headers: dict[str, str]) -> Answer:
        """The answer for a request, with its own id and headers."""
        body = self.before + request_id.encode() + self.after
        return Answer(self.status, self.headers | headers, body)


Flight = Future[Stored | None]  # None: it came to nothing that others may have


class Store:
    """The answers of one model, at most `size` of them, each for `ttl` seconds."""

    def __init__(
        self, options: manifest.Cache, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.options, self.clock = options, clock
        self.lock = threading.Lock()
        self.flights: dict[Key, Flight] = {}
        self.answers: cachetools.TTLCache[Key, Stored] = cachetools.TTLCache(
            options.size, options.ttl, timer=clock
        )

    def stored(self, answer: Answer) -> Stored | None:
        """An answer in the form that others may have, if it names its request."""
        found = ID.search(answer.body)
        if found is None:
            return None
        headers = {name: answer.headers[name] for name in KEPT if name in answer.headers}
        before, after = answer.body[: found.start(1)], answer.body[found.end(1) :]
        return Stored(answer.status, headers, before, after, self.clock())

    def find(self, key: Key) -> Stored | None:
        """The answer that is kept."""
        with self.lock:
            return self.fresh(key)

    def fresh(self, key: Key) -> Stored | None:
        """The same, for who has the lock."""
        try:
            return self.answers[key]
        except KeyError:  # never there, pushed out, or too old
            return None

    def enter(self, key: Key) -> Stored | Flight | None:
        """The answer that is kept, or the flight to join; None: the caller leads, and must land."""
        with self.lock:
            found = self.fresh(key) or self.flights.get(key)
            if found is None:
                self.flights[key] = Future()
            return found

    def land(self, key: Key, answer: Stored | None, *, keep: bool) -> None:
        """End the flight of a key: those who joined it have the answer now."""
        with self.lock:
            flight = self.flights.pop(key)
            if answer and keep:
                self.answers[key] = answer
        flight.set_result(answer)

    def keep(self, key: Key, answer: Stored) -> None:
        """Keep an answer that no one waited for."""
        with self.lock:
            self.answers[key] = answer
