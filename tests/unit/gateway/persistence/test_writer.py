"""When a batch is written, and what becomes of it where that can't be done."""

import asyncio
import json
from typing import Any

import pytest

from gateway.persistence.database import DatabaseError
from gateway.persistence.writer import Writer
from passerelle.server import daemon_thread
from tests.unit.gateway import made


class Batch:
    """So many things."""

    def __init__(self) -> None:
        self.count = 0

    def add(self, later: "Batch") -> None:
        self.count += later.count

    def __bool__(self) -> bool:
        return self.count > 0


class File:
    """In place of the file: keeps each count, or raises what a test says."""

    def __init__(self) -> None:
        self.counts: list[int] = []
        self.error: Exception | None = None

    def add(self, batch: Batch) -> None:
        if self.error:
            raise self.error
        self.counts.append(batch.count)


@pytest.fixture
def file() -> File:
    return File()


@pytest.fixture
def writer(file: File) -> Writer[Batch]:
    return Writer("the count", Batch, file.add, 1_000.0)


async def test_a_batch_is_written_once(writer: Writer[Batch], file: File) -> None:
    writer.batch.count += 1
    await asyncio.gather(*[writer.write(1.0) for _ in range(5)])
    assert file.counts == [1]


async def test_what_cant_be_written_is_kept_and_said_once(
    writer: Writer[Batch], file: File, capsys: pytest.CaptureFixture[str]
) -> None:
    file.error = DatabaseError("count.db: there is no space left")
    for _ in range(3):
        writer.batch.count += 1
        await writer.write(1.0)
    file.error = None
    writer.batch.count += 1
    await writer.write(1.0)
    assert file.counts == [4]
    lines = [json.loads(each) for each in capsys.readouterr().out.splitlines()]
    assert [(each["severity"], each["message"]) for each in lines] == [
        (
            "ERROR",
            "the count can't be written, and is kept in memory until it can: "
            "count.db: there is no space left",
        ),
        ("INFO", "the count is written again"),
    ]


async def test_an_unforeseen_error_loses_nothing_either(
    writer: Writer[Batch], file: File, capsys: pytest.CaptureFixture[str]
) -> None:
    file.error = ValueError("odd")
    writer.batch.count += 1
    await writer.write(1.0)
    file.error = None
    await writer.write(1.0)
    assert file.counts == [1]
    assert "ValueError: odd" in capsys.readouterr().out


async def test_who_doesnt_wait_for_the_writing_loses_nothing(
    writer: Writer[Batch], file: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_write = asyncio.Event()

    async def run(add: Any, *arguments: Any) -> None:
        await may_write.wait()
        add(*arguments)

    monkeypatch.setattr(daemon_thread, "run", run)
    writer.batch.count += 1
    tasks = len(asyncio.all_tasks())
    for _ in range(20):
        await writer.write(0.0)  # the file hangs, and nobody waits for it
        await made.settle()
    assert len(asyncio.all_tasks()) == tasks + 2  # one that writes, and the next
    writer.batch.count += 1
    waiting = asyncio.get_running_loop().create_task(writer.write(1_000.0))
    await made.settle()
    waiting.cancel()  # a client hangs up
    may_write.set()
    await made.until(lambda: sum(file.counts) == 2)


async def test_while_it_runs_it_writes_and_so_it_does_at_the_end(file: File) -> None:
    writer = Writer("the count", Batch, file.add, 0.0)
    async with writer.running():
        writer.batch.count += 1
        while sum(file.counts) < 1:  # noqa: ASYNC110  # a thread writes
            await asyncio.sleep(0)
        assert file.counts[0] == 0  # to see at once whether that can be done
        writer.batch.count += 1
    assert sum(file.counts) == 2
    assert file.counts.count(0) == 1  # nothing is written while nothing is counted


async def test_what_is_lost_at_the_end_is_said(
    writer: Writer[Batch], file: File, capsys: pytest.CaptureFixture[str]
) -> None:
    file.error = DatabaseError("count.db: it can't be opened")
    async with writer.running():
        writer.batch.count += 1
    assert "is lost" in capsys.readouterr().out
