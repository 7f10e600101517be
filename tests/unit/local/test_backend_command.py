"""passerelle/local/backend_command.py: what a backend is started with, and whether it can be."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from passerelle.local import backend_command, stray_processes
from passerelle.local.backend_command import BackendCommand
from passerelle.manifest.model import Backend
from tests.unit.local import fake


@pytest.mark.parametrize(
    ("written", "started"),
    [
        ("$PORT", "80"), ("${PORT}", "80"), ("--bind=127.0.0.1:$PORT", "--bind=127.0.0.1:80"),
        ("$PORTS", "$PORTS"), ("$PORT_2", "$PORT_2"), ("{port}", "{port}"), ("PORT", "PORT"),
        ("$PORT,${PORT}", "80,80"),
    ],
)  # fmt: skip
def test_the_port_stands_in_the_place_of_its_name(written: str, started: str) -> None:
    assert backend_command.arguments(["serve", written], 80) == ["serve", started]


def test_a_command_has_the_users_environment_and_a_port_of_its_own_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[dict[str, Any]] = []

    def popen(arguments: list[str], **options: Any) -> fake.Child:
        started.append({"arguments": arguments, **options})
        return fake.Child()

    ports = iter([4000, 4001])
    monkeypatch.setattr(subprocess, "Popen", popen)
    monkeypatch.setattr(backend_command, "free_port", lambda: next(ports))
    monkeypatch.setenv("PYTHONOPTIMIZE", "1")
    backend = Backend(command=("serve", "$PORT"), folder=str(tmp_path))
    command = BackendCommand(backend, tmp_path / "ocr.log")
    command.spawn()
    assert (command.port, started[0]["arguments"]) == (4000, ["serve", "4000"])
    runs = [started[0]["env"].pop(stray_processes.VARIABLE)]
    assert started[0]["env"] == {**os.environ, "PORT": "4000"}
    assert (started[0]["cwd"], started[0]["start_new_session"]) == (str(tmp_path), True)
    command.spawn()
    assert (command.port, started[1]["env"]["PORT"]) == (4001, "4001")
    assert started[1]["env"][stray_processes.VARIABLE] not in ("", *runs)


def test_a_program_is_found_in_path_or_beside_the_manifest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    for name in ("bin/serve", "run.sh"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.touch(mode=0o755)
    (tmp_path / "text.txt").touch(mode=0o644)
    there = {
        each: backend_command.is_there(Backend(command=(each,), folder=str(tmp_path)))
        for each in ("serve", "./run.sh", "run.sh", "./text.txt", "./none", "none")
    }
    assert [name for name, is_there in there.items() if is_there] == ["serve", "./run.sh"]
