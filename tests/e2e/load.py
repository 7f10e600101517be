"""Load on an address: clients that keep their connection, and what became of their requests."""

import dataclasses
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import requests

from tests.support import stack


@dataclasses.dataclass
class Load:
    """What the clients saw."""

    url: str
    key: str = ""
    sent: list[tuple[float, float]] = dataclasses.field(default_factory=list)  # begun, seconds
    failed: list[str] = dataclasses.field(default_factory=list)
    stopped: bool = False

    def client(self) -> None:
        """One client: a request after the other on one connection."""
        session = requests.Session()
        while not self.stopped:
            began = time.monotonic()
            try:
                answer = session.post(
                    self.url, data=stack.CAT, headers={"X-API-Key": self.key}, timeout=30
                )
                if answer.status_code != 200:
                    self.failed.append(f"{answer.status_code}: {answer.text[:300]}")
            except requests.RequestException as error:
                self.failed.append(repr(error))
            self.sent.append((began, time.monotonic() - began))

    def wait_for_answers(self, count: int) -> None:
        """Until so many more requests were answered, or failed."""
        enough = len(self.sent) + count
        stack.wait_for(lambda: len(self.sent) >= enough, 60)

    def p99(self, begin: float, end: float) -> float:
        """The 99th percentile of the requests begun between two times, in milliseconds."""
        times = sorted(took for at, took in self.sent if begin <= at < end)
        return round(times[int(len(times) * 0.99)] * 1000) if times else 0.0


@contextmanager
def on(url: str, key: str = "", clients: int = 8) -> Iterator[Load]:
    """Load for as long as the block runs, and until its last requests are answered."""
    load = Load(url, key)
    threads = [threading.Thread(target=load.client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield load
    finally:
        load.stopped = True
        for thread in threads:
            thread.join()
