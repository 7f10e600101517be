"""The responses that are kept for one model, and those on their way that other requests wait for.

Per process, of its event loop alone. Whether a key has a response, a request to wait for, or
neither is decided in one step: of identical requests exactly one asks the model.
"""

import asyncio
import dataclasses
import hashlib
import re
import time
from collections.abc import Callable

import cachetools

from gateway.transport import Response
from passerelle.manifest.model import Cache
from passerelle.protocol import answers, open_inference

TIMING = "server-timing"  # the header of one request's times
MAX_KEPT = 1_000_000  # bytes of a response that is kept, or given to those who wait for it

# Inside a JSON text its quotes would be escaped. It is the last of its name: a handler's own answer
# may have one, too.
_MEMBER = b'"request_id"'
_REQUEST_ID = re.compile(rb'"request_id": ?"([^"\\]+)"')
# The others belong to one request.
_KEPT_HEADERS = (
    "content-type", "retry-after", "vary", answers.PICTURES.lower(),
    open_inference.HEADER_LENGTH.lower(),
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class CacheKey:
    """All that decides a response, within one model."""

    digest: str  # of what answers: an artifact, or the manifest's words for somebody else's
    target: str  # the path and query that the service is asked by
    media_type: str
    accept: str  # the form of answer that is asked for; empty: JSON
    body: bytes  # its SHA-256
    variant: str = ""  # what else decides it, where a request is passed on as it is


@dataclasses.dataclass(frozen=True)
class CachedResponse:
    """A response without the id of the request that it was made for."""

    status: int
    headers: dict[str, str]
    prefix: bytes  # the body before the id, or all of one that has none in it
    suffix: bytes | None  # the body behind it
    created: float  # seconds of the store's clock

    @property
    def etag(self) -> str:
        """The same for the same content. Weak, since the bodies differ by their request_id.

        Where the service gave one, that.
        """
        if given := self.headers.get("etag"):
            return given
        return f'W/"{hashlib.sha256(self.prefix + (self.suffix or b"")).hexdigest()[:32]}"'

    def response_for(self, request_id: str, headers: dict[str, str]) -> Response:
        """The response to a request, with its own id and headers."""
        id_and_rest = b"" if self.suffix is None else request_id.encode() + self.suffix
        return Response(self.status, self.headers | headers, self.prefix + id_and_rest)


Flight = asyncio.Future[CachedResponse | None]  # None: it ended with nothing that others may have


class CacheStore:
    """The responses of one model, at most `size` of them, each for `ttl` seconds."""

    def __init__(self, options: Cache, clock: Callable[[], float] = time.monotonic) -> None:
        self.options, self.clock = options, clock
        self._flights: dict[CacheKey, Flight] = {}
        self._responses: cachetools.TTLCache[CacheKey, CachedResponse] = cachetools.TTLCache(
            options.size, options.ttl, timer=clock
        )

    def cacheable(self, response: Response, *, is_named: bool = True) -> CachedResponse | None:
        """A response in the form that others may have.

        None if it is too large, or JSON that names neither its request nor, beside it, its model.
        Where responses aren't ours and name none, `is_named` is false, and all of one is kept as
        it is.
        """
        body = response.body
        if len(body) > MAX_KEPT:
            return None
        if not is_named:
            own = {k: v for k, v in response.headers.items() if k != TIMING}
            return CachedResponse(response.status, own, body, None, self.clock())
        prefix, suffix = body, None
        if answers.MODEL.lower() not in response.headers:
            match = _REQUEST_ID.match(body, max(body.rfind(_MEMBER), 0))
            if match is None:
                return None
            prefix, suffix = body[: match.start(1)], body[match.end(1) :]
        headers = {
            name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers
        }
        return CachedResponse(response.status, headers, prefix, suffix, self.clock())

    def get(self, key: CacheKey) -> CachedResponse | None:
        """The response that is kept."""
        return self._responses.get(key)  # none that is too old

    def put(self, key: CacheKey, response: CachedResponse) -> None:
        """Keep a response."""
        self._responses[key] = response

    def get_or_join(self, key: CacheKey) -> CachedResponse | Flight | None:
        """The response that is kept, or the flight of an identical request that is on its way.

        None means that the caller leads: it asks the model, and must `complete` the key.
        """
        found = self.get(key) or self._flights.get(key)
        if found is None:
            self._flights[key] = asyncio.get_running_loop().create_future()
        return found

    def complete(self, key: CacheKey, response: CachedResponse | None, *, keep: bool) -> None:
        """End the flight of a key: the requests that wait for it have the response now."""
        flight = self._flights.pop(key)
        if response and keep:
            self._responses[key] = response
        flight.set_result(response)
