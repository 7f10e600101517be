"""Changes of the file of the API keys."""

import dataclasses
import datetime
import os
import threading
from pathlib import Path

import pytest

from gateway.keys import api_keys, key_file
from gateway.keys.api_keys import Key, KeysError
from passerelle.local import key_changes

TODAY = datetime.datetime(2030, 5, 1, tzinfo=datetime.UTC)
WRITTEN = """\
# Who may ask.
keys:
# Alice left in May.
- name: alice   # of the other team
  prefix: 12e45678
  sha256: {digest}
  models: ['*', 50, no]
  expires: 2027-01-01
# Bob is new.
- {{name: "bob", prefix: 00000012, sha256: {digest}, models: [~]}}
# The end.
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.yaml"


@pytest.fixture
def written(path: Path) -> Path:
    """A file as a person wrote it."""
    path.write_text(WRITTEN.format(digest="1" * 64))
    return path


def read(path: Path) -> list[Key]:
    return list(key_file.read(path).by_prefix.values())


def made(name: str) -> Key:
    return api_keys.new(name, ("*",))[1]


def test_the_file_holds_no_key_and_only_its_owner_reads_it(path: Path) -> None:
    text, key = api_keys.new("alice", ("a",), TODAY)
    key_changes.add(path, key)
    key_changes.add(path, made("bob"))
    assert key_file.read(path).find(text, TODAY - datetime.timedelta(days=1)) == key
    assert text.rpartition("_")[2] not in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("prefix", ["12345678", "12e45678", "0e000000", "00000000"])
def test_what_is_written_is_read_again(prefix: str, path: Path) -> None:
    key = Key("1e3", prefix, "1e" + "0" * 62, ("50", "null", "*"), TODAY)
    key_changes.write(path, [key])
    assert read(path) == [key]
    key_changes.add(path, made("true"))
    assert read(path)[0] == key


@pytest.mark.parametrize("text", ["", "\n", "keys: []\n"])
def test_the_first_key_may_be_added_to_an_empty_file(text: str, path: Path) -> None:
    path.write_text(text)
    key = made("alice")
    key_changes.add(path, key)
    assert read(path) == [key]
    assert path.read_text().startswith("keys:\n- name: alice\n")


def test_what_people_wrote_stays_when_a_key_is_added(written: Path) -> None:
    before, added = read(written), made("carol")
    key_changes.add(written, added)
    assert read(written) == [*before, added]
    text = written.read_text()
    for comment in (
        "# Who may ask.",
        "# Alice left in May.",
        "# of the other",
        "# Bob",
        "# The end",
    ):
        assert text.count(comment) == 1
    assert '{name: "bob", ' in text


def test_a_change_of_one_record_stands_with_its_own(written: Path) -> None:
    with key_changes.changing(written) as keys:
        keys[0] = dataclasses.replace(keys[0], revoked=TODAY)
    found = read(written)
    assert (found[0].revoked, found[0].expires, found[1].revoked) == (
        TODAY, datetime.datetime(2027, 1, 1, tzinfo=datetime.UTC), None,
    )  # fmt: skip
    lines = written.read_text().splitlines()
    assert [line for line in lines if "revoked" in line] == ["  revoked: '2030-05-01'"]
    assert lines.index("  revoked: '2030-05-01'") < lines.index("# Bob is new.")


def test_a_field_and_a_record_may_go(written: Path) -> None:
    with key_changes.changing(written) as keys:
        keys[:] = [dataclasses.replace(keys[0], expires=None)]
    (key,) = read(written)
    assert (key.name, key.expires) == ("alice", None)
    assert "bob" not in written.read_text()


def test_what_changes_nothing_writes_nothing(written: Path) -> None:
    before = written.stat()
    with key_changes.changing(written) as keys:
        assert len(keys) == 2
    assert written.stat().st_mtime_ns == before.st_mtime_ns
    assert written.stat().st_ino == before.st_ino


def test_a_fraction_of_a_second_costs_no_comment(
    written: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = written.read_text()
    written.write_text(text.replace("2027-01-01", "2027-01-01T10:00:00.25Z"))
    key_changes.add(written, made("carol"))
    assert "# Who may ask." in written.read_text()
    assert "2027-01-01T10:00:00.25Z" in written.read_text()
    assert capsys.readouterr().err == ""


def test_records_that_share_their_text_are_written_out_and_a_warning_says_so(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = f"name: a, prefix: '00000001', sha256: {'1' * 64}, models: [m]"
    path.write_text(f"keys: [&a {{{record}}}, {{<<: *a, prefix: '00000002'}}]")
    with key_changes.changing(path) as keys:
        keys[0] = dataclasses.replace(keys[0], revoked=TODAY)
    assert [each.revoked for each in read(path)] == [TODAY, None]
    assert "comments in the key file could not be kept" in capsys.readouterr().err


def test_a_file_of_any_encoding_may_be_changed(path: Path) -> None:
    text = WRITTEN.format(digest="1" * 64).replace("bob", "bj\u00f6rn").replace("\n", "\r\n")
    path.write_bytes(text.encode("utf-16"))
    key_changes.add(path, made("carol"))
    assert [each.name for each in read(path)] == ["alice", "bj\u00f6rn", "carol"]


@pytest.mark.parametrize("text", ["keys: 3", "[", "# nothing", "keys: [{name: a}]"])
def test_a_broken_file_is_left_as_it_is(text: str, path: Path) -> None:
    path.write_text(text)
    with pytest.raises(KeysError):
        key_changes.add(path, made("alice"))
    assert path.read_text() == text


def test_a_change_that_fails_leaves_no_file_where_there_was_none(path: Path) -> None:
    def fail() -> None:
        with key_changes.changing(path, may_make=True):
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011  # the test's own
        fail()
    assert not path.exists()


def test_a_file_and_its_folder_are_made_only_if_they_may_be(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "keys.yaml"
    with pytest.raises(KeysError, match="is not there"), key_changes.changing(path):
        pass
    assert not list(tmp_path.iterdir())
    with key_changes.changing(path, may_make=True) as keys:
        keys.append(made("alice"))
    assert len(read(path)) == 1


def test_two_records_of_one_prefix_are_both_left(path: Path) -> None:
    record = f"  - {{name: a, prefix: '00000001', sha256: {'1' * 64}, models: [m]}}\n"
    path.write_text(f"keys:\n{record}{record}")
    with pytest.raises(KeysError, match="is that of"):
        key_changes.add(path, made("carol"))
    assert path.read_text() == f"keys:\n{record}{record}"


def test_a_file_keeps_its_rights_and_a_link_its_place(tmp_path: Path, path: Path) -> None:
    target = tmp_path / "elsewhere" / "keys"
    target.parent.mkdir()
    key_changes.write(target, [])
    target.chmod(0o640)
    path.symlink_to(target)
    before = os.umask(0o077)
    try:
        key_changes.add(path, made("alice"))
    finally:
        os.umask(before)
    assert path.is_symlink()
    assert target.stat().st_mode & 0o777 == 0o640
    assert len(read(target)) == 1


def test_writers_at_the_same_time_lose_no_key(path: Path) -> None:
    added = [made(f"key {number}") for number in range(24)]
    began = threading.Barrier(8)

    def add(own: list[Key]) -> None:
        began.wait()
        for key in own:
            key_changes.add(path, key)

    threads = [threading.Thread(target=add, args=(added[n::8],)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {each.prefix for each in read(path)} == {each.prefix for each in added}
    assert [each.name for each in path.parent.iterdir()] == ["keys.yaml"]
