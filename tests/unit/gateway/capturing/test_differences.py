"""The pictures to which another model's answer differs most."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from gateway.capturing import differences, json_file
from gateway.capturing.differences import MAX_AGE, MOST, RENEWAL, Difference, Differences
from tests.unit.gateway.capturing.made import NOW, STEM, document

ONE = Difference(0.5, NOW, "cat", "dog")


def with_agreement(agreement: float) -> Difference:
    return dataclasses.replace(ONE, agreement=agreement)


def test_the_lowest_agreements_stay(tmp_path: Path) -> None:
    found = Differences(tmp_path)
    for number in range(2 * MOST):
        found.add("n", with_agreement(0.99 - number / 100), NOW)
    known = differences.read(tmp_path, NOW)["n"]
    assert [each.agreement for each in known] == sorted(
        0.99 - number / 100 for number in range(MOST, 2 * MOST)
    )
    assert not found.is_one("n", 0.99 - MOST / 100, NOW)
    assert found.is_one("n", 0.5, NOW)
    assert found.is_one("another", 0.99, NOW)


def test_of_those_that_differ_as_much_the_newest_stay(tmp_path: Path) -> None:
    found, now, times = Differences(tmp_path), NOW, []
    for _ in range(25):
        assert found.is_one("n", 0.0, now)
        assert found.has_room("n", with_agreement(0.0), now)
        found.add("n", dataclasses.replace(ONE, agreement=0.0, at=now), now)
        times.append(now)
        assert found.is_one("n", 0.0, now) == (len(times) < MOST)
        now += RENEWAL
    assert [each.at for each in differences.read(tmp_path, now)["n"]] == times[: -MOST - 1 : -1]
    now += MAX_AGE
    assert differences.read(tmp_path, now) == {}
    assert found.is_one("n", 0.9, now)
    assert found.has_room("n", with_agreement(0.9), now)
    found.add("n", dataclasses.replace(ONE, agreement=0.9, at=now), now)
    assert [each.at for each in differences.read(tmp_path, now)["n"]] == [now]


def test_one_that_differs_no_more_than_the_others_has_room_once_in_a_while(tmp_path: Path) -> None:
    found = Differences(tmp_path)
    for _ in range(MOST):
        found.add("n", ONE, NOW)
    assert not found.has_room("n", ONE, NOW + RENEWAL - 1)
    assert not found.has_room("n", with_agreement(0.6), NOW + RENEWAL)
    assert found.has_room("n", ONE, NOW + RENEWAL)
    assert found.has_room("n", with_agreement(0.4), NOW)


def test_a_limit_is_looked_up_again_as_pictures_go(tmp_path: Path) -> None:
    found = Differences(tmp_path)
    (tmp_path / "pictures").mkdir()
    picture = tmp_path / "pictures" / f"{STEM}.jpg"
    picture.touch()
    for _ in range(MOST):
        found.add("n", dataclasses.replace(ONE, picture=picture.name), NOW)
    picture.unlink()
    assert not found.is_one("n", 0.9, NOW + RENEWAL - 1)
    assert found.is_one("n", 0.9, NOW + RENEWAL)
    assert found.has_room("n", with_agreement(0.9), NOW + RENEWAL)
    assert found.is_one("n", 0.9, NOW + RENEWAL + 1)


def test_a_picture_that_is_sent_again_is_listed_once(tmp_path: Path) -> None:
    found, one = Differences(tmp_path), dataclasses.replace(ONE, payload="abc")
    found.add("n", one, NOW)
    assert not found.has_room("n", one, NOW)
    assert found.has_room("n", dataclasses.replace(one, payload="abd"), NOW)
    other = dataclasses.replace(one, agreement=0.1)  # by another model of that name
    assert found.has_room("n", other, NOW)
    found.add("n", other, NOW)
    assert differences.read(tmp_path, NOW) == {"n": [other]}


def test_answers_that_agree_are_no_difference(tmp_path: Path) -> None:
    assert not Differences(tmp_path).is_one("n", 1.0, NOW)


def test_another_workers_stay(tmp_path: Path) -> None:
    Differences(tmp_path).add("n", with_agreement(0.1), NOW)
    Differences(tmp_path).add("n", with_agreement(0.2), NOW)
    Differences(tmp_path).add("o", with_agreement(0.3), NOW)
    assert {name: len(each) for name, each in differences.read(tmp_path, NOW).items()} == {
        "n": 2, "o": 1,
    }  # fmt: skip


def test_those_of_removed_pictures_and_of_long_ago_go(tmp_path: Path) -> None:
    found = Differences(tmp_path)
    (tmp_path / "pictures").mkdir()
    picture = tmp_path / "pictures" / f"{STEM}.jpg"
    picture.touch()
    found.add("n", dataclasses.replace(ONE, picture=picture.name), NOW)
    assert len(differences.read(tmp_path, NOW)["n"]) == 1
    assert differences.read(tmp_path, NOW + MAX_AGE) == {}
    picture.unlink()
    assert differences.read(tmp_path, NOW) == {}


ROW = dataclasses.asdict(ONE)
ODD: list[Any] = [[], 3.5e300, {}, True]


@pytest.mark.parametrize("rows", [
    3, [3], [{"agreement": 1}], [{"x": 1}], {},
    *([ROW | {name: value}] for name in ROW for value in ODD),
    [ROW | {"agreement": "x", "at": None}], [ROW | {"at": 10**400}], [ROW | {"answer": None}],
    [ROW | {"picture": "../x.jpg"}], [ROW | {"picture": "a\0"}],
])  # fmt: skip
def test_what_is_no_difference_is_left_out(rows: Any, tmp_path: Path) -> None:
    json_file.write(tmp_path / differences.FILE, {"n": rows})
    assert differences.read(tmp_path, NOW) == {}


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (document("tabby"), "tabby 0.90"),
        (document("a\n b" + "c" * 200), "a b" + "c" * 116 + "…"),
        ({"task": "detection", "predictions": []}, "no boxes"),
        ({"task": "embedding"}, ""),
        ({"task": ["x"]}, ""),
        (None, ""),
    ],
)
def test_an_answer_is_told_in_short(answer: Any, text: str) -> None:
    assert differences.summary(answer) == text
