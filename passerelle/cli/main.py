"""The command line, assembled: each command is in the file that has its name."""

import errno
import os
from pathlib import Path
from typing import Any

import click

import passerelle
from gateway.keys import api_keys
from gateway.persistence import database
from passerelle.artifact import user_modules
from passerelle.cli import (
    bake,
    check,
    evaluate,
    init,
    keys,
    models,
    output,
    predict,
    promote,
    render,
    schema,
    up,
    usage,
)
from passerelle.client import errors
from passerelle.local import evaluation, pictures, preflight
from passerelle.manifest import reading
from passerelle.protocol import file_errors

COMMANDS: tuple[click.Command, ...] = (
    init.init,
    up.up,
    bake.bake,
    evaluate.evaluate,
    check.check,
    schema.schema,
    models.models,
    predict.predict,
    keys.keys,
    usage.usage,
    promote.promote,
    render.render,
)
FORESEEN = (  # their text is a sentence that says what to do
    user_modules.ModuleError,
    reading.ManifestError,
    api_keys.KeysError,
    preflight.RefusedError,
    database.DatabaseError,
    errors.ClientError,
    pictures.PicturesError,
    evaluation.EvaluateError,
)
READ_ONLY = (errno.EACCES, errno.EPERM, errno.EROFS)


class Commands(click.Group):
    """A group whose foreseen errors are sentences, not tracebacks."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        output.print_in_any_locale()
        try:
            return super().invoke(ctx)
        except FORESEEN as error:
            raise click.ClickException(str(error)) from error
        except OSError as error:
            if error.filename is None:
                raise  # not about a file
            raise click.ClickException(unusable(error)) from error


def unusable(error: OSError) -> str:
    """What is wrong with a file or folder, and what to do."""
    path = Path(os.fsdecode(error.filename))
    is_closed = (
        isinstance(error, PermissionError) and path.exists() and not os.access(path, os.R_OK)
    )
    if is_closed or isinstance(error, IsADirectoryError):
        return f"{path} {file_errors.reason(path, error)}."
    advice = " Choose a folder that you may write to." if error.errno in READ_ONLY else ""
    return f"{error.filename}: {error.strerror}.{advice}"


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(passerelle.__version__, message="%(prog)s %(version)s")
def main() -> None:
    """Any number of vision models behind one HTTP door.

    `passerelle up` runs everything that models.yaml lists; the other commands look at it, change
    it, or ask it.
    """


for command in COMMANDS:
    main.add_command(command)
