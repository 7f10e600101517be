"""`passerelle bake`: torch modules into artifacts that can be served."""

import sys
from pathlib import Path

import click

from passerelle.cli import options, output, progress
from passerelle.local import preflight


@click.command()
@options.manifest_option
@options.state_option
@options.models_argument
def bake(path: Path, state: Path, ids: tuple[str, ...]) -> None:
    """Turn models into artifacts that can be served: all of them, or those named."""
    wanted = [model for model in options.known(path, ids) if not ids or model.id in ids]
    preflight.require("bake")
    results = progress.baked(wanted, state / "artifacts", output.console)
    for result in results:
        if result.folder:
            output.console.print(f"{result.model.id}: {result.folder}")
    sys.exit(any(result.error for result in results))
