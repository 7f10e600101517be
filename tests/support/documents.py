"""The documents as a test reads them: their tables, their code, and the commands that they show."""

import re
from collections.abc import Iterator

from tests.support import stack

DOCUMENTS = tuple(
    file.relative_to(stack.ROOT).as_posix()
    for pattern in ("*.md", "docs/*.md", "docs/architecture/*.md", "bench/*.md", "cloudbuild/*.md")
    for file in sorted(stack.ROOT.glob(pattern))
)
PROGRAMS = ("passerelle", "make", "docker", "pip", "python")
_FENCED = re.compile(r"^```(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"(?:(?<=\n\n)|(?<=:\n\n))(?:    .*\n)+")
_SEPARATORS = re.compile(r"&&|\||;|\n|\$\(")
_BEFORE = re.compile(r"^\s*(?:do\s+)?(?:[A-Z_]+=\S*\s+)*")


def text(name: str) -> str:
    """A document, or any other file of the repository."""
    return (stack.ROOT / name).read_text()


def tracked(pattern: str) -> list[str]:
    """The repository's files that fit a pattern, less what tools make and hide."""
    files = [file.relative_to(stack.ROOT).as_posix() for file in stack.ROOT.glob(pattern)]
    made = re.compile(r"\..*|build/.*|dist/.*|.*\.egg-info/.*")
    return [file for file in files if not made.fullmatch(file)]


def first_cells(name: str) -> set[str]:
    """What is in backquotes in the first cell of each row of a document's tables."""
    rows = re.findall(r"^\|([^|]*)\|", text(name), re.MULTILINE)
    return {word for row in rows for word in re.findall(r"`([^`]+)`", row)}


def blocks(name: str, language: str) -> list[str]:
    """A document's fenced blocks of a language; of none where it is empty."""
    return [body for found, body in _FENCED.findall(text(name)) if found == language]


def inline(name: str) -> list[str]:
    """What is in backquotes in a document, outside of its blocks."""
    found = re.findall(r"`([^`]+)`", _FENCED.sub("", text(name)))
    return [" ".join(each.split()) for each in found]


def commands(name: str) -> Iterator[list[str]]:
    """The words of each command of PROGRAMS that a document shows, in a block or in backquotes."""
    shell = [*blocks(name, ""), *_INDENTED.findall(_FENCED.sub("", text(name))), *inline(name)]
    for piece in shell:
        for line in _SEPARATORS.split(piece.replace("\\\n", " ")):
            words = _BEFORE.sub("", line).split()
            if words and words[0] in PROGRAMS and len(words) > 1:
                yield words


def steps(name: str) -> list[tuple[str, str]]:
    """The files that a document says to open, each with what to look for in it, in its order."""
    return re.findall(r"`([\w.]+/[\w./]+\.py)`,\s+`([\w.]+)`", text(name))
