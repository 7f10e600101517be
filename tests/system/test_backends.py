"""Backends of anybody's making under `passerelle up`: started, watched, exchanged, drained."""

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import foreign, stack
from tests.support.stack import Stack

EXIT = {"command": ["sh", "-c", "exit 3"]}
DRAINED = 40  # seconds in which an old process has ended, after the last request may have


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("backends")


@pytest.fixture(scope="module")
def up(folder: Path) -> Iterator[Stack]:
    """A run with backends alone: good ones, and some that can't work."""
    manifest = foreign.write(folder, *GOOD, *BROKEN)
    with running(manifest, folder / "state") as found:
        yield found


@contextlib.contextmanager
def running(manifest: Path, state: Path) -> Iterator[Stack]:
    """A run, whose backends answer in no contract of ours."""
    found = Stack(manifest, state, "--no-page")
    try:
        found.wait_until_up()
        yield found
    finally:
        found.stop()


GOOD = (
    foreign.model("ocr", "one"),
    foreign.model("shell", command=["sh", "-c", "python3 serve.py $PORT & wait"]),
)
BROKEN = (
    foreign.model("exits", **EXIT),
    foreign.model("absent", command=["no-such-program"]),
    {"id": "image", "backend": {"image": "acme/ocr"}},
)


def said(up: Stack, model: str = "ocr", **options: Any) -> Any:
    """What a model's backend says of itself."""
    response = up.predict(model, b"picture", **options)
    assert response.ok, response.text
    return response.json()


def described(up: Stack, model: str) -> tuple[str, str]:
    """A model's status, and why."""
    found = up.get(f"/models/{model}").json()
    return found["status"], found["reason"] or ""


def test_a_command_runs_beside_the_manifest_and_is_asked_through_the_door(
    up: Stack, folder: Path
) -> None:
    found = said(up)
    assert (found["version"], found["cwd"]) == ("one", str(folder))
    assert "traceparent" in found["headers"]
    assert up.request("POST", "/model/ocr/predict", headers={"X-API-Key": None}).status_code == 401
    assert (folder / "state" / "logs" / "ocr.log").read_text() == "listens\n"
    assert "Try it, or send what the service of ocr takes" in up.printed


def test_the_port_is_filled_in_in_arguments(up: Stack) -> None:
    assert said(up, "shell")["version"].isdecimal()


def test_what_cannot_work_says_why_and_keeps_nobody_away(up: Stack) -> None:
    status, reason = described(up, "exits")
    assert (status, reason) == ("unavailable", "its command ended with code 3 (see exits.log)")
    status, reason = described(up, "absent")
    assert "its command can't be started (No such file or directory)" in reason
    assert "image is started in containers alone" in described(up, "image")[1]
    response = up.predict("exits", b"picture")
    assert response.status_code == 503
    assert "ended with code 3" in response.json()["detail"]
    assert "absent: there is no program 'no-such-program' in PATH" in " ".join(up.printed.split())
    assert "image: its image is started by passerelle render" in " ".join(up.printed.split())


def test_one_that_is_killed_comes_back(up: Stack) -> None:
    pid = said(up)["pid"]
    stack.kill(pid)
    stack.wait_for(lambda: up.predict("ocr", b"picture").json().get("pid", pid) != pid, 20)
    assert described(up, "ocr") == ("ready", "")
    assert "ocr was killed by signal 9; starting it again in 0.5 s" in " ".join(up.printed.split())


def test_one_is_exchanged_without_a_failed_request(up: Stack, folder: Path) -> None:
    """The new one takes a while, and is asked in a way in which the old one would refuse."""
    seen: Counter[Any] = Counter()
    stop = threading.Event()

    def ask(seconds: float) -> None:
        while not stop.wait(0.02):
            response = up.predict("ocr", b"picture", headers={"X-Seconds": str(seconds)})
            seen[response.json().get("version", response.text)] += 1

    pid = said(up)["pid"]
    asking = [threading.Thread(target=ask, args=(each,)) for each in (0, 0, 3)]
    for thread in asking:
        thread.start()
    try:
        new = foreign.model("ocr", "two", "/other", "4", path="/other")
        foreign.write(folder, new, *GOOD[1:], *BROKEN)
        stack.wait_for(lambda: seen["two"] > 20, 30)
        stack.wait_for(lambda: not stack.alive(pid), DRAINED)
        time.sleep(1)
    finally:
        stop.set()
        for thread in asking:
            thread.join()
    assert set(seen) == {"one", "two"}, seen


def test_one_that_never_listens_replaces_none_and_keeps_no_other_away(
    up: Stack, folder: Path
) -> None:
    before = said(up)["version"]
    deaf = foreign.model("ocr", command=["sleep", "1000"])
    foreign.write(folder, deaf, *GOOD[1:], foreign.model("new", "three"))
    stack.wait_for(lambda: up.predict("new", b"picture").ok, 20)
    assert said(up)["version"] == before
    assert up.get("/models/image").status_code == 404


def test_what_is_gone_from_the_manifest_is_gone_with_all_that_it_started(
    up: Stack, folder: Path
) -> None:
    pid = said(up, "shell")["pid"]
    foreign.write(folder, foreign.model("new", "three"))
    stack.wait_for(lambda: up.predict("shell", b"picture").status_code == 404, 10)
    stack.wait_for(lambda: not stack.alive(pid), DRAINED)


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    manifest = foreign.write(tmp_path, *GOOD)
    with running(manifest, tmp_path / "state") as found:
        pids = [said(found, each)["pid"] for each in ("ocr", "shell")]
    assert not any(map(stack.alive, pids))
