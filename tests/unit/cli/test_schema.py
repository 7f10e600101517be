"""passerelle/cli/schema.py: the schema's file, written and compared."""

import json
from pathlib import Path

import pytest

from passerelle.cli import schema
from tests.unit.cli import command


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_file_that_is_written_is_current() -> None:
    assert command.run("schema").exit_code == 0
    assert command.run("schema", "--check").exit_code == 0
    assert "properties" in json.loads(schema.FILE.read_text())


@pytest.mark.parametrize("text", [None, "{}"])
def test_a_stale_or_missing_file_is_told_and_left_as_it_is(text: str | None) -> None:
    if text:
        schema.FILE.write_text(text)
    shown = command.run("schema", "--check")
    assert shown.exit_code == 1
    assert "models.schema.json is stale; run: passerelle schema" in shown.output
    assert schema.FILE.exists() is bool(text)
