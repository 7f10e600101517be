"""API keys: shown once, kept as a hash, scoped, and expiring."""

import datetime
from pathlib import Path

import pytest
import yaml

from gateway import api_keys
from passerelle.local import local_state

TODAY = datetime.date(2030, 5, 1)


def kept(*found: api_keys.Key) -> api_keys.Keys:
    return api_keys.Keys({key.prefix: key for key in found})


def test_a_key_is_found_by_its_text_alone() -> None:
    text, key = api_keys.new("alice", ("*",), None)
    assert kept(key).find(text, TODAY) is key
    assert kept(key).find(text[:-1] + ("A" if text[-1] != "A" else "B"), TODAY) is None
    assert kept(key).find("", TODAY) is None
    assert kept().find(text, TODAY) is None


def test_two_keys_of_one_name_live_side_by_side() -> None:
    (old_text, old), (new_text, new) = (api_keys.new("alice", ("*",), None) for _ in range(2))
    assert kept(old, new).find(old_text, TODAY) is old
    assert kept(old, new).find(new_text, TODAY) is new


def test_a_key_works_until_the_day_it_expires() -> None:
    text, key = api_keys.new("alice", ("*",), TODAY)
    assert kept(key).find(text, TODAY - datetime.timedelta(days=1)) is key
    assert kept(key).find(text, TODAY) is None


def test_a_key_allows_its_models_only() -> None:
    _, key = api_keys.new("alice", ("a", "b"), None)
    assert [key.caller.allows("predict", model) for model in ("a", "b", "c")] == [True, True, False]


def test_the_file_holds_no_key_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    text, key = api_keys.new("alice", ("a",), TODAY)
    path = tmp_path / "keys.yaml"
    api_keys.add(path, key)
    api_keys.add(path, api_keys.new("bob", ("*",), None)[1])
    assert api_keys.read(path).find(text, TODAY - datetime.timedelta(days=1)) == key
    assert text.rpartition("_")[2] not in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    assert key.sha256 not in repr(key)


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
        api_keys.read(path)


@pytest.mark.parametrize("word", ["no", "007", "1e3", "null", "2027-01-01", "12:30", "0x10", "~"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_every_word_of_a_key_file_is_text(word: str, encoding: str, tmp_path: Path) -> None:
    text = (
        f"keys:\r\n- name: {word}\r\n  prefix: 12e45678\r\n  sha256: {'1' * 64}\r\n"
        f"  models: [{word}, 50]\r\n  expires: 2027-01-01\r\n"
    )
    (tmp_path / "keys.yaml").write_bytes(text.encode(encoding))
    (key,) = api_keys.read(tmp_path / "keys.yaml").by_prefix.values()
    assert (key.name, key.models, key.prefix) == (word, (word, "50"), "12e45678")
    assert key.expires == datetime.date(2027, 1, 1)


@pytest.mark.parametrize("never", ["", "null", "~", "''"])
def test_a_key_may_never_expire(never: str, tmp_path: Path) -> None:
    record = f"{{name: a, prefix: 00000000, sha256: {'0' * 64}, models: [], expires: {never}}}"
    (tmp_path / "keys.yaml").write_text(f"keys: [{record}]")
    (key,) = api_keys.read(tmp_path / "keys.yaml").by_prefix.values()
    assert key.expires is None


@pytest.mark.parametrize("prefix", ["12345678", "12e45678", "0e000000", "00000000"])
def test_what_is_written_is_read_again(prefix: str, tmp_path: Path) -> None:
    key = api_keys.Key("1e3", prefix, "1e" + "0" * 62, ("50", "null", "*"), TODAY)
    api_keys.write(tmp_path / "keys.yaml", [key])
    assert api_keys.read(tmp_path / "keys.yaml").by_prefix == {prefix: key}


def test_the_demo_key_is_kept_from_run_to_run_and_replaced_when_lost(tmp_path: Path) -> None:
    first = local_state.ensure_demo_key(tmp_path)
    assert local_state.ensure_demo_key(tmp_path) == first
    local_state.keys_file(tmp_path).unlink()
    second = local_state.ensure_demo_key(tmp_path)
    assert second != first
    names = [
        key["name"] for key in yaml.safe_load(local_state.keys_file(tmp_path).read_text())["keys"]
    ]
    assert names == ["demo"]


def test_the_first_key_may_be_added_to_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "keys.yaml").touch()
    _, key = api_keys.new("alice", ("*",), None)
    api_keys.add(tmp_path / "keys.yaml", key)
    assert api_keys.read(tmp_path / "keys.yaml").by_prefix == {key.prefix: key}


def test_a_folder_in_place_of_a_key_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(api_keys.KeysError, match="is a folder; put a file there"):
        api_keys.read(tmp_path)
