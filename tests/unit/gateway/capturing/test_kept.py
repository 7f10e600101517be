"""What is kept of a model, within a size."""

import os
import stat
from pathlib import Path

import pytest

from gateway.capturing import json_file, kept
from gateway.capturing.kept import BLOCK, Kept
from tests.unit.gateway.capturing import made
from tests.unit.gateway.capturing.made import NOW, PNG

ONE = 2 * BLOCK  # that a small picture and its answer take


def stem(number: int) -> str:
    return f"20231114T2213{number:08}-0123456789ab"


def add(found: Kept, number: int, size: int = made.SIZE, length: int = 10) -> str | None:
    with found.locked():
        return found.add(stem(number), made.sent(length), size, NOW)


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))  # noqa: PTH208  # hidden ones too


def numbers(folder: Path) -> list[int]:
    return [int(each[13:21]) for each in names(folder)]


def test_a_picture_and_its_answer_have_one_name_and_are_their_owners_alone(tmp_path: Path) -> None:
    found = Kept(tmp_path / "kept" / "m")
    assert add(found, 1) == f"{stem(1)}.jpg"
    assert names(found.folder / "pictures") == [f"{stem(1)}.jpg"]
    assert (found.folder / "answers" / f"{stem(1)}.json").read_bytes() == b"{}"
    assert found.has(f"{stem(1)}.jpg")
    assert not found.has("../.sums.json")
    for path in [tmp_path / "kept", *(tmp_path / "kept").rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


def test_the_oldest_go_first_and_their_answers_with_them(tmp_path: Path) -> None:
    found = Kept(tmp_path / "m")
    for number in range(10):
        add(found, number, 3 * ONE)
    for folder in ("pictures", "answers"):
        assert numbers(tmp_path / "m" / folder) == [7, 8, 9]
    assert kept.sums(tmp_path / "m")[:2] == (3, 3 * ONE)


def test_two_workers_keep_no_more_together(tmp_path: Path) -> None:
    one, two = Kept(tmp_path / "m"), Kept(tmp_path / "m")
    for number in range(0, 20, 2):
        add(one, number, 4 * ONE)
        add(two, number + 1, 4 * ONE)
    assert numbers(tmp_path / "m/pictures") == [16, 17, 18, 19]
    assert kept.sums(tmp_path / "m")[:2] == (4, 4 * ONE)


def test_a_size_that_becomes_smaller_holds_with_the_next_picture(tmp_path: Path) -> None:
    found = Kept(tmp_path / "m")
    for number in range(10):
        add(found, number)
    add(found, 10, 2 * ONE)
    assert numbers(tmp_path / "m/pictures") == [9, 10]


def test_what_is_larger_than_all_or_no_picture_is_not_kept(tmp_path: Path) -> None:
    found = Kept(tmp_path / "m")
    add(found, 1, ONE)
    assert add(found, 2, ONE, length=2 * BLOCK) is None
    with found.locked():
        assert found.add(stem(3), made.sent(content=b"<svg>"), made.SIZE, NOW) is None
        assert found.add(stem(4), made.sent(content=PNG, answer=b""), made.SIZE, NOW)
    assert numbers(tmp_path / "m/pictures") == [1, 4]
    assert numbers(tmp_path / "m/answers") == [1]


def test_files_that_others_removed_or_left_are_seen_when_all_are_counted(tmp_path: Path) -> None:
    found = Kept(tmp_path / "m")
    for number in range(3):
        add(found, number)
    (tmp_path / "m/pictures" / f"{stem(1)}.jpg").unlink()
    half = tmp_path / "m/pictures" / f".{stem(7)}.jpg.1{json_file.MARK}"
    half.write_bytes(b"half")
    later = NOW + kept.COUNT_INTERVAL
    with Kept(tmp_path / "m").locked():
        Kept(tmp_path / "m").add(stem(3), made.sent(), made.SIZE, later)
    assert numbers(tmp_path / "m/answers") == [0, 2, 3]
    assert not half.exists()
    assert kept.sums(tmp_path / "m") == (3, 3 * ONE, later)


def test_a_removed_file_frees_nothing_twice(tmp_path: Path) -> None:
    found = Kept(tmp_path / "m")
    for number in range(3):
        add(found, number, 3 * ONE)
    add(found, 3, 3 * ONE)  # which learns the names
    (tmp_path / "m/pictures" / f"{stem(1)}.jpg").unlink()
    for number in range(4, 8):
        add(found, number, 3 * ONE)
    assert numbers(tmp_path / "m/pictures")[-2:] == [6, 7]
    assert len(numbers(tmp_path / "m/pictures")) <= 3


def test_what_cannot_be_kept_counts_for_nothing(tmp_path: Path) -> None:
    found = Kept(tmp_path / "m")
    add(found, 1)
    (tmp_path / "m/pictures" / f"{stem(2)}.jpg" / "inside").mkdir(parents=True)
    with pytest.raises(OSError, match="jpg"):
        add(found, 2)
    assert numbers(tmp_path / "m/answers") == [1]
    assert kept.sums(tmp_path / "m")[:2] == (1, ONE)


def test_a_folder_that_is_no_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "m").write_text("file")
    with pytest.raises(OSError, match="m"):
        add(Kept(tmp_path / "m"), 1)


@pytest.mark.parametrize("content", ["", "{}", '{"pictures": "x", "bytes": 1, "counted": 0}'])
def test_sums_that_say_nothing_are_none(content: str, tmp_path: Path) -> None:
    (tmp_path / kept.SUMS).write_text(content)
    assert kept.sums(tmp_path) == (0, 0, 0)
