"""The file of the API keys, as the gateway reads it."""

import datetime
from pathlib import Path

import pytest
import yaml

from gateway.keys import api_keys, key_file
from gateway.keys.api_keys import Key, KeysError
from passerelle.protocol import rates


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ("keys: 3", "needs a list named keys"),
        ("[", "can't be read"),
        ("keys: [{name: a, name: b}]", "written twice, first on line 1; remove one"),
        ("keys:\n- models: [*]", "line 2: this is not YAML: a text can't begin with [*] or &"),
        ("keys: \xe9", "line 1: byte 0xe9 behind 'keys: ' is not UTF-8"),
        ("[" * 1000, "can't be read"),
        ("keys: [{name: a}]", "needs name, prefix, sha256, models"),
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
    assert key.expires == datetime.datetime(2027, 1, 1, tzinfo=datetime.UTC)


@pytest.mark.parametrize("never", ["", "null", "~", "''"])
def test_a_key_may_never_expire(never: str, tmp_path: Path) -> None:
    record = f"{{name: a, prefix: 00000000, sha256: {'0' * 64}, models: [], expires: {never}}}"
    (tmp_path / "keys.yaml").write_text(f"keys: [{record}]")
    (key,) = key_file.read(tmp_path / "keys.yaml").by_prefix.values()
    assert key.expires is None


def test_a_folder_in_place_of_a_key_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(api_keys.KeysError, match="is a folder; put a file there"):
        key_file.read(tmp_path)


RECORD = f"name: a, prefix: '00000000', sha256: '{'0' * 64}', models: [m]"


def parse(more: str) -> Key:
    (key,) = key_file.parse(f"keys: [{{{RECORD}{more}}}]", Path("keys.yaml"))
    return key


def test_a_record_from_before_there_were_verbs_may_ask_and_read() -> None:
    assert parse("").verbs == ("predict", "read")
    assert parse(", expires: 2027-01-01").caller.allows("predict", "m")


def test_a_record_may_have_rights_and_limits_of_its_own() -> None:
    key = parse(
        ", verbs: [usage, read], rate: 5/second, quota: 100/day, "
        "expires: 2027-01-31T18:00:00+01:00, revoked: 2026-11-26T12:00:00Z"
    )
    assert key.verbs == ("read", "usage")
    assert (key.rate, key.quota) == (rates.parse("5/second"), rates.parse("100/day"))
    assert key.expires == datetime.datetime(2027, 1, 31, 17, tzinfo=datetime.UTC)
    assert key.revoked == datetime.datetime(2026, 11, 26, 12, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (", verbs: read", "verbs needs a list of predict, read, usage, metrics"),
        (", verbs: [write]", "verbs needs a list of predict"),
        (", verbs: [[read]]", "verbs needs a list of predict"),
        (", rate: 5", "rate needs a rate such as 100/minute"),
        (", quota: [5/day]", "quota needs a number an hour or a day"),
        (", expires: {a: b}", "expires needs a date such as 2027-01-31, or a time of UTC"),
        (", revoked: yes", "revoked needs a date"),
        (", expire: 2027-01-31", "has expire, but may have verbs, rate, quota, expires, revoked"),
    ],
)
def test_a_field_that_is_wrong_is_told(more: str, sentence: str) -> None:
    with pytest.raises(KeysError, match=sentence):
        parse(more)


def test_two_keys_of_one_prefix_are_told_with_their_places() -> None:
    other = f"{{{RECORD.replace('00000000', '00000001')}}}"
    text = f"keys:\n- {{{RECORD}}}\n- {other}\n- {{{RECORD}, verbs: [usage]}}\n"
    told = r"keys.yaml, line 4: keys\[2\].prefix is that of keys\[0\], too; remove one of the two"
    with pytest.raises(KeysError, match=told):
        key_file.parse(text, Path("keys.yaml"))


def test_what_is_written_of_a_key_is_read_again() -> None:
    for more in ("", ", verbs: [metrics], rate: 5/second, expires: 2027-01-31T18:00:00Z"):
        key = parse(more)
        text = yaml.safe_dump({"keys": [key_file.record(key)]})
        assert key_file.parse(text, Path("keys.yaml")) == [key]
