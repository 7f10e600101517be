"""gateway/persistence/patience.py: a file that may hang."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from gateway.persistence import patience
from gateway.persistence.database import DatabaseError
from gateway.persistence.patience import Patience
from passerelle.server import daemon_thread


class Disk:
    """A disk that hangs until it is told to answer, in place of threads."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.answers = asyncio.Event()

    async def run(self, function: Callable[..., Any], *args: Any) -> Any:
        self.begun.append(function.__name__)
        await self.answers.wait()
        return function(*args)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    found = Disk()
    monkeypatch.setattr(daemon_thread, "run", found.run)
    monkeypatch.setattr(patience, "PATIENCE", 0.0)
    return found


def read(name: str = "a") -> str:
    return f"{name} is read"


def write() -> None:
    pass


def fail() -> None:
    raise ValueError("no")


async def test_what_the_function_returns_or_raises_is_had() -> None:
    patient = Patience("x.db")
    assert await patient.run(read, "b") == await patient.share(read, "b") == "b is read"
    for each in (patient.run, patient.share):
        with pytest.raises(ValueError, match="no"):
            await each(fail)
    assert await patient.run(read) == "a is read"


async def test_a_disk_that_hangs_is_waited_for_by_one_thread_and_by_nobody_for_long(
    disk: Disk,
) -> None:
    patient = Patience("x.db")
    disk.answers.clear()
    for _ in range(3):
        with pytest.raises(DatabaseError, match=r"x\.db: the disk takes too long"):
            await patient.run(write)
        with pytest.raises(DatabaseError, match="too long"):
            await patient.share(read)
    assert len(disk.begun) <= 1
    disk.answers.set()
    await asyncio.sleep(0)
    for _ in range(10):
        await asyncio.sleep(0)
    assert disk.begun.count("read") <= 1
    assert not patient._next
    assert not patient._lock.locked()


async def test_those_who_wait_share_a_reading_that_begins_after_they_came(
    disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "PATIENCE", 60.0)
    patient = Patience("x.db")
    first = asyncio.create_task(patient.share(read))
    for _ in range(3):
        await asyncio.sleep(0)
    assert disk.begun == ["read"]
    others = [asyncio.create_task(patient.share(read)) for _ in range(5)]
    for _ in range(3):
        await asyncio.sleep(0)
    disk.answers.set()
    assert await asyncio.gather(first, *others) == ["a is read"] * 6
    assert disk.begun == ["read", "read"]
