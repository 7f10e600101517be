"""What was asked is counted, whatever becomes of the file and of the gateway; with a real model."""

import collections
import contextlib
import datetime
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from gateway.persistence import database
from gateway.usage import usage_file
from gateway.usage.counts import Batch
from gateway.usage.question import Question
from passerelle.client import Client, errors
from tests import conftest
from tests.support import processes, stack
from tests.support.processes import LITE0, Door

ALWAYS = Question(datetime.date(2000, 1, 1), datetime.date(2100, 1, 1), ("model",))
COUNTS = ("requests", "answers", "refusals", "errors", "pictures")


@pytest.fixture(scope="module")
def upstream() -> Iterator[str]:
    """A real model service's address."""
    folder = processes.artifact(conftest.shared_artifacts())
    at = f"127.0.0.1:{stack.free_port()}"
    with processes.service(folder, at):
        yield f"http://{at}"


@contextlib.contextmanager
def counting(folder: Path, upstream: str, file: Path, workers: int = 1) -> Iterator[Door]:
    """A gateway with a file for its usage, whose model is ready."""
    folder.mkdir()
    environ = {"PASSERELLE_USAGE": str(file), "PASSERELLE_WORKERS": str(workers)}
    with processes.gateway(folder, upstream, environ=environ) as door:
        stack.wait_for(lambda: door.model()["status"] == "ready", 20)
        yield door


def ask(door: Door, kind: str) -> int:
    """The status of a request of some kind."""
    model = "none" if kind == "unknown" else LITE0
    headers = {} if kind == "nobody" else {"X-API-Key": door.key}
    files = [("image", stack.CAT)] * 3 if kind == "several" else None
    data = {"one": stack.CAT, "broken": b"no picture", "empty": b""}.get(kind, stack.CAT)
    path = f"{door.url}/model/{model}/predict"
    body: dict[str, Any] = {"files": files} if files else {"data": data}
    return requests.post(path, headers=headers, timeout=30, **body).status_code


def usage(door: Door, **query: Any) -> list[dict[str, Any]]:
    with Client(door.url, door.key, retries=0) as client:
        found: list[dict[str, Any]] = client.usage(**query)["usage"]
    return found


def counts(rows: list[dict[str, Any]]) -> tuple[int, ...]:
    return tuple(sum(each[name] for each in rows) for name in COUNTS)


KINDS = ("one", "several", "broken", "empty", "unknown", "nobody") * 4
EXPECTED = (16, 8, 8, 0, 16)  # of all that know their caller and their model
STATUSES = {200: 8, 415: 4, 400: 4, 404: 4, 401: 4}


