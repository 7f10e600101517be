"""models.yaml: load -> validate -> complete, each a pure step, all problems reported at once.

    document = load(text)                  plain data, with the line of every field
    written  = validate(document)          `like` resolved, every field checked by itself
    models   = complete(written, …)        what only whole entries show checked, defaults filled in

`read_manifest(path)` does the three. The fields themselves are in `schema.py`, the checks of
several fields in `checks.py`.
"""

import dataclasses
from pathlib import Path
from typing import Any

import pydantic

from passerelle.manifest import (
    access_checks,
    checks,
    completion,
    core_schema,
    diagnostics,
    expressions,
    inheritance,
    model,
    schema,
    source,
    text_file,
    union_errors,
)
from passerelle.manifest.access_fields import TokenIssuer
from passerelle.manifest.fields import Fields
from passerelle.manifest.model import Manifest, Models
from passerelle.manifest.schema import Defaults, Entry
from passerelle.manifest.source import Document, Problem
from passerelle.protocol import file_errors

MAX_SHOWN = 50  # problems in an error's text
ANY_VALUE = (("arguments",), ("keywords",))  # fields that take text, numbers and truth values


class ManifestError(Exception):
    """A manifest that can't be used. `problems` are all that was found, by line."""

    def __init__(self, path: Path, problems: list[Problem]) -> None:
        self.path, self.problems = path, sorted(set(problems), key=source.order)
        lines = [f"{path}, {problem}" for problem in self.problems[:MAX_SHOWN]]
        if len(self.problems) > MAX_SHOWN:
            lines.append(f"{path}: and {len(self.problems) - MAX_SHOWN} more")
        super().__init__("\n".join(lines))


@dataclasses.dataclass
class Written:
    """What is valid so far. An entry lacks its fields that are invalid, which `invalid` names."""

    defaults: Defaults = dataclasses.field(default_factory=Defaults)
    entries: dict[int, Entry] = dataclasses.field(default_factory=dict)  # by number in the list
    invalid: dict[int, set[str]] = dataclasses.field(default_factory=dict)  # the same
    tokens: dict[int, TokenIssuer] = dataclasses.field(default_factory=dict)  # that are valid


def read(path: Path) -> tuple[model.Model, ...]:
    """The models of ours in a manifest file, complete: those that are baked.

    Raises:
        ManifestError: with every problem found.
    """
    return model.of_kind(model.Model, read_manifest(path).models)


def read_manifest(path: Path) -> Manifest:
    """All that a manifest file says, complete. `file:` paths are relative to its folder.

    Raises:
        ManifestError: with every problem found.
    """
    try:
        text = text_file.decode(path.read_bytes())
    except FileNotFoundError:
        message = "there is no such file; write one, or name another with -f"
        raise ManifestError(path, [Problem(1, "", message)]) from None
    except OSError as error:
        raise ManifestError(path, [Problem(1, "", file_errors.reason(path, error))]) from None
    except text_file.TextError as error:
        raise ManifestError(path, [Problem(line, "", what) for line, what in error.lines]) from None
    document = load(text)
    written = validate(document)
    models = complete(written, document, path.parent)
    if document.problems:
        raise ManifestError(path, document.problems)
    return completion.manifest(schema.Manifest.model_validate(document.data), models)


def load(text: str) -> Document:
    """YAML text as plain data with lines; its problems are noted in the document."""
    document = source.parse(text)
    if document.data is None and not document.problems:
        document.add((), "the file is empty; it needs version: 1 and a list of models")
    return document


def validate(document: Document) -> Written:
    """Every field checked by itself. What is wrong is noted in the document."""
    written = Written()
    if document.data is None:
        return written
    data, inheriting = inheritance.resolve(document)
    wrong_paths = set(field_problems(data, inheriting, document))
    if not isinstance(data, dict):
        return written
    if isinstance(data.get("defaults"), dict):
        invalid = {str(path[1]) for path in wrong_paths if path[:1] == ("defaults",) and path[1:]}
        written.defaults = Defaults.model_validate(valid(data["defaults"], Defaults, invalid))
    tokens = data.get("tokens")
    for number, each in enumerate(tokens if isinstance(tokens, list) else []):
        if not any(path[:2] == ("tokens", number) for path in wrong_paths):
            written.tokens[number] = TokenIssuer.model_validate(each)
    models = data.get("models")
    for number, each in enumerate(models if isinstance(models, list) else []):
        at = ("models", number)
        invalid = {str(path[2]) for path in wrong_paths if path[:2] == at and path[2:]}
        if isinstance(each, dict) and "id" not in invalid:
            written.entries[number] = Entry.model_validate(valid(each, Entry, invalid))
            written.invalid[number] = invalid
    return written


def valid(data: dict[str, Any], kind: type[Fields], invalid: set[str]) -> dict[str, Any]:
    """The fields that are known and not invalid."""
    return {key: data[key] for key in kind.model_fields if key in data and key not in invalid}


def field_problems(data: Any, inheriting: set[int], document: Document) -> list[source.FieldPath]:
    """Note the problems of single fields; give their paths, cut to a model's own field.

    A field that a model inherits is reported at the model that it is written in, alone.
    """
    try:
        schema.Manifest.model_validate(data)
    except pydantic.ValidationError as error:
        found = union_errors.resolve([(written_path(e, data), e) for e in error.errors()])
    else:
        found = []
    for path, details in found:
        may_inherit = path[:1] == ("models",) and path[1:2] and path[1] in inheriting
        if not may_inherit or path[:3] in document.lines or path[2:] == ("id",):
            word, placed = document.written.get(path), details | {"loc": path}
            document.add(path, diagnostics.sentence(details["type"], placed, word))
    note_ambiguities(document, {path for path, _ in found})
    return [path[:3] for path, _ in found]


def note_ambiguities(document: Document, wrong: set[source.FieldPath]) -> None:
    """Note every word that may be read as something else than it is, where nothing else is wrong.

    That is a word that YAML 1.1 and 1.2 read differently, and where any value fits, an expression.
    """
    for path, word in document.written.items():
        fits_any = path[2:3] in ANY_VALUE
        why = core_schema.ambiguity(word, as_text=not fits_any)
        if fits_any and not why:
            why = expressions.mistake(word)
        if why and path not in wrong:
            document.add(path, why)


def complete(written: Written, document: Document, folder: Path) -> Models:
    """Fill in the defaults, and note what only whole entries show."""
    for number, entry in written.entries.items():
        at = ("models", number)
        parent_missing = source.render((*at, "like")) in [p.path for p in document.problems]
        invalid = written.invalid[number]
        found = [] if parent_missing else checks.of_entry(entry, written.defaults, invalid)
        for field, message in found:
            if field not in invalid:
                document.add((*at, field), message)
    for number, (field, message) in checks.of_entries(written.entries.items(), written.defaults):
        document.add(("models", number, *([field] if field else [])), message)
    ids = {entry.id for entry in written.entries.values()}
    for number, (field, message) in access_checks.of_tokens(written.tokens.items(), ids):
        document.add(("tokens", number, field), message)
    return tuple(
        completion.complete(entry, written.defaults, folder) for entry in written.entries.values()
    )


def written_path(error: Any, data: Any) -> source.FieldPath:
    """The location of pydantic's error, less the names of union members that it adds."""
    path: list[str | int] = []
    for part in error["loc"]:
        if isinstance(data, list) and isinstance(part, int):
            inside = data[part]
        elif isinstance(data, dict) and (part in data or error["type"] == "missing"):
            inside = data.get(part)
        else:
            continue
        path.append(part)
        data = inside
    return tuple(path)
