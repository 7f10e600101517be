"""passerelle/protocol/file_errors.py: why a file can't be read, in words."""

import errno
import os
from pathlib import Path

import pytest

from passerelle.protocol import file_errors

DENIED = PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def test_who_may_not_read_a_file_is_told_whom_to_give_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 10001)
    reason = file_errors.reason(tmp_path / "key", DENIED)
    assert reason.startswith("can't be read by user 10001, whom this process runs as")
    assert f"chown 10001 {tmp_path / 'key'}" in reason
    assert f"chmod a+r {tmp_path / 'key'}" in reason
    assert "if it is mounted into a container, do so outside" in reason


def test_a_closed_folder_is_named_instead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = tmp_path / "closed"
    monkeypatch.setattr(os, "access", lambda path, _: path in closed.parents)
    reason = file_errors.reason(closed / "keys" / "key", DENIED)
    assert f"let it into the folder: chmod a+x {closed} (" in reason


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (IsADirectoryError(), "is a folder; put a file there. Docker makes a folder"),
        (FileNotFoundError(), "is not there"),
        (NotADirectoryError(), "is not there"),
        (UnicodeDecodeError("utf-8", b"a", 0, 1, "why"), "is not text in UTF-8; save it as that"),
        (OSError(errno.EIO, "Input/output error"), "can't be read: Input/output error"),
        (ValueError("its version is 9"), "can't be read: its version is 9"),
    ],
)
def test_everything_else_has_its_words(error: Exception, reason: str) -> None:
    assert file_errors.reason(Path("key"), error).startswith(reason)
