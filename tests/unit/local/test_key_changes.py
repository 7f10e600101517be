"""Changes of the file of the API keys."""

import datetime
from pathlib import Path

import pytest

from gateway import api_keys, key_file
from passerelle.local import key_changes

TODAY = datetime.date(2030, 5, 1)


def test_the_file_holds_no_key_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    text, key = api_keys.new("alice", ("a",), TODAY)
    path = tmp_path / "keys.yaml"
    key_changes.add(path, key)
    key_changes.add(path, api_keys.new("bob", ("*",), None)[1])
    assert key_file.read(path).find(text, TODAY - datetime.timedelta(days=1)) == key
    assert text.rpartition("_")[2] not in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    assert key.sha256 not in repr(key)


@pytest.mark.parametrize("prefix", ["12345678", "12e45678", "0e000000", "00000000"])
def test_what_is_written_is_read_again(prefix: str, tmp_path: Path) -> None:
    key = api_keys.Key("1e3", prefix, "1e" + "0" * 62, ("50", "null", "*"), TODAY)
    key_changes.write(tmp_path / "keys.yaml", [key])
    assert key_file.read(tmp_path / "keys.yaml").by_prefix == {prefix: key}


def test_the_first_key_may_be_added_to_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "keys.yaml").touch()
    _, key = api_keys.new("alice", ("*",), None)
    key_changes.add(tmp_path / "keys.yaml", key)
    assert key_file.read(tmp_path / "keys.yaml").by_prefix == {key.prefix: key}
