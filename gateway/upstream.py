"""One service behind the gateway: its replicas, and which of them a request goes to.

A host name stands for as many replicas as it has addresses, and a task resolves it again and
again, as they come and go. A request goes to one that isn't busy, among those where its model is
ready; the room balancing says which, and who isn't asked for a while. A replica that can't be
connected to has seen nothing of the request: then another is tried. Nothing else is ever sent
twice.

Where the manifest says another backend for a model, the upstream of the old one is its
*predecessor*: it goes on answering until the model is ready on the new one.
"""

import asyncio
import contextlib
import dataclasses
import math
import socket
import time
import urllib.parse
from collections.abc import AsyncIterator, Callable, Iterator, Mapping

from gateway import service_address, transport
from gateway.adapters.adapter import Adapter, ServedModel
from gateway.balancing import ejection
from gateway.balancing.attempt import Attempt
from gateway.balancing.load import Load, Shared
from gateway.balancing.slots import Slots
from gateway.history import History
from gateway.location import Location
from gateway.replica import Replica
from gateway.retry_budget import Retries, RetryBudget
from gateway.status import Status
from gateway.transport import Request, Response, StreamedRequest, StreamedResponse
from passerelle.protocol import statuses
from passerelle.server import daemon_thread, log

RESOLVE_INTERVAL = 1.0  # seconds
MAX_IN_FLIGHT = 96  # requests with one service at once
TAKEOVER_TIMEOUT = 120.0  # seconds for a predecessor; who starts processes here ends it instead
STARTUP_GRACE = 60.0  # seconds that a service which never answered counts as starting
NO_SUCH_ADDRESS = (socket.EAI_NONAME, socket.EAI_NODATA, socket.EAI_ADDRFAMILY)


@dataclasses.dataclass(frozen=True)
class Limits:
    """How much is asked of a service."""

    max_in_flight: int = MAX_IN_FLIGHT
    retry_budget: RetryBudget = dataclasses.field(default_factory=RetryBudget)
    shared: Shared = dataclasses.field(default_factory=Shared)  # of the loads of all models


