"""YAML text -> plain data, with the line of every field, and every problem of the text itself."""

import dataclasses
from typing import Any

import yaml

MAX_VALUES = 100_000  # values in a document, counting those behind aliases each time

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
    """What a text holds. `lines` gives each path's line, and `problems` is what was wrong."""

    data: Any = None
    lines: dict[FieldPath, int] = dataclasses.field(default_factory=dict)
    problems: list[Problem] = dataclasses.field(default_factory=list)

    def add(self, path: FieldPath, message: str) -> None:
        """Note a problem at a path, at the line of its nearest part that is in the text."""
        nearest = path
        while nearest not in self.lines and nearest:
            nearest = nearest[:-1]
        self.problems.append(Problem(self.lines.get(nearest, 1), render(path), message))


def render(path: FieldPath) -> str:
    """`("models", 0, "id")` as `models[0].id`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def parse(text: str) -> Document:
    """Read one YAML document. Nothing but plain data is ever made from it."""
    document = Document()
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        if node is not None:
            document.data = _Reader(loader, document).read(node, ())
    except RecursionError:
        document.problems.append(Problem(1, "", "this is nested too deep; write it flatter"))
    except _TooManyValuesError:
        document.problems.append(
            Problem(1, "", f"this has more than {MAX_VALUES:,} values; write fewer")
        )
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        document.problems.append(Problem(line, "", f"this is not YAML: {error.problem}"))
    except yaml.YAMLError as error:
        document.problems.append(Problem(1, "", f"this is not YAML: {error}"))
    return document


class _TooManyValuesError(Exception):
    """More values than a manifest has."""


class _Reader:
    """Walks the node tree. PyYAML itself keeps no lines, and lets a later key replace a former."""

    def __init__(self, loader: yaml.SafeLoader, document: Document) -> None:
        self._loader = loader
        self._document = document
        self._open: set[int] = set()  # nodes being read: meeting one again is a loop of aliases
        self._count = 0  # of the values so far: a few aliases can stand for billions

    def read(self, node: yaml.Node, path: FieldPath) -> Any:
        """The node as plain data."""
        self._document.lines.setdefault(path, node.start_mark.line + 1)
        self._count += 1
        if self._count > MAX_VALUES:
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
            return self.scalar(node, path)
        finally:
            self._open.discard(id(node))

    def scalar(self, node: yaml.Node, path: FieldPath) -> Any:
        """A text, number, date or such."""
        try:
            value = self._loader.construct_object(node)
        except ValueError:
            self._document.add(path, f"{str(node.value)[:40]!r} is no such value; put it in quotes")
            return None
        return self.text(value, path) if isinstance(value, str) else value

    def mapping(self, node: yaml.MappingNode, path: FieldPath) -> dict[str, Any]:
        """A mapping, whose keys are text and appear once."""
        self.refuse_duplicates(node, path)
        self._loader.flatten_mapping(node)
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self.text(str(getattr(key_node, "value", key_node.tag)), path)
            self._document.lines[*path, key] = key_node.start_mark.line + 1
            result[key] = self.read(value_node, (*path, key))
        return result

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
