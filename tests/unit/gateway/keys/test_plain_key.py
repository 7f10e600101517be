"""A key in plain text, in a file of its own."""

from pathlib import Path

import pytest

from gateway.keys import plain_key
from gateway.keys.api_keys import KeysError


def test_a_key_is_made_once_for_its_owners_eyes_and_is_good_for_every_model(tmp_path: Path) -> None:
    path = tmp_path / "page" / "key"
    made = plain_key.read_or_make(path, "page")
    assert plain_key.read(path, "page") == plain_key.read_or_make(path, "page") == made
    assert (made.name, made.models) == ("page", ("*",))
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_key_that_is_only_read_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(KeysError, match="holds no key"):
        plain_key.read(tmp_path / "key", "page")
    assert not (tmp_path / "key").exists()


def test_a_file_is_exchanged_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for text in ("first", "2"):
        plain_key.write_privately(path, text, 0o640)
        assert path.read_text() == text
    assert [each.name for each in tmp_path.iterdir()] == ["file"]
