"""services/frontend/table.py: answers as a CSV file."""

import csv
import io

import pytest

from services.frontend import table
from services.frontend.table import Entry, Table

BOXES = Entry("été, 1.png", "a", "detection", Table(["label", "score"], [("dog", 0.5), ("cat", 1)]))
NOTHING = Entry("b.png", "a", "detection", Table(["label", "score"], []))
VECTOR = Entry("b.png", "b", "embedding", Table(["v0", "v1"], [(-0.5, 1e-7)]))


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def test_there_is_a_row_for_each_thing_that_was_found() -> None:
    first, second = rows(table.to_csv([BOXES]))
    assert first == {
        "file": "été, 1.png", "model": "a", "task": "detection", "label": "dog", "score": "0.5",
    }  # fmt: skip
    assert second["label"] == "cat"


def test_a_picture_on_which_nothing_was_found_has_its_row() -> None:
    (row,) = rows(table.to_csv([NOTHING]))
    assert (row["file"], row["label"]) == ("b.png", "")


def test_columns_are_those_of_all_answers() -> None:
    first, _, vector = rows(table.to_csv([BOXES, VECTOR]))
    assert list(first) == ["file", "model", "task", "label", "score", "v0", "v1"]
    assert (vector["v0"], vector["v1"], vector["label"]) == ("-0.5", "1e-07", "")


def test_a_spreadsheet_reads_it_as_utf_8_in_lines_of_rfc_4180() -> None:
    text = table.to_csv([BOXES])
    assert text.encode().startswith(b"\xef\xbb\xbffile,model")
    assert text.count("\r\n") == text.count("\n") == 3


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_text_is_run_as_a_formula(text: str) -> None:
    entry = Entry(text, "a", "detection", Table(["label"], [(text,)]))
    (row,) = rows(table.to_csv([entry]))
    assert row["file"] == row["label"] == f"'{text}"


def test_a_negative_number_stays_one() -> None:
    assert table.safe(-1.5) == -1.5
