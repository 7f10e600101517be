"""models.yaml: load -> validate -> complete, each a pure step, all problems reported at once.

    document = load(text)                  plain data, with the line of every field
    written  = validate(document)          `like` followed, every field checked by itself
    models   = complete(written, …)        what only whole entries show checked, defaults filled in

`read(path)` does the three. The fields themselves are in `schema.py`, the checks of several fields
in `checks.py`.
"""

import dataclasses
from pathlib import Path
from typing import Any

import pydantic

from passerelle.manifest import checks, completion, diagnostics, inheritance
from passerelle.manifest import source as documents
from passerelle.manifest.model import Models
from passerelle.manifest.schema import Defaults, Entry, Fields, Manifest
from passerelle.manifest.source import Document, Problem


class ManifestError(Exception):
    """A manifest that can't be used. `problems` are all that was found, by line."""

    def __init__(self, path: Path, problems: list[Problem]) -> None:
        self.path, self.problems = path, sorted(set(problems))
        lines = [f"{path}, {problem}" for problem in self.problems]
        super().__init__("\n".join(lines))


@dataclasses.dataclass
class Written:
    """What is right so far. An entry lacks its fields that are wrong, which `wrong` names."""

    defaults: Defaults = dataclasses.field(default_factory=Defaults)
    entries: dict[int, Entry] = dataclasses.field(default_factory=dict)  # by number in the list
    wrong: dict[int, set[str]] = dataclasses.field(default_factory=dict)


def read(path: Path) -> Models:
    """The complete models of a manifest file. `file:` paths are relative to its folder.

    Raises:
        ManifestError: with every problem found.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        message = "there is no such file; write one, or name another with -f"
        raise ManifestError(path, [Problem(1, "", message)]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ManifestError(path, [Problem(1, "", f"can't be read: {error}")]) from None
    document = load(text)
    models = complete(validate(document), document, path.parent)
    if document.problems:
        raise ManifestError(path, document.problems)
    return models


def load(text: str) -> Document:
    """YAML text as plain data with lines; its problems are noted in the document."""
    document = documents.parse(text)
    if document.data is None and not document.problems:
        document.add((), "the file is empty; it needs version: 1 and a list of models")
    return document


def validate(document: Document) -> Written:
    """Every field checked by itself. What is wrong is noted in the document."""
    written = Written()
    if document.data is None:
        return written
    data, heirs = inheritance.followed(document)
    bad = set(field_problems(data, heirs, document))
    if not isinstance(data, dict):
        return written
    if isinstance(data.get("defaults"), dict):
        wrong = {str(path[1]) for path in bad if path[:1] == ("defaults",) and path[1:]}
        written.defaults = Defaults.model_validate(right(data["defaults"], Defaults, wrong))
    models = data.get("models")
    for number, entry in enumerate(models if isinstance(models, list) else []):
        wrong = {str(path[2]) for path in bad if path[:2] == ("models", number) and path[2:]}
        if isinstance(entry, dict) and "id" not in wrong:
            written.entries[number] = Entry.model_validate(right(entry, Entry, wrong))
            written.wrong[number] = wrong
    return written


def right(data: dict[str, Any], kind: type[Fields], wrong: set[str]) -> dict[str, Any]:
    """The fields that are known and not wrong."""
    return {key: data[key] for key in kind.model_fields if key in data and key not in wrong}


def field_problems(data: Any, heirs: set[int], document: Document) -> list[documents.Path]:
    """Note the problems of single fields; give their paths, cut to an entry's own field.

    A field that an heir has from the model it is like is reported there alone.
    """
    try:
        Manifest.model_validate(data)
    except pydantic.ValidationError as error:
        found = [(written_path(e["loc"], data), e) for e in error.errors()]
    else:
        found = []
    for path, details in found:
        inherited_field = path[:1] == ("models",) and path[1:2] and path[1] in heirs
        if not inherited_field or path[:3] in document.lines or path[2:] == ("id",):
            document.add(path, diagnostics.sentence(details["type"], details))
    return [path[:3] for path, _ in found]


def complete(written: Written, document: Document, folder: Path) -> Models:
    """Fill in the defaults, and note what only whole entries show."""
    for number, entry in written.entries.items():
        at = ("models", number)
        parent_missing = documents.spelled((*at, "like")) in [p.path for p in document.problems]
        for field, message in [] if parent_missing else checks.of_entry(entry, written.defaults):
            if field not in written.wrong[number]:
                document.add((*at, field), message)
    for number, (field, message) in checks.of_entries(written.entries.items(), written.defaults):
        document.add(("models", number, *([field] if field else [])), message)
    return tuple(
        completion.complete(entry, written.defaults, folder) for entry in written.entries.values()
    )


def written_path(location: tuple[int | str, ...], data: Any) -> documents.Path:
    """A location of pydantic's, less the names of union members that it adds to the path."""
    path: list[str | int] = []
    for part in location:
        if not isinstance(data, dict if isinstance(part, str) else list):
            break
        path.append(part)
        data = (data if isinstance(data, dict) else dict(enumerate(data))).get(part)
    return tuple(path)
