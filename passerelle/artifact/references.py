"""What a Python source refers to: the modules that it imports, and the texts that it holds.

A text may name a module, a file or a folder as well: `import_module("layers")`,
`open("config.json")`, f"configs/{size}.yaml". Nothing here runs the source.
"""

import ast
import dataclasses
from collections.abc import Iterator
from pathlib import Path

MAX_TEXT = 255  # characters; what is longer names no file


@dataclasses.dataclass(frozen=True)
class References:
    """What one source refers to."""

    modules: frozenset[str] = frozenset()  # top-level names of what it imports
    texts: frozenset[str] = frozenset()  # that may name something


def read(file: Path) -> References:
    """What a source refers to, wherever in it; nothing where it isn't Python of this version."""
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError):
        return References()
    nodes = list(ast.walk(tree))
    return References(
        frozenset(name for node in nodes for name in _imported(node)),
        frozenset(text for node in nodes if (text := _text(node))),
    )


def module_of(text: str) -> str | None:
    """The top-level module that `layers`, `models.deep.Net`, `models.` or `nets:Net` may name."""
    path = text.partition(":")[0].removesuffix(".")
    parts = path.split(".")
    return parts[0] if all(part.isidentifier() for part in parts) else None


def _imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name.partition(".")[0] for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield node.module.partition(".")[0]


def _text(node: ast.AST) -> str:
    value = node.value if isinstance(node, ast.Constant) else None
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    is_name = isinstance(value, str) and len(value) <= MAX_TEXT and value.isprintable()
    return value.strip() if is_name and isinstance(value, str) else ""
