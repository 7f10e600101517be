"""The file of the API keys, as the gateway reads it."""

import datetime
from pathlib import Path

import pytest

from gateway import api_keys, key_file


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ("keys: 3", "needs a list named keys"),
        ("[", "can't be read"),
        ("keys: [{name: a, name: b}]", "written twice, first on line 1; remove one"),
        ("keys:\n- models: [*]", "line 2: this is not YAML: a text can't begin with [*] or &"),
        ("keys: \xe9", "line 1: byte 0xe9 behind 'keys: ' is not UTF-8"),
        ("[" * 1000, "can't be read"),
        ("keys: [{name: a}]", "needs name, prefix, sha256 and models"),
        ("keys: [{name: a, prefix: '12', sha256: x, models: []}]", r"keys\[0\].prefix"),
        (f"keys: [{{name: a, prefix: '{'0' * 8}', sha256: {'a' * 64}, models: a}}]", "model ids"),
        (
            f"keys: [{{name: a, prefix: '{'0' * 8}', sha256: {'a' * 64}, models: [], expires: 3}}]",
            "line 1: keys.*expires needs a date",
        ),
        (
            f"keys: [{{name: a, prefix: '{'0' * 8}', sha256: {'a' * 64}, models: [], "
            "expires: 2027-02-30}]",
            "needs a date",
        ),
    ],
)
def test_a_broken_key_file_is_told(records: str, expected: str, tmp_path: Path) -> None:
    path = tmp_path / "keys.yaml"
    path.write_text(records, encoding="latin-1")
    with pytest.raises(api_keys.KeysError, match=expected):
        key_file.read(path)


@pytest.mark.parametrize("word", ["no", "007", "1e3", "null", "2027-01-01", "12:30", "0x10", "~"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_every_word_of_a_key_file_is_text(word: str, encoding: str, tmp_path: Path) -> None:
    text = (
        f"keys:\r\n- name: {word}\r\n  prefix: 12e45678\r\n  sha256: {'1' * 64}\r\n"
        f"  models: [{word}, 50]\r\n  expires: 2027-01-01\r\n"
    )
    (tmp_path / "keys.yaml").write_bytes(text.encode(encoding))
    (key,) = key_file.read(tmp_path / "keys.yaml").by_prefix.values()
    assert (key.name, key.models, key.prefix) == (word, (word, "50"), "12e45678")
    assert key.expires == datetime.date(2027, 1, 1)


@pytest.mark.parametrize("never", ["", "null", "~", "''"])
def test_a_key_may_never_expire(never: str, tmp_path: Path) -> None:
    record = f"{{name: a, prefix: 00000000, sha256: {'0' * 64}, models: [], expires: {never}}}"
    (tmp_path / "keys.yaml").write_text(f"keys: [{record}]")
    (key,) = key_file.read(tmp_path / "keys.yaml").by_prefix.values()
    assert key.expires is None


def test_a_folder_in_place_of_a_key_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(api_keys.KeysError, match="is a folder; put a file there"):
        key_file.read(tmp_path)
