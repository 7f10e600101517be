"""passerelle/cli/main.py: the commands, and how their errors end."""

import importlib.metadata
import os
from pathlib import Path

import click
import pytest

from gateway.keys import api_keys
from passerelle.cli import main
from tests.unit.cli import command


def failing(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the command `check` end with an error."""

    @click.command()
    def check() -> None:
        raise error

    monkeypatch.setitem(main.main.commands, "check", check)


def test_every_command_is_listed_with_its_help() -> None:
    shown = command.run("--help").output
    for name in (
        "bake", "check", "evaluate", "init", "keys", "models", "predict", "render", "schema", "up",
    ):  # fmt: skip
        assert f"\n  {name} " in shown
        assert "Usage:" in command.run(name, "-h").output


def test_the_version_is_that_of_the_installed_package() -> None:
    assert command.run("--version").output.split()[-1] == importlib.metadata.version("passerelle")


def test_a_foreseen_error_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    failing(api_keys.KeysError("keys.yaml is broken"), monkeypatch)
    shown = command.run("check")
    assert (shown.exit_code, shown.output) == (1, "Error: keys.yaml is broken\n")


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (PermissionError(13, "Permission denied", "a/b"), "a/b: Permission denied. Choose a fol"),
        (FileNotFoundError(2, "No such file or directory", "a"), "a: No such file or directory.\n"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(
    error: OSError, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(error, monkeypatch)
    shown = command.run("check")
    assert shown.exit_code == 1
    assert f"Error: {sentence}" in shown.output


def test_a_file_that_cannot_be_read_is_told_with_who_may_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(PermissionError(13, "Permission denied", str(tmp_path)), monkeypatch)
    monkeypatch.setattr(os, "access", lambda _, mode: mode == os.X_OK)
    assert f"{tmp_path} can't be read by user" in command.run("check").output
    failing(IsADirectoryError(21, "Is a directory", str(tmp_path)), monkeypatch)
    assert f"{tmp_path} is a folder; put a file there." in command.run("check").output


@pytest.mark.parametrize("error", [OSError(5, "Input/output error"), ZeroDivisionError()])
def test_an_unforeseen_error_is_no_sentence(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(error, monkeypatch)
    assert command.run("check").exception is error


def test_a_missing_manifest_is_told_with_what_to_do(tmp_path: Path) -> None:
    shown = command.run("check", "-f", str(tmp_path / "none.yaml"))
    assert "there is no such file; write one, or name another with -f" in shown.output
