"""Small files of JSON that several processes write: a reader sees the old one or the new."""

import json
import os
from pathlib import Path
from typing import Any

MARK = ".new"  # how the name ends of what isn't whole yet


def read(path: Path) -> dict[str, Any]:
    """The object in a file; empty where there is none, or no such thing in it.

    Raises:
        OSError: the file is there and can't be read.
    """
    try:
        found = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def write(path: Path, document: dict[str, Any]) -> None:
    """Put an object into a file.

    Raises:
        OSError: it is as it was before.
    """
    put(path, json.dumps(document, separators=(",", ":"), allow_nan=False).encode())


def put(path: Path, content: bytes) -> None:
    """Put bytes into a file, which is its owner's alone.

    Raises:
        OSError: it is as it was before.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}{MARK}")
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            out.write(content)
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)
        raise
