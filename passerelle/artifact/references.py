"""What a Python source refers to: the modules that it imports, and the texts that it holds.

A text may name a module, a file or a folder as well: `import_module("layers")`,
`open("config.json")`, f"configs/{size}.yaml". Nothing here runs the source.
"""

import ast
import dataclasses
import functools
from collections.abc import Iterator
from pathlib import Path

from passerelle.artifact import content

MAX_TEXT = 255  # characters; what is longer names no file
DYNAMIC = frozenset({"__import__", "exec", "importlib", "pkgutil", "runpy"})


@dataclasses.dataclass(frozen=True)
class References:
    """What one source refers to."""

    imports: frozenset[tuple[int, str]] = frozenset()  # how far up, and the dotted name from there
    texts: frozenset[str] = frozenset()  # that may name something
    is_dynamic: bool = False  # whether it may import what nothing in it names

    def modules(self, package: str) -> Iterator[str]:
        """The dotted names of what it imports, being in a package; "" in none.

        Where one is imported from a module, it may be a module or anything in it.
        """
        parts = package.split(".") if package else []
        for level, name in self.imports:
            above = parts[: max(0, len(parts) - level + 1)] if level else []
            yield ".".join([*above, *([name] if name else [])])


def read(file: Path) -> References:
    """What a source refers to, wherever in it; nothing where it isn't Python of this version."""
    try:
        return _read(file, content.digests.of(file))
    except OSError:
        return References()


@functools.lru_cache(maxsize=10_000)
def _read(file: Path, _: str) -> References:
    """The references of a file of this SHA-256."""
    try:
        nodes = list(ast.walk(ast.parse(file.read_bytes())))
    except (SyntaxError, ValueError, RecursionError):
        return References()
    prose = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}  # such as docstrings
    return References(
        frozenset(each for node in nodes for each in _imported(node)),
        frozenset(text for node in nodes if id(node) not in prose and (text := _text(node))),
        any(name in DYNAMIC for node in nodes for name in _names(node)),
    )


def module_of(text: str) -> str | None:
    """The dotted name that `layers`, `models.deep.Net`, `models.` or `nets:Net` may be."""
    path = text.partition(":")[0].removesuffix(".")
    return path if all(part.isidentifier() for part in path.split(".")) else None


def _imported(node: ast.AST) -> Iterator[tuple[int, str]]:
    if isinstance(node, ast.Import):
        yield from ((0, alias.name) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = [node.module] if node.module else []
        for alias in node.names:
            name = [] if alias.name == "*" else [alias.name]
            yield node.level, ".".join([*base, *name])


def _names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from (name.partition(".")[0] for level, name in _imported(node) if not level)


def _text(node: ast.AST) -> str:
    value = node.value if isinstance(node, ast.Constant) else None
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    is_name = isinstance(value, str) and len(value) <= MAX_TEXT and value.isprintable()
    return value.strip() if is_name and isinstance(value, str) else ""
