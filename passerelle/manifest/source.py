"""YAML text -> plain data, with the line of every field, and every problem of the text itself."""

import dataclasses
import re
from typing import Any

import yaml

from passerelle.manifest import core_schema, look_alikes, names, yaml_errors

MAX_VALUES = 100_000  # values in a document, counting those behind aliases each time
OLD_LINE_ENDS = re.compile("[\x85\u2028\u2029]")  # of lines in YAML 1.1, and no longer in 1.2

FieldPath = tuple[str | int, ...]  # such as ("models", 0, "id")


@dataclasses.dataclass(frozen=True, order=True)
class Problem:
    """One thing to mend in a file. `line` counts from 1."""

    line: int
    path: str
    message: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.path + ': ' if self.path else ''}{self.message}"


@dataclasses.dataclass
class Document:
    """What a text holds. `lines` gives each path's line, and `problems` is what was wrong.

    `written` has the words without quotes, such as `no` or `0777`, as the text spells them.
    """

    data: Any = None
    lines: dict[FieldPath, int] = dataclasses.field(default_factory=dict)
    written: dict[FieldPath, str] = dataclasses.field(default_factory=dict)
    problems: list[Problem] = dataclasses.field(default_factory=list)

    def add(self, path: FieldPath, message: str) -> None:
        """Note a problem at a path, at the line of its nearest part that is in the text."""
        nearest = path
        while nearest not in self.lines and nearest:
            nearest = nearest[:-1]
        self.problems.append(Problem(self.lines.get(nearest, 1), render(path), message))


def order(problem: Problem) -> tuple[Any, ...]:
    """The place of a problem among others: by line, then by path, with items by their numbers."""
    names = re.split(r"(\d+)", problem.path)
    parts = [int(name) if number % 2 else name for number, name in enumerate(names)]
    return problem.line, parts, problem.message


def render(path: FieldPath) -> str:
    """`("models", 0, "id")` as `models[0].id`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def parse(
    text: str,
    reader: type[yaml.SafeLoader] = core_schema.CoreLoader,
    max_values: int = MAX_VALUES,
) -> Document:
    """Read one YAML document. Nothing but plain data is ever made from it."""
    document = Document()
    text = _with_line_ends_of_today(_without_tabs_at_ends(text), document)
    try:
        loader = reader(text)
        node = loader.get_single_node()
        if node is not None:
            document.data = _Reader(loader, document, max_values).read(node, ())
    except RecursionError:
        document.problems.append(Problem(1, "", "this is nested too deep; write it flatter"))
    except _TooManyValuesError:
        document.problems.append(
            Problem(1, "", f"this has more than {max_values:,} values; write fewer")
        )
    except yaml.YAMLError as error:
        line, message = yaml_errors.explain(error, text)
        document.problems.append(Problem(line, "", message))
    return document


def _without_tabs_at_ends(text: str) -> str:
    """The text without tabs at the ends of lines, which nobody sees and PyYAML refuses."""
    return "\n".join(
        line.rstrip(" \t") if "\t" in line[len(line.rstrip(" \t")) :] else line
        for line in text.split("\n")
    )


def _with_line_ends_of_today(text: str, document: Document) -> str:
    """The text with spaces in the place of what YAML 1.1 took for line ends, each of them noted."""
    for match in OLD_LINE_ENDS.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        sign = names.character(match[0])
        message = f"{sign} ends a line to some readers and not to others; write a space instead"
        document.problems.append(Problem(line, "", message))
    return OLD_LINE_ENDS.sub(" ", text)


class _TooManyValuesError(Exception):
    """More values than a manifest has."""


class _Reader:
    """Walks the node tree. PyYAML itself keeps no lines, and lets a later key replace a former."""

    def __init__(self, loader: yaml.SafeLoader, document: Document, max_values: int) -> None:
        self._loader = loader
        self._max_values = max_values
        self._document = document
        self._open: set[int] = set()  # nodes being read: meeting one again is a loop of aliases
        self._count = 0  # of the values so far: a few aliases can stand for billions

    def read(self, node: yaml.Node, path: FieldPath) -> Any:
        """The node as plain data."""
        self._document.lines.setdefault(path, node.start_mark.line + 1)
        self._count += 1
        if self._count > self._max_values:
            raise _TooManyValuesError
        if id(node) in self._open:
            self._document.add(path, "this alias holds itself; write the values out")
            return None
        self._open.add(id(node))
        try:
            if isinstance(node, yaml.MappingNode):
                return self.mapping(node, path)
            if isinstance(node, yaml.SequenceNode):
                return [self.read(item, (*path, n)) for n, item in enumerate(node.value)]
            assert isinstance(node, yaml.ScalarNode)  # noqa: S101  # for the type checker
            return self.scalar(node, path)
        finally:
            self._open.discard(id(node))

    def scalar(self, node: yaml.ScalarNode, path: FieldPath) -> Any:
        """A text, number, date or such."""
        try:
            value = self._loader.construct_object(node)
        except (ValueError, LookupError, AttributeError):  # of a tag such as !!int, on other text
            self._document.add(path, f"{str(node.value)[:40]!r} is no such value; put it in quotes")
            value = str(node.value)
        if node.style is None:
            self._document.written[path] = str(node.value)
            self.refuse_look_alikes(str(node.value), path)
        return self.text(value, path) if isinstance(value, str) else value

    def mapping(self, node: yaml.MappingNode, path: FieldPath) -> dict[str, Any]:
        """A mapping, whose keys are text and appear once."""
        self.refuse_duplicates(node, path)
        self._loader.flatten_mapping(node)
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._document.add(path, "a key is text; put what has braces or brackets in quotes")
                continue
            key = self.text(str(key_node.value), path)
            self._document.lines[*path, key] = key_node.start_mark.line + 1
            if key_node.style is None:
                self.refuse_look_alikes(key, (*path, key))
                self.refuse_tight_colon(key, value_node, path)
            result[key] = self.read(value_node, (*path, key))
        return result

    def refuse_look_alikes(self, word: str, path: FieldPath) -> None:
        """Note quotes and spaces that are none to YAML."""
        if wrong := look_alikes.mistake(word):
            self._document.add(path, f"{word!r} {wrong}")

    def refuse_tight_colon(self, key: str, value: yaml.Node, path: FieldPath) -> None:
        """Note a key without a value that is `key:value`, since YAML wants a space between them."""
        name, colon, rest = key.partition(":")
        if colon and value.value == "" and value.start_mark.index == value.end_mark.index:
            advice = f"has no space behind its colon; write {name}: {rest}"
            self._document.add((*path, key), f"{key!r} {advice}")

    def text(self, value: str, path: FieldPath) -> str:
        """A text that UTF-8 can write: YAML's escapes can spell halves of characters."""
        written = value.encode(errors="replace").decode()
        if written != value:
            self._document.add(path, f"{written!r} holds half a character; write it without \\u")
        return written

    def refuse_duplicates(self, node: yaml.MappingNode, path: FieldPath) -> None:
        """Note every key that appears a second time."""
        first: dict[str, int] = {}
        for key_node, _ in node.value:
            key, line = str(key_node.value), key_node.start_mark.line + 1
            if key in first:
                self._document.problems.append(
                    Problem(
                        line,
                        render((*path, key)),
                        f"written twice, first on line {first[key]}; remove one",
                    )
                )
            first.setdefault(key, line)
