"""passerelle/cli/render.py: what is written where, and what is only printed."""

import os
from pathlib import Path

import pytest

from tests.unit.cli import command


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a manifest in it."""
    command.manifest(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_compose_is_written_and_current_then(folder: Path) -> None:
    assert command.run("render", "compose").exit_code == 0
    assert "SERVICE: b" in (folder / "docker-compose.yaml").read_text()
    assert command.run("render", "compose", "--check").exit_code == 0


def test_a_stale_file_is_told_and_left_as_it_is(folder: Path) -> None:
    for edited in (b"edited", b"edit\xe9"):
        (folder / "docker-compose.yaml").write_bytes(edited)
        shown = command.run("render", "compose", "--check")
        assert shown.exit_code == 1
        assert "docker-compose.yaml is stale; run: passerelle render compose" in shown.output
        assert (folder / "docker-compose.yaml").read_bytes() == edited


def test_a_key_file_is_made_once_and_never_overwritten(folder: Path) -> None:
    command.run("render", "compose")
    assert "keys: []" in (folder / "keys.yaml").read_text()
    (folder / "keys.yaml").write_text("mine")
    command.run("render", "compose")
    assert (folder / "keys.yaml").read_text() == "mine"


def test_a_key_file_that_containers_cannot_read_is_told(folder: Path) -> None:
    (folder / "keys.yaml").touch(0o600)
    assert "chmod a+r keys.yaml" in command.run("render", "compose").output
    (folder / "keys.yaml").chmod(0o644)
    assert command.run("render", "compose").output == ""


def test_a_manifest_is_named_by_its_path_in_the_folder_or_refused(folder: Path) -> None:
    (folder / "sub").mkdir()
    command.manifest(folder / "sub")
    command.run("render", "compose", "-f", str(folder / "sub" / "models.yaml"))
    assert "MANIFEST: sub/models.yaml" in (folder / "docker-compose.yaml").read_text()
    (folder / "sub" / "deeper").mkdir()
    os.chdir(folder / "sub" / "deeper")
    shown = command.run("render", "compose", "-f", "../models.yaml")
    assert (shown.exit_code, "outside of this folder" in shown.output) == (1, True)


@pytest.mark.parametrize("name", ["two\nlines.yaml", os.fsdecode(b"latin-\xe9.yaml")])
def test_a_manifest_whose_name_no_file_can_hold_is_refused(name: str, folder: Path) -> None:
    (folder / "models.yaml").rename(folder / name)
    shown = command.run("render", "compose", "-f", name)
    assert shown.exit_code == 1
    assert "can't be written in the file; give it another name" in shown.output


BACKEND = "version: 1\nmodels: [{id: ocr, backend: {%s}}]"


def test_what_no_container_runs_or_reaches_is_told(folder: Path) -> None:
    (folder / "models.yaml").write_text(BACKEND % "command: [serve]")
    google = ("cloudrun", "--project", "my-project", "--region", "europe-west1")
    for words in (("compose",), ("swarm",), google):
        shown = command.run("render", *words)
        assert (shown.exit_code, "write image: too" in shown.output) == (1, True)
    (folder / "models.yaml").write_text(BACKEND % "url: 'http://localhost:5000'")
    assert "the gateway's own container there" in command.run("render", "swarm").output


def test_a_headers_file_that_is_not_there_or_that_no_container_reads_is_told(folder: Path) -> None:
    backend = "url: 'http://a', headers: {X-Key: 'file:key.txt'}"
    (folder / "models.yaml").write_text(BACKEND % backend)
    told = "key.txt is not there; make it before docker compose up"
    assert told in command.run("render", "compose").output
    (folder / "key.txt").touch(0o600)
    assert "chown 10001 key.txt, or chmod a+r key.txt" in command.run("render", "compose").output
    (folder / "key.txt").chmod(0o644)
    assert command.run("render", "compose").output == ""


def test_a_swarms_file_is_printed(folder: Path) -> None:
    shown = command.run("render", "swarm")
    assert (shown.exit_code, "services:" in shown.output) == (0, True)
    assert not (folder / "docker-compose.yaml").exists()


def test_cloud_run_is_printed_or_written_a_file_a_service(folder: Path) -> None:
    words = ("render", "cloudrun", "--project", "my-project", "--region", "europe-west1")
    assert "kind: Service" in command.run(*words).output
    assert command.run(*words, "-o", str(folder / "made")).exit_code == 0
    assert {"a.yaml", "b.yaml"} <= {path.name for path in (folder / "made").iterdir()}


def test_a_project_that_is_none_is_told() -> None:
    shown = command.run("render", "cloudrun", "--project", "a", "--region", "europe-west1")
    assert (shown.exit_code, "is no project's id" in shown.output) == (1, True)
