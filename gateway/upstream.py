"""One service behind the gateway: its replicas, and which of them a request goes to.

A host name stands for as many replicas as it has addresses, and a thread follows them as they come
and go. A request goes to the replica, among those where its model is ready, with the fewest
requests. One that can't be connected to has seen nothing of the request: then another is tried.
Nothing else is ever sent twice.
"""

import contextlib
import ipaddress
import re
import socket
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator, Mapping

from gateway import id_tokens, transport
from gateway.history import History
from gateway.replica import ORDER, Replica, Status
from gateway.retry_budget import Retries
from gateway.transport import Answer, Request
from passerelle.manifest import Model
from passerelle.protocol import problems
from passerelle.server import log

LOOK_SECONDS = 1.0  # between two looks at what a name stands for
MOST = 96  # requests with one service at once
GRACE = 60.0  # a service not heard of yet counts as starting for so long
UNKNOWN = (socket.EAI_NONAME, socket.EAI_NODATA, socket.EAI_ADDRFAMILY)  # no such address


def address(setting: str, service: str) -> str:
    """Where a service is: from a template with `{service}` in it, or from `name=address` pairs.

    Raises:
        KeyError: pairs that don't name the service.
    """
    if re.match(r"[a-z0-9-]+=", setting):
        return dict(pair.strip().split("=", 1) for pair in setting.split(","))[service]
    return setting.replace("{service}", service)


