"""models.yaml: load -> validate -> complete, each a pure step, all problems reported at once.

    document = load(text)                  plain data, with the line of every field
    written  = validate(document)          `like` followed, every field checked by itself
    models   = complete(written, …)        defaults filled in, what only whole models show checked

`read(path)` does the three. The fields themselves are in `fields.py`.
"""

import dataclasses
import re
from pathlib import Path
from typing import Any

import pydantic

from passerelle import advice
from passerelle import document as documents
from passerelle.document import Document, Problem
from passerelle.fields import Defaults, Entry, Fields, Input, Manifest

SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0}
RESERVED = ("gateway", "frontend")  # services of the project's own


class ManifestError(Exception):
    """A manifest that can't be used. `problems` are all that was found, by line."""

    def __init__(self, path: Path, problems: list[Problem]) -> None:
        self.path, self.problems = path, sorted(set(problems))
        lines = [f"{path}, {problem}" for problem in self.problems]
        super().__init__("\n".join(lines))


@dataclasses.dataclass(frozen=True)
class Model:
    """One model, complete. Everything but `service` and `timeout` decides what is baked."""

    id: str
    title: str
    architecture: str
    arguments: list[Any]
    keywords: dict[str, Any]
    weights: str
    sha256: str | None
    input: dict[str, Any] | None
    labels: str | list[str] | None
    engine: str
    precision: str
    service: str
    timeout: float  # seconds


Models = tuple[Model, ...]


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
    data, heirs = inherited(document)
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
            document.add(path, advice.sentence(details["type"], details))
    return [path[:3] for path, _ in found]


def complete(written: Written, document: Document, folder: Path) -> Models:
    """Fill in the defaults, and note what only whole models show."""
    seen: set[str] = set()
    for number, entry in written.entries.items():
        at = ("models", number)
        orphan = documents.spelled((*at, "like")) in [each.path for each in document.problems]
        for field, message in [] if orphan else gaps(entry):
            if field not in written.wrong[number]:
                document.add((*at, field), message)
        if entry.id in seen:
            document.add((*at, "id"), f"{entry.id} is already the id of a model above; rename one")
        seen.add(entry.id)
        if (entry.service or entry.id) in RESERVED:
            field = "service" if entry.service else "id"
            document.add((*at, field), f"{entry.service or entry.id} is taken; choose another name")
    return tuple(completed(entry, written.defaults, folder) for entry in written.entries.values())


def gaps(entry: Entry) -> list[tuple[str, str]]:
    """The fields that an entry lacks or that don't go together, each with what to write."""
    found = []
    torchvision = (entry.architecture or "").startswith("torchvision:")
    weights = entry.weights or ""
    if not entry.architecture:
        found.append(("architecture", "missing; write torchvision:NAME, module:callable, or like:"))
    if not weights:
        found.append(("weights", "missing; write torchvision:DEFAULT, file:PATH, … or random"))
    if weights.startswith("https:") and not entry.sha256:
        found.append(("sha256", "missing; https weights need the file's SHA-256"))
    if weights.startswith("torchvision:") and not torchvision:
        found.append(("weights", "only a torchvision: architecture has torchvision: weights"))
    shape = entry.input or Input()
    if entry.architecture and not torchvision and shape.size is None:
        found.append(("input", "missing; write input: {size: …}, the side in pixels"))
    if shape.size and shape.resize and shape.resize < shape.size:
        found.append(("input", f"resize {shape.resize} is less than size {shape.size}; swap them"))
    if shape.std and 0 in shape.std:
        found.append(("input", "std divides, so none of its three numbers may be 0"))
    labels = entry.labels
    if isinstance(labels, str) and labels != "imagenet-1k" and not labels.startswith("file:"):
        found.append(("labels", f"{labels!r} is unknown; write imagenet-1k, file:PATH or a list"))
    return found


def completed(entry: Entry, defaults: Defaults, folder: Path) -> Model:
    """One model with every field filled in."""
    timeout = re.fullmatch(r"([0-9.]+)(\w+)", entry.timeout or defaults.timeout)
    return Model(
        id=entry.id,
        title=entry.title or entry.id,
        architecture=entry.architecture or "",
        arguments=entry.arguments or [],
        keywords=entry.keywords or {},
        weights=located(entry.weights or "", folder),
        sha256=entry.sha256,
        input=entry.input.model_dump(exclude_none=True) if entry.input else None,
        labels=located(entry.labels, folder) if isinstance(entry.labels, str) else entry.labels,
        engine=entry.engine or defaults.engine,
        precision=entry.precision or defaults.precision,
        service=entry.service or entry.id,
        timeout=float(timeout[1]) * SECONDS[timeout[2]] if timeout else 0.0,
    )


def located(source: str, folder: Path) -> str:
    """A `file:` source with its path made absolute; any other as it is."""
    kind, colon, rest = source.partition(":")
    return f"file:{(folder / rest).resolve()}" if colon and kind == "file" else source


def inherited(document: Document) -> tuple[Any, set[int]]:
    """The data with every `like` followed, and the numbers of the entries that have one.

    An entry keeps its own id and title; `input` is merged field by field; a checkpoint's sha256
    goes with the weights it belongs to.
    """
    data = document.data
    heirs: set[int] = set()
    models = data.get("models") if isinstance(data, dict) else None
    if not isinstance(models, list):
        return data, heirs
    by_id: dict[Any, dict[str, Any]] = {}
    for entry in models:
        if isinstance(entry, dict) and isinstance(entry.get("id"), str):
            by_id.setdefault(entry["id"], entry)
    merged = list(models)
    for number, entry in enumerate(models):
        if isinstance(entry, dict) and "like" in entry:
            heirs.add(number)
            merged[number] = merge(entry, by_id, document, ("models", number, "like"))
    return data | {"models": merged}, heirs


def merge(
    entry: dict[str, Any], by_id: dict[Any, dict[str, Any]], document: Document, at: documents.Path
) -> dict[str, Any]:
    """An entry over the one it is like, over the one that is like, and so on."""
    result, seen, base = dict(entry), [entry.get("id")], entry.get("like")
    while isinstance(base, str):
        if base in seen:
            document.add(at, f"{' -> '.join(map(str, [*seen, base]))} is a loop; break it")
            break
        if base not in by_id:
            document.add(at, f"there is no model {base!r}{advice.nearest(base, [*by_id])}")
            break
        seen.append(base)
        result = over(result, by_id[base])
        base = by_id[base].get("like")
    return result


def over(own: dict[str, Any], base: dict[str, Any]) -> dict[str, Any]:
    """One entry's fields over another's."""
    result = {key: value for key, value in base.items() if key not in ("id", "title", "like")}
    if "weights" in own:
        result.pop("sha256", None)
    if isinstance(own.get("input"), dict) and isinstance(base.get("input"), dict):
        own = own | {"input": base["input"] | own["input"]}
    return result | own


def written_path(location: tuple[int | str, ...], data: Any) -> documents.Path:
    """A location of pydantic's, less the names of union members that it adds to the path."""
    path: list[str | int] = []
    for part in location:
        if not isinstance(data, dict if isinstance(part, str) else list):
            break
        path.append(part)
        data = (data if isinstance(data, dict) else dict(enumerate(data))).get(part)
    return tuple(path)
