"""YAML text -> plain data, with the line of every field, and every problem of the text itself."""

import dataclasses
from typing import Any

import yaml

MOST = 100_000  # values in a document, counting those behind aliases each time

Path = tuple[str | int, ...]


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
    lines: dict[Path, int] = dataclasses.field(default_factory=dict)
    problems: list[Problem] = dataclasses.field(default_factory=list)

    def add(self, path: Path, message: str) -> None:
        """Note a problem at a path, at the line of its nearest part that is in the text."""
        near = path
        while near not in self.lines and near:
            near = near[:-1]
        self.problems.append(Problem(self.lines.get(near, 1), spelled(path), message))


def spelled(path: Path) -> str:
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
            document.data = Reader(loader, document).read(node, ())
    except RecursionError:
        document.problems.append(Problem(1, "", "this is nested too deep; write it flatter"))
    except TooMuchError:
        document.problems.append(Problem(1, "", f"this has more than {MOST:,} values; write fewer"))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        document.problems.append(Problem(line, "", f"this is not YAML: {error.problem}"))
    except yaml.YAMLError as error:
        document.problems.append(Problem(1, "", f"this is not YAML: {error}"))
    return document


class TooMuchError(Exception):
    """More values than a manifest has."""


class Reader:
    """Walks the node tree. PyYAML itself keeps no lines and lets a later key win in silence."""

    def __init__(self, loader: yaml.SafeLoader, document: Document) -> None:
        self.loader = loader
        self.document = document
        self.open: set[int] = set()  # nodes being read: meeting one again is a loop of aliases
        self.count = 0  # of the values so far: a few aliases can stand for billions

    def read(self, node: yaml.Node, path: Path) -> Any:
        """The node as plain data."""
        self.document.lines.setdefault(path, node.start_mark.line + 1)
        self.count += 1
        if self.count > MOST:
            raise TooMuchError
        if id(node) in self.open:
            self.document.add(path, "this alias holds itself; write the values out")
            return None
        self.open.add(id(node))
        try:
            if isinstance(node, yaml.MappingNode):
                return self.mapping(node, path)
            if isinstance(node, yaml.SequenceNode):
                return [self.read(item, (*path, n)) for n, item in enumerate(node.value)]
            return self.scalar(node, path)
        finally:
            self.open.discard(id(node))

    def scalar(self, node: yaml.Node, path: Path) -> Any:
        """A text, number, date or such."""
        try:
            value = self.loader.construct_object(node)
        except ValueError:
            self.document.add(path, f"{str(node.value)[:40]!r} is no such value; put it in quotes")
            return None
        return self.text(value, path) if isinstance(value, str) else value

    def mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        """A mapping, whose keys are text and appear once."""
        self.refuse_duplicates(node, path)
        self.loader.flatten_mapping(node)
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self.text(str(getattr(key_node, "value", key_node.tag)), path)
            self.document.lines[*path, key] = key_node.start_mark.line + 1
            result[key] = self.read(value_node, (*path, key))
        return result

    def text(self, value: str, path: Path) -> str:
        """A text that UTF-8 can write: YAML's escapes can spell halves of characters."""
        written = value.encode(errors="replace").decode()
        if written != value:
            self.document.add(path, f"{written!r} holds half a character; write it without \\u")
        return written

    def refuse_duplicates(self, node: yaml.MappingNode, path: Path) -> None:
        """Note every key that appears a second time."""
        first: dict[str, int] = {}
        for key_node, _ in node.value:
            key, line = str(key_node.value), key_node.start_mark.line + 1
            if key in first:
                self.document.problems.append(
                    Problem(
                        line,
                        spelled((*path, key)),
                        f"written twice, first on line {first[key]}; remove one",
                    )
                )
            first.setdefault(key, line)
