"""Unit tests start no process, open no connection and never sleep: one that tries is refused."""

import sys
import time
from collections.abc import Iterator
from typing import NoReturn

import pytest

# Python's own names for what leads out of the process (its "audit events").
REFUSED = {
    "os.exec", "os.fork", "os.posix_spawn", "os.system", "socket.bind", "socket.connect",
    "socket.getaddrinfo", "subprocess.Popen",
}  # fmt: skip


def refuse(event: str) -> NoReturn:
    """Fail the test by what no `except Exception` on the way can catch."""
    pytest.fail(
        f"A unit test may not use {event}. Pass in a clock, a transport or a process of the test's "
        "own, or move it to tests/system."
    )


class Isolation:
    """Refuses those events while it is on. Python lets nobody take such a hook away again."""

    on = False

    def __call__(self, event: str, _: tuple[object, ...]) -> None:
        if self.on and event in REFUSED:
            refuse(event)


_isolation = Isolation()
sys.addaudithook(_isolation)


@pytest.fixture(autouse=True)
def isolated(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each unit test is kept within its own process, and within its own time."""
    monkeypatch.setattr(time, "sleep", lambda _: refuse("time.sleep"))
    _isolation.on = True
    yield
    _isolation.on = False