class Upstream:
    """A service and the models it should hold. Per process, shared by all its threads."""

    def __init__(
        self,
        service: str,
        at: str,
        most: int = MOST,
        who: str = "",
        retries: Retries | None = None,
    ) -> None:
        self.service, self.most, self.retries = service, most, retries or Retries()
        self.addresses = {each: id_tokens.of(who, each) for each in at.split("|")}
        self.places = threading.BoundedSemaphore(most)
        self.turn = threading.Lock()  # of the replicas' numbers of requests
        self.began = time.monotonic()
        self.expected: Mapping[str, Model] = {}
        self.replicas: dict[tuple[str, str], Replica] = {}  # replaced whole, never changed
        self.histories: dict[str, History] = {}  # by the model's id
        self.told: dict[str, str] = {}  # the statuses that were logged
        self.wake = threading.Event()
        self.stopped = False

    def start(self) -> None:
        """Begin to follow the replicas."""
        threading.Thread(target=self.watch, name=f"follow {self.service}", daemon=True).start()

    def stop(self) -> None:
        """Stop asking; requests in flight go on."""
        self.stopped = True
        self.wake.set()

    def expect(self, models: Mapping[str, Model]) -> None:
        """Refuse replicas that hold other models than these."""
        self.expected = models
        for replica in self.replicas.values():
            replica.expected = models
            replica.wake.set()

    def history(self, model_id: str) -> History:
        """The last minutes of a model."""
        return self.histories.setdefault(model_id, History())

    def watch(self) -> None:
        """Follow the replicas until stopped."""
        while not self.stopped:
            self.follow()
            self.note()
            self.wake.wait(LOOK_SECONDS)
        for replica in self.replicas.values():
            replica.stop()

    def follow(self) -> None:
        """Take up the replicas that are new, and let go of those that are gone."""
        found = {(at, host) for at in self.addresses for host in self.hosts(at)}
        known = self.replicas
        new = {key: Replica(*key, self.addresses[key[0]]) for key in sorted(found - set(known))}
        self.replicas = {key: known[key] for key in known if key in found} | new
        for replica in new.values():
            replica.expected = self.expected
            replica.start()
        for key in set(known) - found:
            known[key].stop()

    def hosts(self, at: str) -> list[str]:
        """The addresses behind an address's host name; those known while none can be had.

        TLS is spoken with a name, and behind it stands whoever answers for that.
        """
        url = urllib.parse.urlsplit(at)
        if url.scheme != "http" or numeric(url.hostname or ""):
            return [""]
        try:
            return resolved(url.hostname or "")
        except (OSError, UnicodeError):
            return [host for known, host in self.replicas if known == at]

    def note(self) -> None:
        """Note how each model stands, and log those whose status is another than it was."""
        for model_id, history in list(self.histories.items()):
            history.stands(self.status(model_id).status)
        for model_id in {key for each in self.replicas.values() for key in each.statuses}:
            new = self.status(model_id)
            if self.told.get(model_id) != new.status:
                self.told[model_id] = new.status
                severity = "INFO" if new.status in ("ready", "starting") else "WARNING"
                log.write(
                    severity, f"{model_id} is {new.status}", model=model_id, reason=new.reason
                )

    def status(self, model_id: str) -> Status:
        """How a model stands: as on the replica where it stands best."""
        replicas = self.replicas.values()
        known = [each.statuses[model_id] for each in replicas if model_id in each.statuses]
        if known:
            return min(known, key=lambda each: ORDER.index(each.status))
        if any(each.statuses for each in replicas):
            return Status("unavailable", "its service runs, but holds only other models")
        young = time.monotonic() - self.began < GRACE
        return Status("starting" if young else "unavailable", "its service was not heard of yet")

    def count(self, model_id: str) -> dict[str, int]:
        """How many replicas are known, and on how many of them a model is ready."""
        replicas = self.replicas.values()
        return {"ready": sum(each.ready(model_id) for each in replicas), "known": len(replicas)}

    @contextlib.contextmanager
    def place(self) -> Iterator[None]:
        """One of the requests that may be with the service at once, so that others get by.

        Raises:
            ServiceUnavailable: there are as many already.
        """
        if not self.places.acquire(blocking=False):
            raise problems.ServiceUnavailable(
                f"{self.most} requests are with its service already. Try again shortly."
            )
        try:
            yield
        finally:
            self.places.release()

    def exchange(
        self,
        model_id: str,
        ask: Callable[[], tuple[Request, float]],
        meanwhile: Callable[[], None],
    ) -> Answer:
        """Send what `ask` gives, with the seconds that it may take, to the best replica.

        Raises:
            OSError: as `connections.Pool.exchange`, of the last replica that was tried.
        """
        tried: list[Replica] = []
        with self.retries.counted(), contextlib.ExitStack() as retry:
            while True:
                with self.chosen(model_id, tried) as replica:
                    try:
                        return replica.exchange(*ask(), meanwhile)
                    except transport.UnreachableError:
                        tried.append(replica)
                        if not self.others(model_id, tried):
                            raise
                        if len(tried) == 1 and not retry.enter_context(self.retries.granted()):
                            raise

    @contextlib.contextmanager
    def chosen(self, model_id: str, tried: list[Replica]) -> Iterator[Replica]:
        """The replica with the fewest requests where the model is ready, for one more.

        Raises:
            connections.UnreachableError: there is none.
        """
        with self.turn:
            ready = self.others(model_id, tried)
            if not ready:
                raise transport.UnreachableError(self.service)
            replica = min(ready, key=lambda each: each.in_flight)
            replica.in_flight += 1
            replica.last = time.monotonic()
        try:
            yield replica
        finally:
            with self.turn:
                replica.in_flight -= 1

    def others(self, model_id: str, tried: list[Replica]) -> list[Replica]:
        """The replicas where a model is ready, less those that were tried; longest idle first."""
        found = [r for r in self.replicas.values() if r.ready(model_id) and r not in tried]
        return sorted(found, key=lambda each: each.last)


def resolved(name: str) -> list[str]:
    """The addresses of a host name: those of IPv4, and only where it has none, those of IPv6.

    Raises:
        OSError: there are none, or nobody can say now.
    """
    try:
        found = socket.getaddrinfo(name, None, socket.AF_INET, socket.SOCK_STREAM)
    except socket.gaierror as error:
        if error.errno not in UNKNOWN:
            raise
        found = socket.getaddrinfo(name, None, socket.AF_INET6, socket.SOCK_STREAM)
    return [str(each[4][0]) for each in found]


def numeric(host: str) -> bool:
    """Whether a host is an address already."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
