"""A file of labels, as people have it."""

import json
import os
import pickle
from pathlib import Path
from typing import Any

import pytest

from passerelle.artifact import label_file
from passerelle.artifact.label_file import LabelsError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the labels are."""
    return tmp_path / "names.txt"


def problems(file: Path, content: str | bytes) -> list[str]:
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(LabelsError) as raised:
        label_file.read(file)
    return [each.replace(str(file), "F") for each in raised.value.problems]


def read(file: Path, content: str | bytes) -> list[str]:
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return label_file.read(file)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", ["", "{}", "{} \t{}"])
def test_a_name_is_a_line_however_an_editor_saved_it(
    encoding: str, end: str, last: str, file: Path
) -> None:
    text = f"pâté{end} tabby cat \t{end}crane{end}crane" + last.format(end, end)
    assert read(file, text.encode(encoding)) == ["pâté", "tabby cat", "crane", "crane"]


@pytest.mark.parametrize(
    "names",
    [
        ["0", "1", "2"],
        ["[UNK]", "cat"],
        ["<unk>", "cat"],
        ["tench, Tinca tinca", "goldfish"],
        ["7 up", "7 eleven"],
        ["no", "null", "1e3", "# hash", "- dash"],
        ["n01440764", "n01443537"],
        ["👨‍👩‍👧", "猫"],
        ["only"],
        ["0 zero"],
    ],
)
def test_names_that_only_look_like_something_else_are_names(names: list[str], file: Path) -> None:
    assert read(file, "\n".join(names) + "\n") == names


def test_everything_that_is_wrong_is_told_by_its_line(file: Path) -> None:
    found = problems(file, "\ncat\n \t\ndog\x0cwolf\na\u2028b\n\x1b[31mred\nc\x85d\n" + "x" * 2000)
    assert found == [
        "F, line 1: is blank, which would shift the names below; remove the line, or name it",
        "F, line 3: is blank, which would shift the names below; remove the line, or name it",
        "F, line 4: 'dog\\x0cwolf' holds U+000C, which is no part of a name; remove it",
        "F, line 5: 'a\\u2028b' holds U+2028, which is no part of a name; remove it",
        "F, line 6: '\\x1b[31mred' holds U+001B, which is no part of a name; remove it",
        "F, line 7: 'c\\x85d' holds U+0085, which is no part of a name; remove it",
        f"F, line 8: '{'x' * 40}' has 2,000 characters; a name has at most 1,000",
    ]


def test_blank_lines_are_told_beside_those_in_another_encoding(file: Path) -> None:
    first, second = problems(file, b"caf\xe9\n\ncat\n\n")
    assert first.startswith("F, line 1: byte 0xe9")
    assert second.startswith("F, line 2: is blank")


def test_of_many_lines_the_first_ones_are_told_and_how_many_follow(file: Path) -> None:
    found = problems(file, "a\n" + "\n" * 50 + "b\n")
    assert len(found) == label_file.MAX_LINES + 1
    assert found[-1] == "F: and 30 lines more"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "F holds no names; write one a line"),
        (b"\n \n\xef\xbb\xbf", "F holds no names; write one a line"),
        ("café\nb".encode("latin-1"), "F, line 1: byte 0xe9 behind 'caf' is not UTF-8"),
        ("cat\ndog".encode("utf-16-le"), "UTF-16 without a byte order mark"),
        ("猫\n犬".encode("shift-jis"), "F, line 1: byte 0x94 is not UTF-8"),
        (b"cat\r\r\ndog\r\r\n", "F, line 1: 'cat\\r' holds U+000D"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "is a pointer of Git LFS; fetch it"),
        (b"\n<!DOCTYPE html><html>", "is a web page; download the file itself"),
        (b"PK\x03\x04\x00", "is an archive or a checkpoint; name a text file"),
        (pickle.dumps([1], 2), "is a pickle; name a text file"),
        (bytes(range(256)), "a NUL byte"),
    ],
)
def test_what_is_no_text_of_names_is_told(content: bytes, told: str, file: Path) -> None:
    assert told in problems(file, content)[0]


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("0,cat\n1,dog", 1, "begins with its class's number"),
        ("0 cat\n1 dog", 1, "begins with its class's number"),
        ("1: cat\n2: dog", 1, "begins with its class's number"),
        ("0\tcat\n1\tdog", 1, "begins with its class's number"),
        ("index;name\n0;cat\n1;dog", 2, "begins with its class's number"),
        ("names:\n  0: cat\n  1: dog", 2, "begins with its class's number"),
        ("cat 0\ndog 1", 1, "ends with its class's number"),
        ("cat,0\ndog,1", 1, "ends with its class's number"),
        ("n01440764 tench, Tinca tinca\nn01443537 goldfish", 1, "begins with a WordNet id"),
        ("- cat\n- dog", 1, "begins with a dash or star, as in a list"),
        ('"cat",\n"dog"', 1, "is in quotes"),
        ("cat,\ndog,", 1, "ends with a comma"),
    ],
)
def test_what_every_line_has_beside_its_name_is_told(
    text: str, line: int, what: str, file: Path
) -> None:
    (found,) = problems(file, text)
    assert found.startswith(f"F, line {line}: ")
    assert f"as every line, {what}; write the names alone, or a JSON list" in found


@pytest.mark.parametrize(
    "data",
    [
        ["cat", "dog", "0 - zero"],
        {"0": "cat", "1": "dog", "2": "0 - zero"},
        {"dog": 1, "0 - zero": 2, "cat": 0},
        {"model_type": "vit", "id2label": {"1": "dog", "0": "cat", "2": "0 - zero"}},
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_json_that_is_certain_is_read(data: Any, indent: int | None, file: Path) -> None:
    text = "\ufeff\n" + json.dumps(data, indent=indent) + "\n"
    assert read(file, text) == ["cat", "dog", "0 - zero"]


def test_digits_may_be_the_names(file: Path) -> None:
    assert read(file, '{"1": 0, "0": 1}') == ["1", "0"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[\"cat\",\n'dog']", "F, line 2: begins like JSON and isn't"),
        ('{"1": "cat", "2": "dog"}', "neither a list of names nor names numbered from 0 on"),
        ('{"cat": 0, "dog": 0}', "neither a list of names nor names numbered from 0 on"),
        ("[]", "neither a list of names"),
        ("{}", "neither a list of names"),
        ('{"id2label": 3}', "neither a list of names"),
        ('["cat", 1]', "F [1]: 1 is not text; write a name in quotes"),
        ('{"0": ["n01440764", "tench"]}', 'F [0]: ["n01440764", "tench"] is not text'),
        ('[{"id": 0, "name": "cat"}]', "F [0]: "),
        ('["cat", " "]', 'F [1]: " " is blank'),
        ('["\\ud800"]', "holds U+D800"),
        ('["a\\nb"]', "holds U+000A"),
        ("[" * 100_000 + "]", "is no list of names"),
    ],
)
def test_json_that_is_not_is_told(text: str, told: str, file: Path) -> None:
    assert told in problems(file, text)[0]


def test_a_file_that_cannot_be_read_or_is_too_large_is_told(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(LabelsError, match="is not there"):
        label_file.read(file)
    with pytest.raises(LabelsError, match="is a folder; put a file there"):
        label_file.read(file.parent)
    monkeypatch.setattr(label_file, "MAX_BYTES", 3)
    assert problems(file, "cats") == ["F has 4 bytes, too many for names; name a text file"]
    os.truncate(file, 0)