def test_what_was_sent_is_what_was_counted_by_two_gateways_in_one_file(
    upstream: str, tmp_path: Path
) -> None:
    file = tmp_path / "usage.db"
    with (
        counting(tmp_path / "one", upstream, file) as one,
        counting(tmp_path / "two", upstream, file, workers=2) as two,
        ThreadPoolExecutor(8) as pool,
    ):
        for door in (one, two):
            found = collections.Counter(pool.map(lambda kind, at=door: ask(at, kind), KINDS))
            assert found == STATUSES
        own = usage(one)
        assert counts(own) == EXPECTED
        assert {(each["name"], each["model"]) for each in own} == {("test", LITE0)}
        assert own[0]["inference_seconds"] > 0
    assert counts(usage_file.read(file, ALWAYS)) == tuple(2 * each for each in EXPECTED)
    callers = usage_file.read(file, Question(ALWAYS.since, ALWAYS.until, ("caller",)))
    assert [each["requests"] for each in callers] == [16, 16]
    done = subprocess.run(
        [*stack.PASSERELLE, "usage", "--state", str(tmp_path), "--by", "model", "--json"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert json.loads(done.stdout)["usage"] == usage_file.read(file, ALWAYS)
    assert list(tmp_path.glob("usage.db*")) == [file]  # whole by itself


def test_a_gateway_that_is_killed_keeps_what_was_written(upstream: str, tmp_path: Path) -> None:
    file = tmp_path / "usage.db"
    with counting(tmp_path / "one", upstream, file) as door:
        assert [ask(door, "one") for _ in range(3)] == [200] * 3
        assert counts(usage(door)) == (3, 3, 0, 0, 3)
        for pid in (door.pid, *stack.descendants(door.pid)):
            os.kill(pid, signal.SIGKILL)
    assert counts(usage_file.read(file, ALWAYS)) == (3, 3, 0, 0, 3)


@contextlib.contextmanager
def gone(file: Path) -> Iterator[None]:
    """The file's folder is away."""
    away = file.parent.rename(file.parent.with_name("away"))
    yield
    away.rename(file.parent)


@contextlib.contextmanager
def replaced(file: Path) -> Iterator[None]:
    """In its place is something else."""
    kept = file.rename(file.with_name("kept"))
    file.write_bytes(b"no usage" * 1_000)
    yield
    kept.rename(file)


@contextlib.contextmanager
def locked(file: Path) -> Iterator[None]:
    """Another process writes to it, and doesn't end."""
    with contextlib.closing(sqlite3.connect(file)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.rollback()


@contextlib.contextmanager
def full(file: Path) -> Iterator[None]:
    """There is no room on its disk."""
    filler = file.parent / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as output:
        while True:
            output.write(bytes(4096))
    yield
    filler.unlink()


@contextlib.contextmanager
def tiny_disk(folder: Path) -> Iterator[bool]:
    """Whether a folder is a disk of 64 KiB, which takes the rights to make one."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "usage", str(folder)]
    is_mounted = not subprocess.run(mount, check=False, capture_output=True).returncode
    try:
        yield is_mounted
    finally:
        if is_mounted:
            subprocess.run(["umount", str(folder)], check=True)


def wait_for_failures(door: Door, count: int) -> None:
    """Wait until the log has said so often that the usage can't be written, and no more often."""
    stack.wait_for(lambda: door.log.read_text().count("usage can't be written") == count, 10)


def seconds_of(door: Door, count: int) -> float:
    """How long so many answers take together."""
    began = time.monotonic()
    assert [ask(door, "one") for _ in range(count)] == [200] * count
    return time.monotonic() - began


def test_whatever_is_wrong_with_the_file_requests_go_on_and_count(
    upstream: str, tmp_path: Path
) -> None:
    with tiny_disk(tmp_path / "disk") as is_tiny:
        folder = tmp_path / "disk" / "folder"
        folder.mkdir()
        file = folder / "usage.db"
        with counting(tmp_path / "one", upstream, file) as door:
            usual = seconds_of(door, 5)
            for number, trouble in enumerate((replaced, locked, *([full] if is_tiny else [gone]))):
                assert usage(door)[0]["requests"] == 5 + 5 * number
                with trouble(file), ThreadPoolExecutor(1) as pool:
                    reading = pool.submit(usage, door)  # which tries to write meanwhile
                    assert seconds_of(door, 5) < 5 * usual + 1
                    with contextlib.suppress(errors.Refused):
                        reading.result()
                    wait_for_failures(door, number + 1)
            assert usage(door)[0]["requests"] == 20
            file.unlink()
            seconds_of(door, 2)
            assert usage(door)[0]["requests"] == 2  # in a file that was made anew


LOOK = """\
import sqlite3, sys
file = sqlite3.connect(sys.argv[1])
file.execute("SELECT * FROM usage").fetchall()
file.close()
"""


def test_who_writes_takes_no_lock_away_from_who_reads_beside_it(tmp_path: Path) -> None:
    """Else another process takes itself for the last, and takes the other files away."""
    file, nothing = tmp_path / "usage.db", Batch()
    usage_file.add(file, nothing, ALWAYS.since)
    with database.opened(file, "rw") as reading:
        reading.execute("SELECT * FROM usage").fetchall()
        usage_file.add(file, nothing, ALWAYS.since)
        before = sorted(tmp_path.iterdir())
        subprocess.run([sys.executable, "-c", LOOK, str(file)], check=True)
        assert sorted(tmp_path.iterdir()) == before
        assert len(before) == 3
