"""One model service behind the gateway: where it is, its connections, and how its models stand.

A model's status is what its service last said: `starting` until the first word, then `ready`,
`starting` or `failed`; or `unavailable` when the service doesn't answer. A thread asks every
second or two, and a request that finds the service gone says so at once, so that the next one
needn't try: the asking thread brings the model back.
"""

import contextlib
import dataclasses
import json
import re
import threading
import time
from collections.abc import Iterator
from typing import Any

from gateway import connections
from wire import log, problems

PROBE_SECONDS = 2.0  # between two questions to a service that is well
PROBE_SOON = 0.3  # to one that isn't
PROBE_TIMEOUT = 2.0
MOST = 96  # requests with one service at once
GRACE = 60.0  # a service not heard of yet counts as starting for so long


@dataclasses.dataclass(frozen=True)
class Status:
    """How one model stands, for people and for routing."""

    status: str  # starting | ready | failed | unavailable
    reason: str = ""
    card: dict[str, Any] | None = None


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

    def __init__(self, service: str, at: str, most: int = MOST) -> None:
        self.service, self.at, self.most = service, at, most
        self.places = threading.BoundedSemaphore(most)
        self.pool = connections.Pool(at)
        self.began = time.monotonic()
        self.statuses: dict[str, Status] = {}  # replaced whole, never changed
        self.wake = threading.Event()
        self.stopped = False

    def start(self) -> None:
        """Begin to ask."""
        threading.Thread(target=self.watch, name=f"ask {self.service}", daemon=True).start()

    def stop(self) -> None:
        """Stop asking; requests in flight go on."""
        self.stopped = True
        self.wake.set()

    def status(self, model_id: str) -> Status:
        """How a model stands."""
        statuses = self.statuses
        if model_id in statuses:
            return statuses[model_id]
        if statuses:
            return Status("unavailable", "its service runs, but holds only other models")
        young = time.monotonic() - self.began < GRACE
        return Status("starting" if young else "unavailable", "its service was not heard of yet")

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

    def lost(self, reason: str) -> None:
        """A request found the service gone: say so now, and ask again soon."""
        self.change(self.gone(reason))
        self.wake.set()

    def gone(self, reason: str) -> dict[str, Status]:
        """Every model known so far as unavailable, for a reason."""
        return {
            model_id: dataclasses.replace(known, status="unavailable", reason=reason)
            for model_id, known in self.statuses.items()
        }

    def watch(self) -> None:
        """Ask until stopped."""
        while not self.stopped:
            self.change(self.ask())
            well = self.statuses and all(s.status == "ready" for s in self.statuses.values())
            self.wake.wait(PROBE_SECONDS if well else PROBE_SOON)
            self.wake.clear()

    def ask(self) -> dict[str, Status]:
        """What the service says of its models, with the cards of those that are new."""
        try:
            told = self.get("/health/ready").get("models", {})
            return {model_id: self.heard(model_id, said) for model_id, said in told.items()}
        except (OSError, ValueError, AttributeError, KeyError, TypeError):
            return self.gone("its service doesn't answer")

    def heard(self, model_id: str, said: dict[str, Any]) -> Status:
        """One model's status, with its card, asked for only when it is another than the last."""
        known = self.statuses.get(model_id)
        card = known.card if known else None
        if card is None or card["digest"] != said["digest"]:
            told = self.get(f"/model/{model_id}")
            card = {key: told[key] for key in told if key not in ("status", "reason")}
        return Status(str(said["status"]), str(said["reason"]), card)

    def get(self, path: str) -> dict[str, Any]:
        """A JSON object of the service."""
        answer = self.pool.exchange(connections.Request("GET", path), PROBE_TIMEOUT)
        document = json.loads(answer.body)
        if not isinstance(document, dict):
            raise TypeError(path)
        return document

    def change(self, statuses: dict[str, Status]) -> None:
        """Take the new statuses, and log the models whose status is another."""
        for model_id, new in statuses.items():
            old = self.statuses.get(model_id)
            if old is None or old.status != new.status:
                severity = "INFO" if new.status in ("ready", "starting") else "WARNING"
                log.write(
                    severity, f"{model_id} is {new.status}", model=model_id, reason=new.reason
                )
        self.statuses = statuses
