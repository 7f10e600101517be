"""The pictures to which another model's answer differs most."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from gateway.capturing import differences, json_file
from gateway.capturing.differences import MAX_AGE, MOST, Difference, Differences
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
    assert not found.is_one("n", 0.99 - MOST / 100)
    assert found.is_one("n", 0.5)
    assert found.is_one("another", 0.99)


def test_answers_that_agree_are_no_difference(tmp_path: Path) -> None:
    assert not Differences(tmp_path).is_one("n", 1.0)


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


@pytest.mark.parametrize("rows", [3, [3], [{"agreement": 1}], [{"x": 1}], {}])
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
