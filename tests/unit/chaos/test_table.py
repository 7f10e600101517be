"""The table's lines."""

from tests.chaos import table
from tests.chaos.rows import Row


def test_a_row_is_a_line_of_markdown() -> None:
    row = Row("it breaks", 10, 7, {"503": 2, "cut off": 1}, until_well=1.26)
    assert table.text(row) == "| it breaks | 10 | 7 | 2 x 503, 1 x cut off | 0 | 0 | 0 | 1.3 |"
    assert table.heading().count("\n") == 1
    assert {line.count("|") for line in table.heading().splitlines()} == {9}


def test_what_is_wrong_stands_below_it() -> None:
    found = table.text(Row("it breaks", complaints=tuple("abcdefg"))).splitlines()
    assert found[0].endswith("| never |")
    assert found[1:] == [f"  ! {each}" for each in "abcde"]


def test_what_was_skipped_says_why() -> None:
    found = table.text(Row("it breaks", skipped="there is no Redis"))
    assert found.startswith("| it breaks | skipped: there is no Redis |")
    assert found.count("|") == 9
