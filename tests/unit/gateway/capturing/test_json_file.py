"""Small files that several processes write."""

import os
import stat
from pathlib import Path

import pytest

from gateway.capturing import json_file


def test_what_is_written_is_read_and_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    assert json_file.read(path) == {}
    json_file.write(path, {"one": 1})
    assert json_file.read(path) == {"one": 1}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["file.json"]  # noqa: PTH208  # hidden ones too


@pytest.mark.parametrize("content", [b"", b"[1]", b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_object_is_empty(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    path.write_bytes(content)
    assert json_file.read(path) == {}


def test_a_file_that_cannot_be_replaced_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    (path / "inside").mkdir(parents=True)
    with pytest.raises(OSError, match="file"):
        json_file.write(path, {"one": 1})
    assert [each.name for each in tmp_path.iterdir()] == ["file.json"]
