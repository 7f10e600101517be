"""examples/backends as a person runs it: `passerelle up` starts the four servers, and watches."""

import contextlib
import functools
import re
from pathlib import Path
from typing import Any

from bench import foreign_services
from tests.support import four_servers, stack
from tests.support.stack import Stack


def process(up: Stack, name: str) -> int:
    """The first process of a server, by the folder of its programs."""
    for pid in stack.descendants(up.process.pid):
        with contextlib.suppress(OSError):  # one that has just ended
            command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
            if re.search(rf"venvs/{name}/bin/", command):
                return pid
    raise LookupError(name)


def asked(up: Stack, name: str) -> Any:
    """What a server answers to the cat; none of it is kept."""
    headers = {"Cache-Control": "no-store"}
    if name == "litserve":
        files = {"image": stack.CAT}
        return up.request("POST", f"/model/{name}/predict", headers=headers, files=files)
    headers["Content-Type"] = "image/png"
    return up.request("POST", f"/model/{name}/predict", headers=headers, data=stack.CAT)


def colour(up: Stack, name: str) -> str:
    """The first colour that a server names for the cat."""
    answer = asked(up, name)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    if "outputs" in found:
        return str({each["name"]: each["data"] for each in found["outputs"]}["label"][0])
    return str(found["predictions"][0]["label"])


def has_another(up: Stack, name: str, first: int) -> bool:
    """Whether a server was started again."""
    try:
        return process(up, name) != first
    except LookupError:
        return False


def answers(up: Stack, name: str) -> bool:
    return bool(asked(up, name).status_code == 200)


def wait_until_ready(up: Stack) -> None:
    stack.wait_for(lambda: set(up.statuses().values()) == {"ready"}, 60)


def test_the_four_servers_run_come_back_and_leave_nothing_behind(tmp_path: Path) -> None:
    manifest = four_servers.prepared(tmp_path) / "models.yaml"
    with stack.running(manifest, tmp_path / "state") as up:
        wait_until_ready(up)
        assert list(up.statuses()) == list(foreign_services.NAMES)
        assert {colour(up, name) for name in foreign_services.NAMES} == {"grey"}
        for name in foreign_services.NAMES:
            first = process(up, name)
            stack.kill(first)
            stack.wait_for(functools.partial(has_another, up, name, first), 20)
            stack.wait_for(functools.partial(answers, up, name), 60)
            assert colour(up, name) == "grey"
        stack.wait_for(lambda: not strays(up, manifest.parent), 10)
    stack.wait_for(lambda: not running_in(manifest.parent), 15)


def strays(up: Stack, folder: Path) -> set[int]:
    """The processes in a folder that nobody watches any more."""
    return running_in(folder) - set(stack.descendants(up.process.pid))


def running_in(folder: Path) -> set[int]:
    """The processes whose working directory is a folder, wherever they come from."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (process / "cwd").readlink() == folder:
                found.add(int(process.name))
    return found
