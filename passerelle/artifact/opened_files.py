"""What a bake opened beside all that `module_closure` finds, kept with the artifact.

Code may find a file by a name that it computes, which shows only as it runs. So a bake writes down
what it read, as compilers write which headers, and its artifact counts as long as these are as
they were. A file that it looked for in vain is in the list, too.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from passerelle.artifact import content
from passerelle.manifest.model import Recipe

FILE = "opened.json"


def write(folder: Path, digests: Mapping[str, str]) -> None:
    """Write down what was opened, by name, with its SHA-256; nothing where it is nothing."""
    if not digests:
        return
    text = json.dumps(dict(sorted(digests.items())), indent=2, allow_nan=False)
    (folder / FILE).write_text(text + "\n", encoding="utf-8")


def read(folder: Path) -> dict[str, str]:
    """What the bake of an artifact opened."""
    file = folder / FILE
    found: dict[str, str] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return found


def unchanged(folder: Path, recipe: Recipe) -> bool:
    """Whether all that the bake of an artifact opened is as it was."""
    return all(
        content.digests.of_readable(path(name, recipe)) == was for name, was in read(folder).items()
    )


def paths(folder: Path, recipe: Recipe) -> Iterator[Path]:
    """Where that lies now."""
    return (path(name, recipe) for name in read(folder))


def name(file: Path, recipe: Recipe) -> str:
    """A file's path relative to the folder of modules that it lies in; absolute in none."""
    for folder in recipe.module_folders:
        if file.is_relative_to(folder):
            return file.relative_to(folder).as_posix()
    return str(file)


def path(name: str, recipe: Recipe) -> Path:
    """The file of a name: the first that is there."""
    found = [Path(folder) / name for folder in recipe.module_folders] or [Path(name)]
    return next((each for each in found if each.exists()), found[0])
