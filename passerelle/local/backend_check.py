"""What a backend names that isn't on this machine: a program, a header's file or variable."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from passerelle.local import backend_command, process
from passerelle.manifest.model import ExternalModel
from passerelle.protocol import file_errors


def problems(model: ExternalModel) -> Iterator[str]:
    """What isn't there wherever the manifest's folder is whole."""
    backend = model.backend
    if backend.command and not backend_command.is_there(backend):
        program = backend.command[0]
        where = (
            f"in {backend.folder}; install it there"
            if os.sep in program
            else "in PATH; install it, or write its path with a / in it, relative to the manifest"
        )
        yield f"there is no program {program!r} {where}"
    for name, text in backend.headers.items():
        if text.startswith("file:"):
            path = Path(text.removeprefix("file:"))
            try:
                is_empty = not path.read_bytes().strip()
            except OSError as error:
                yield f"the file of its header {name}, {path}, {file_errors.reason(path, error)}"
            else:
                if is_empty:
                    yield f"the file of its header {name}, {path}, is empty; write the text there"


def problems_here(model: ExternalModel, environ: Mapping[str, str] | None = None) -> Iterator[str]:
    """What isn't there for `passerelle up`: the same, variables, and anything that starts it."""
    yield from problems(model)
    environ = process.inherited() if environ is None else environ
    for name, text in model.backend.headers.items():
        variable = text.removeprefix("env:")
        if variable != text and not environ.get(variable, "").strip():
            yield f"the variable of its header {name}, {variable}, is not set; export it"
    if model.backend.image and not model.backend.command:
        yield (
            "its image is started by passerelle render compose, not here; give its backend a "
            "command or a url too"
        )
