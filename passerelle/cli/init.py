"""`passerelle init`: a folder of one's own, with a manifest to begin with."""

import shlex
from pathlib import Path

import click

from passerelle.cli import output, schema

REQUIREMENTS = ("requirements.txt", "handler-requirements.txt")
NOT_OURS = frozenset({"__pycache__", "venvs"})  # folders that lie in an example in use
SCRIPT = "install.sh"  # of what needs several environments
TEMPLATES = Path(__file__).parent / "templates"
EXAMPLES = Path(__file__).parent / "examples"
EXAMPLE_NAMES = (
    "v1", "v2", "torchvision", "own", "text", "yolo", "embedding", "backends", "rollout",
)  # fmt: skip
BESIDE = "$schema=../models.schema.json", "$schema=./models.schema.json"  # there, and in a folder


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=Path())
@click.option(
    "--example",
    type=click.Choice(EXAMPLE_NAMES),
    help=(
        "Begin with one model, several in one service, torchvision's, a module of your own, a "
        "detector of text, one of the YOLO family, an embedder, servers of other makes, or a model "
        "that takes another's place."
    ),
)
def init(folder: Path, example: str | None) -> None:
    """Write a commented models.yaml and what belongs beside it into FOLDER; overwrite nothing.

    FOLDER is the current one unless given.
    """
    files = content(example)
    refuse_present(folder, files)
    for name, data in files.items():
        write(folder / name, data)
    output.console.print(f"Written: {', '.join(files)}")
    output.console.print(f"Next: {' && '.join(steps(folder, files))}")
    output.console.print("README.md says what else there is.")


def steps(folder: Path, files: dict[str, bytes]) -> list[str]:
    """The commands that come next."""
    return [
        *([] if folder == Path() else [f"cd {shlex.quote(str(folder))}"]),
        *(f"pip install -r {name}" for name in REQUIREMENTS if name in files),
        *([f"sh {SCRIPT}"] if SCRIPT in files else []),
        "passerelle up",
    ]


def content(example: str | None) -> dict[str, bytes]:
    """What goes into a folder: each file's bytes by its path."""
    return {
        **(of_example(example) if example else default()),
        schema.FILE.name: schema.text().encode(),
        ".gitignore": (TEMPLATES / "gitignore").read_bytes(),
        "README.md": (TEMPLATES / "README.md").read_bytes(),
    }


def default() -> dict[str, bytes]:
    """The default models' manifest."""
    return {"models.yaml": (TEMPLATES / "models.yaml").read_bytes()}


def of_example(name: str) -> dict[str, bytes]:
    """An example's files: a manifest, or a folder with one in it."""
    manifest, root = EXAMPLES / f"{name}.yaml", EXAMPLES / name
    if manifest.is_file():
        return {"models.yaml": manifest.read_text(encoding="utf-8").replace(*BESIDE).encode()}
    files = [file for file in sorted(root.rglob("*")) if file.is_file()]
    return {
        file.relative_to(root).as_posix(): file.read_bytes()
        for file in files if NOT_OURS.isdisjoint(file.parts)
    }  # fmt: skip


def refuse_present(folder: Path, files: dict[str, bytes]) -> None:
    """Say which of the files are there already, before anything is written."""
    present = [name for name in files if (folder / name).is_symlink() or (folder / name).exists()]
    if present:
        raise click.ClickException(
            f"{folder.resolve()} already has {', '.join(present)}, and nothing is overwritten. "
            "Name an empty or a new folder: passerelle init FOLDER"
        )


def write(file: Path, data: bytes) -> None:
    """Write a file that isn't there yet, and the folders that it lies in."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("xb") as stream:
        stream.write(data)