class Upstream:
    """A service and the models it should hold. Per process, of its event loop alone."""

    def __init__(
        self,
        adapter: Adapter,
        service: str,
        location: Location,
        limits: Limits | None = None,
    ) -> None:
        self.adapter, self.service, self.limits = adapter, service, limits or Limits()
        self.location = location
        self.predecessor: Upstream | None = None
        self.slots = Slots(self.limits.max_in_flight, self.limits.shared)
        self.in_flight = self.slots.in_flight  # requests that have a slot
        self._started = time.monotonic()
        self.replicas: dict[tuple[str, str], Replica] = {}  # replaced whole, never changed
        self.histories: dict[str, History] = {}  # by the model's id
        self._logged: dict[str, str] = {}  # the last status of each model in the log
        self._resolved = asyncio.Event()  # set once its replicas were looked up
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to follow the replicas as they come and go."""
        self._task = asyncio.get_running_loop().create_task(self._watch())

    async def heard(self) -> None:
        """Wait until each replica that was found first was probed, well or in vain."""
        await self._resolved.wait()
        for replica in list(self.replicas.values()):
            await replica.probed.wait()

    def stop(self) -> None:
        """Stop probing; requests in flight go on."""
        if self._task:
            self._task.cancel()
        for replica in self.replicas.values():
            replica.stop()
        self.drop_predecessor()

    def take_over_from(self, other: "Upstream") -> None:
        """Let another go on answering until the models of this are ready, or for a while."""
        if other.predecessor and not other.is_ready:
            self.predecessor, other.predecessor = other.predecessor, None
            other.stop()
        else:
            other.drop_predecessor()
            self.predecessor = other
        self.histories = other.histories

    def drop_predecessor(self) -> None:
        """Follow the predecessor no longer; requests in flight go on."""
        if self.predecessor:
            self.predecessor.stop()
        self.predecessor = None

    def expect(self, models: Mapping[str, ServedModel]) -> None:
        """Refuse replicas that hold other models than these."""
        self.adapter.models = models
        for replica in self.replicas.values():
            replica.probe_now()

    def history(self, model_id: str) -> History:
        """The last minutes of a model."""
        return self.histories.setdefault(model_id, History())

    async def _watch(self) -> None:
        """Follow the replicas until stopped."""
        while True:
            await self.refresh_replicas()
            self._resolved.set()
            is_late = time.monotonic() - self._started > TAKEOVER_TIMEOUT
            if self.is_ready or (is_late and not self.location.port_file):
                self.drop_predecessor()
            if not self.predecessor:
                self.record_statuses()
            await asyncio.sleep(RESOLVE_INTERVAL)

    async def refresh_replicas(self) -> None:
        """Add the replicas that are new, and drop those that are gone."""
        await self.location.refresh()
        addresses = self.location.addresses
        found = {(address, host) for address in addresses for host in await self._hosts(address)}
        known = self.replicas
        new = {
            key: Replica(self.adapter, *key, addresses[key[0]])
            for key in sorted(found - set(known))
        }
        self.replicas = {key: known[key] for key in known if key in found} | new
        for replica in new.values():
            replica.start()
        for key in set(known) - found:
            known[key].stop()

    async def _hosts(self, address: str) -> list[str]:
        """The addresses behind an address's host name; those known while none can be had.

        TLS is spoken with a name, and behind it stands whoever answers for that.
        """
        url = urllib.parse.urlsplit(address)
        if url.scheme != "http" or service_address.is_one_host(url.hostname or ""):
            return [""]
        try:
            return await daemon_thread.run(resolve, url.hostname or "")
        except (OSError, UnicodeError):
            return [host for known, host in self.replicas if known == address]

    def record_statuses(self) -> None:
        """Record each model's status in its history, and log the statuses that changed."""
        for model_id, history in list(self.histories.items()):
            history.record_status(self.status(model_id).status)
        for model_id in {key for each in self.replicas.values() for key in each.statuses}:
            new = self.status(model_id)
            if self._logged.get(model_id) != new.status:
                self._logged[model_id] = new.status
                expected = new.status in (statuses.READY, statuses.STARTING)
                severity = "INFO" if expected else "WARNING"
                log.write(
                    severity, f"{model_id} is {new.status}", model=model_id, reason=new.reason
                )

    @property
    def is_ready(self) -> bool:
        """Whether every model that it should hold is ready."""
        return all(self.status(each).status == statuses.READY for each in self.adapter.models)

    def status(self, model_id: str) -> Status:
        """A model's status: the best that it has on any replica."""
        replicas = self.replicas.values()
        known = [each.statuses[model_id] for each in replicas if model_id in each.statuses]
        if len(known) == 1:
            return known[0]
        if known:
            return min(known, key=lambda each: statuses.BEST_FIRST.index(each.status))
        if any(each.statuses for each in replicas):
            return Status(statuses.UNAVAILABLE, "its service runs, but holds only other models")
        if self.location.reason:
            return Status(statuses.UNAVAILABLE, self.location.reason)
        is_new = time.monotonic() - self._started < STARTUP_GRACE
        status = statuses.STARTING if is_new else statuses.UNAVAILABLE
        return Status(status, "its service was not heard of yet")

    def count_replicas(self, model_id: str) -> dict[str, int]:
        """How many replicas are known, on how many a model is ready, and on how many it is out."""
        ready = self._candidates(model_id, [])
        now = self.limits.shared.clock()
        ejected = ejection.count_left_out(ready, model_id, now)
        return {"ready": len(ready), "known": len(self.replicas), "ejected": ejected}

    def count_non_finite(self, model_id: str) -> int:
        """How many pictures a model gave NaN or infinity for, on the replicas that are known."""
        replicas = self.replicas.values()
        return sum(r.statuses[model_id].non_finite for r in replicas if model_id in r.statuses)

    def acquire_slot(self, model_id: str) -> Load:
        """As `Slots.acquire`."""
        return self.slots.acquire(model_id)

    async def send(
        self,
        model_id: str,
        next_attempt: Callable[[], tuple[Request, float]],
        own_time: float = math.inf,
    ) -> Response:
        """Send the request that `next_attempt` gives, with its seconds, to one of the replicas.

        `own_time` is the seconds in which the model must answer, whatever its client wants.

        Raises:
            OSError: as `transport.Pool.send`.
            breaker.Refused: the model fails.
        """
        load, budget = self.slots.load(model_id), self.limits.retry_budget
        with load.breaker.admit() as permit, budget.requests, Retries(budget) as retries:
            attempt: Attempt[Replica] = Attempt(load, permit, own_time)
            for replica in self._attempts(attempt, retries):
                try:
                    with attempt:
                        request, seconds = next_attempt()
                        response = await replica.send(request, seconds)
                        attempt.answered(request, response)
                        return response
                except transport.UnreachableError:
                    continue
        raise transport.UnreachableError(self.service)

    @contextlib.asynccontextmanager
    async def stream(
        self, model_id: str, request: StreamedRequest, seconds: float, own_time: float = math.inf
    ) -> AsyncIterator[StreamedResponse]:
        """Send a request as it comes, as `send` does; inside the block is its response.

        Raises:
            OSError: as `transport.Pool.stream`.
            breaker.Refused: the model fails.
            RequestTimeout: the client sends too slowly while others want its slot.
        """
        if request.parts:
            parts = self.slots.slow_clients.parts(request.parts)
            request = dataclasses.replace(request, parts=parts)
        load, budget = self.slots.load(model_id), self.limits.retry_budget
        with load.breaker.admit() as permit, budget.requests, Retries(budget) as retries:
            attempt: Attempt[Replica] = Attempt(load, permit, own_time)
            attempt.patience = seconds
            for replica in self._attempts(attempt, retries):
                with contextlib.suppress(transport.UnreachableError), attempt:
                    async with replica.stream(request, seconds) as response:
                        attempt.answered(request, response)
                        yield response
                        return
        raise transport.UnreachableError(self.service)

    def _attempts(self, attempt: Attempt[Replica], retries: Retries) -> Iterator[Replica]:
        """The replicas to try, one after another for as long as they can't be reached."""
        model_id = attempt.load.model_id
        tried: list[Replica] = []
        while ready := self._candidates(model_id, tried):
            if len(tried) == 1 and not retries.request():
                break
            if tried:
                self.limits.retry_budget.on_retry(model_id)
            replica = attempt.aim(ready, self.limits.shared.clock())
            yield replica
            tried.append(replica)
        if tried:
            attempt.give_up()

    def _candidates(self, model_id: str, tried: list[Replica]) -> list[Replica]:
        """The replicas where a model is ready, less those that were tried."""
        ready = [each for each in self.replicas.values() if each.is_ready(model_id)]
        return [each for each in ready if each not in tried] if tried else ready


def resolve(name: str) -> list[str]:
    """The addresses of a host name: those of IPv4, and only where it has none, those of IPv6.

    Raises:
        OSError: there are none, or nobody can say now.
    """
    try:
        found = socket.getaddrinfo(name, None, socket.AF_INET, socket.SOCK_STREAM)
    except socket.gaierror as error:
        if error.errno not in NO_SUCH_ADDRESS:
            raise
        found = socket.getaddrinfo(name, None, socket.AF_INET6, socket.SOCK_STREAM)
    return [str(each[4][0]) for each in found]
