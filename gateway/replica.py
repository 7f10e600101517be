"""One container or process of a service: its connections, and the statuses of its models.

A model's status is what the replica last reported (passerelle/protocol/statuses.py), or
`unavailable` when it doesn't answer or isn't what the manifest says. A task probes it every
second or two, and a request that can't reach it marks it down at once, so that the next one needn't
try; the next probe that succeeds brings it back.
"""

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator

from gateway import id_tokens, transport
from gateway.adapters.adapter import Adapter
from gateway.balancing import ejection
from gateway.counter import Counter
from gateway.status import Status, Statuses
from passerelle.protocol import statuses

PROBE_INTERVAL = 2.0  # seconds, where every model is ready
PROBE_INTERVAL_NOT_READY = 0.3  # seconds, elsewhere
PROBE_TIMEOUT = 2.0  # seconds
MAX_PROBED = 1_000_000  # bytes of what somebody else's service answers to a probe
UNREADABLE = (OSError, ValueError, AttributeError, LookupError, TypeError, RecursionError)


class Replica:
    """One of a service's. Per process, of its event loop alone."""

    def __init__(
        self,
        adapter: Adapter,
        address: str,
        host: str = "",
        credentials: transport.Credentials | None = None,
    ) -> None:
        self.adapter, self.host, self._credentials = adapter, host, credentials
        self.name = host or address.rpartition("@")[2]  # for the log
        idle = transport.FOREIGN_IDLE_SECONDS if adapter.backend else transport.MAX_IDLE_SECONDS
        self.pool = transport.Pool(address, host, credentials, idle)
        self.in_flight = Counter()  # requests
        self.last_request = 0.0  # seconds of time.monotonic
        self.outliers = ejection.Outliers()
        self.statuses: Statuses = {}  # replaced whole, never changed
        self.probed = asyncio.Event()  # set by the first probe
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to probe it."""
        self._task = asyncio.get_running_loop().create_task(self._watch())

    def probe_now(self) -> None:
        """Probe without waiting for the interval's end."""
        self._wake.set()

    def stop(self) -> None:
        """Stop probing; requests in flight go on."""
        if self._task:
            self._task.cancel()
        self.pool.close_idle()

    def is_ready(self, model_id: str) -> bool:
        """Whether requests for a model may be sent here."""
        known = self.statuses.get(model_id)
        return known is not None and known.status == statuses.READY

    async def send(self, request: transport.Request, seconds: float) -> transport.Response:
        """Send a client's request and wait for its response. What goes wrong is probed at once.

        Raises:
            OSError: as `transport.Pool.send`.
        """
        try:
            response = await self.pool.send(request, seconds)
        except OSError as error:
            self._note(error)
            raise
        if self.adapter.backend:
            return response
        if "close" in response.headers.get("connection", "").lower():
            self._wake.set()  # it may be about to stop
        if response.status in id_tokens.DENIED:
            self._wake.set()  # so that its models' status says so
        return response

    @contextlib.asynccontextmanager
    async def stream(
        self, request: transport.StreamedRequest, seconds: float
    ) -> AsyncIterator[transport.StreamedResponse]:
        """Send a client's request as it comes; inside the block is its response, as it comes.

        Raises:
            OSError: as `transport.Pool.stream`.
        """
        try:
            async with self.pool.stream(request, seconds) as response:
                yield response
        except OSError as error:
            self._note(error)
            raise

    def _note(self, error: OSError) -> None:
        """A request failed: have it probed at once."""
        if isinstance(error, transport.UnreachableError):
            self.mark_down("its service can't be reached")
        else:
            self._wake.set()

    def mark_down(self, reason: str) -> None:
        """Make every model unavailable for a reason, and probe again soon."""
        self.statuses = self._all_unavailable(reason)
        self._wake.set()

    def _all_unavailable(self, reason: str) -> Statuses:
        """Every model known so far as unavailable, for a reason."""
        return {
            model_id: dataclasses.replace(known, status=statuses.UNAVAILABLE, reason=reason)
            for model_id, known in self.statuses.items()
        }

    async def _watch(self) -> None:
        """Probe until stopped."""
        while True:
            self.statuses = await self.probe()
            self.probed.set()
            if is_draining(self.statuses):
                self.pool.close_idle()  # it waits for that before it ends
            found = self.statuses.values()
            all_ready = found and all(each.status == statuses.READY for each in found)
            interval = PROBE_INTERVAL if all_ready else PROBE_INTERVAL_NOT_READY
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), interval)
            self._wake.clear()

    async def probe(self) -> Statuses:
        """The statuses that it reports."""
        try:
            if self._credentials:
                await self._credentials()  # also where the probe sends no request
            if self.adapter.needs_connection:
                await self.pool.connect(PROBE_TIMEOUT)
            found = await self.adapter.probe(self._get, self.statuses)
            if is_draining(found):  # another may have taken its address: connect anew
                self.pool.close_idle()
                found = await self.adapter.probe(self._get, self.statuses)
        except transport.CredentialsError as error:
            refused = Status(statuses.UNAVAILABLE, str(error))
            return dict.fromkeys(self.adapter.models, refused) | self._all_unavailable(str(error))
        except UNREADABLE:
            return self._all_unavailable("its service doesn't answer")
        return found

    async def _get(self, target: str) -> transport.Response:
        """The replica's response to a GET."""
        if self.adapter.backend:
            return await self._get_beginning(target)
        response = await self.pool.send(transport.Request("GET", target), PROBE_TIMEOUT)
        id_tokens.raise_if_denied(response.status)
        return response

    async def _get_beginning(self, target: str) -> transport.Response:
        """The same of somebody else's service: of a body that doesn't end, the beginning."""
        request = transport.StreamedRequest("GET", target)
        async with self.pool.stream(request, PROBE_TIMEOUT) as response:
            id_tokens.raise_if_denied(response.status, "see the headers of its backend")
            body = await response.beginning(MAX_PROBED, PROBE_TIMEOUT)
            return transport.Response(response.status, response.headers, body)


def is_draining(found: Statuses) -> bool:
    """Whether a replica reports that it is being stopped."""
    return any(each.status == statuses.DRAINING for each in found.values())
