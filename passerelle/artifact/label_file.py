"""A file of labels: the name of each class, one a line, in the order of the classes.

How an editor saves it doesn't matter: a byte order mark, CRLF, spaces at the ends of lines and
blank lines at the end are no part of the names. JSON is read where it is certain: a list of names,
or names by number and numbers by name from 0 on, as trainers write them (`id2label`,
`class_to_idx`).

What would give a class a wrong name is refused: a blank line, which shifts those below, or a number
that stands before each name.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from passerelle.manifest import names, text_file
from passerelle.protocol import file_errors

MAX_BYTES = 64_000_000  # a million names of 64 characters
MAX_LINES = 20  # that are told one by one
PADDING = " \t\u00a0\ufeff"  # around a name
OTHER_FILES = (  # how files begin that hold no names, and what to do
    (b"version https://git-lfs.github.com/", "is a pointer of Git LFS; fetch it: git lfs pull"),
    (b"<!doctype", "is a web page; download the file itself"),
    (b"<html", "is a web page; download the file itself"),
    (b"<?xml", "is XML; write a name a line"),
    (b"PK\x03\x04", "is an archive or a checkpoint; name a text file"),
    (b"\x80\x02", "is a pickle; name a text file"),
    (b"%PDF", "is a PDF; save it as text"),
)
BLANK = "is blank, which would shift the names below; remove the line, or name it"
NUMBERED = re.compile(r"(?P<number>\d+)\s*[,;:\t ]\s*\S.*")
NUMBERED_BEHIND = re.compile(r".*\S\s*[,;:=\t ]\s*(?P<number>\d+)")
EVERY_LINE = (  # what is no part of a name where every line has it
    (NUMBERED, "begins with its class's number"),
    (NUMBERED_BEHIND, "ends with its class's number"),
    (re.compile(r"n\d{8}[,;:\t ]\s*\S.*"), "begins with a WordNet id"),
    (re.compile(r"[-*] \S.*"), "begins with a dash or star, as in a list"),
    (re.compile(r"([\"']).*\1,?"), "is in quotes"),
    (re.compile(r".*,"), "ends with a comma"),
)

Problem = tuple[int, str]  # a line, or 0 for the whole file, and what is wrong with it


class LabelsError(Exception):
    """Labels that can't be used. `problems` say what to mend, each in a sentence."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


def read(path: Path) -> list[str]:
    """The names that a file holds.

    Raises:
        LabelsError: with everything that is wrong.
    """
    text = _text(path)
    inner = text.strip()
    if (inner[:1], inner[-1:]) in (("[", "]"), ("{", "}")):
        return _from_json(path, text)
    lines = [line.strip(PADDING) for line in text.split("\n")]
    if problems := [*_columns(lines)] or [*_mistakes(lines)]:
        raise _error(path, problems)
    return lines


def _text(path: Path) -> str:
    """What a file holds, without blank lines at its end.

    Raises:
        LabelsError: it can't be read, or is no text.
    """
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size <= MAX_BYTES else b""
    except OSError as error:
        raise _error(path, [(0, file_errors.reason(path, error))]) from None
    for begin, message in OTHER_FILES:
        if content[:100].lstrip().lower().startswith(begin.lower()):
            raise _error(path, [(0, message)])
    if size > MAX_BYTES:
        raise _error(path, [(0, f"has {size:,} bytes, too many for names; name a text file")])
    try:
        text = text_file.decode(content).rstrip(PADDING + "\n")
    except text_file.TextError as error:
        raise _error(path, sorted([*error.lines, *_blank(content)])) from None
    if not text:
        raise _error(path, [(0, "holds no names; write one a line")])
    return text


def _blank(content: bytes) -> Iterator[Problem]:
    """Each blank line before the last name, in an encoding that has ASCII in it."""
    for number, line in enumerate(content.rstrip().splitlines(), start=1):
        if not line.strip():
            yield number, BLANK


def _error(path: Path, problems: list[Problem]) -> LabelsError:
    """The problems of a file, the first ones one by one."""
    told = [
        f"{path}, line {line}: {message}" if line else f"{path} {message}"
        for line, message in problems[:MAX_LINES]
    ]
    if len(problems) > MAX_LINES:
        told.append(f"{path}: and {len(problems) - MAX_LINES} lines more")
    return LabelsError(told)


def _mistakes(lines: list[str]) -> Iterator[Problem]:
    """Each line that is no name."""
    for number, line in enumerate(lines, start=1):
        if not line:
            yield number, BLANK
        elif wrong := names.mistake(line):
            yield number, f"{line[:40]!r} {wrong}"


def _columns(lines: list[str]) -> Iterator[Problem]:
    """The line where a file begins to hold more than names, if every line does.

    One line at the top may be another: a table's head.
    """
    for begin in (0, 1):
        rows = lines[begin:]
        for form, what in EVERY_LINE if len(rows) > 1 else ():
            if _all_have(form, rows):
                instead = "write the names alone, or a JSON list of names if it belongs to them"
                yield begin + 1, f"{rows[0][:40]!r}, as every line, {what}; {instead}"
                return


def _all_have(form: re.Pattern[str], rows: list[str]) -> bool:
    """Whether all rows are of a form, with the numbers in it one after the other from 0 or 1."""
    matches = [match for row in rows if (match := form.fullmatch(row))]
    if len(matches) < len(rows):
        return False
    if "number" not in form.groupindex:
        return True
    numbers = [int(match["number"][:9]) for match in matches]
    return numbers in ([*range(len(rows))], [*range(1, len(rows) + 1)])


def _from_json(path: Path, text: str) -> list[str]:
    """The names in JSON.

    Raises:
        LabelsError: it is none, or leaves a class without a name.
    """
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        message = f"begins like JSON and isn't: {error.msg}; write valid JSON, or a name a line"
        raise _error(path, [(error.lineno, message)]) from None
    except (RecursionError, ValueError):
        raise _error(path, [(0, "is no list of names; write a name a line")]) from None
    found = data if isinstance(data, list) else _in_order(data.get("id2label", data))
    if not found:
        message = "is JSON, but neither a list of names nor names numbered from 0 on, each once"
        raise _error(path, [(0, f"{message}; write a list")])
    wrong = [(number, _json_mistake(name)) for number, name in enumerate(found)]
    if problems := [(0, f"[{number}]: {what}") for number, what in wrong if what]:
        raise _error(path, problems)
    return found


def _json_mistake(name: Any) -> str:
    """What is wrong with a member of a JSON list; empty if nothing is."""
    shown = json.dumps(name, ensure_ascii=False, allow_nan=True)[:40]  # as it is written
    if not isinstance(name, str):
        return f"{shown} is not text; write a name in quotes"
    wrong = names.mistake(name)
    return f"{shown} {wrong}" if wrong else ""


def _in_order(data: Any) -> list[Any]:
    """The names of a mapping of numbers to names, or of names to numbers; none where it isn't."""
    if not isinstance(data, dict):
        return []
    numbers = range(len(data))
    by_number = {number: name for name, number in data.items() if type(number) is int}
    if set(by_number) == set(numbers):
        return [by_number[number] for number in numbers]
    is_numbered = set(data) == set(map(str, numbers))
    return [data[str(number)] for number in numbers] if is_numbered else []
