"""models.yaml: load -> validate -> complete, each a pure step, all problems reported at once.

    document = load(text)                  plain data, with the line of every field
    written  = validate(document)          `like` followed, every field checked by itself
    models   = complete(written, …)        defaults filled in, what only whole models show checked

`read(path)` does the three. The fields themselves are in `fields.py`.
"""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydantic

from passerelle.manifest import deployment, diagnostics, inheritance, schema
from passerelle.manifest import source as documents
from passerelle.manifest.deployment import Deployment
from passerelle.manifest.schema import Defaults, Entry, Fields, Input, Manifest
from passerelle.manifest.source import Document, Problem

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}  # in seconds
LONGEST = 3600.0  # seconds that a timeout may be
OLDEST = 168 * 3600.0  # seconds that an answer may be kept
RESERVED = ("gateway", "frontend")  # services of the project's own


class ManifestError(Exception):
    """A manifest that can't be used. `problems` are all that was found, by line."""

    def __init__(self, path: Path, problems: list[Problem]) -> None:
        self.path, self.problems = path, sorted(set(problems))
        lines = [f"{path}, {problem}" for problem in self.problems]
        super().__init__("\n".join(lines))


@dataclasses.dataclass(frozen=True)
class Cache:
    """How many of a model's answers are kept, and how long."""

    size: int
    ttl: float  # seconds


@dataclasses.dataclass(frozen=True)
class Model:
    """One model, complete. Nothing from `service` on decides what is baked."""

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
    calibration: str | None
    accept: dict[str, float] | None
    service: str
    timeout: float  # seconds
    cache: Cache | None = None
    deployment: Deployment = dataclasses.field(default_factory=Deployment)


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
    """Fill in the defaults, and note what only whole models show."""
    seen: set[str] = set()
    services: dict[str, Entry] = {}
    for number, entry in written.entries.items():
        at = ("models", number)
        orphan = documents.spelled((*at, "like")) in [each.path for each in document.problems]
        for field, message in [] if orphan else gaps(entry, written.defaults):
            if field not in written.wrong[number]:
                document.add((*at, field), message)
        if entry.id in seen:
            document.add((*at, "id"), f"{entry.id} is already the id of a model above; rename one")
        seen.add(entry.id)
        mate = services.setdefault(entry.service or entry.id, entry)
        if deployment.of(entry, written.defaults) != deployment.of(mate, written.defaults):
            document.add(
                at, f"shares its service with {mate.id}; write replicas, resources and scale alike"
            )
        if (entry.service or entry.id) in RESERVED:
            field = "service" if entry.service else "id"
            document.add((*at, field), f"{entry.service or entry.id} is taken; choose another name")
    return tuple(completed(entry, written.defaults, folder) for entry in written.entries.values())


def gaps(entry: Entry, defaults: Defaults) -> Iterator[tuple[str, str]]:
    """The fields that an entry lacks or that don't go together, each with what to write."""
    if not entry.architecture:
        yield "architecture", "missing; write torchvision:NAME, module:callable, or like:"
    yield from weights_gaps(entry)
    yield from input_gaps(entry)
    yield from precision_gaps(entry, defaults)
    labels = entry.labels
    if isinstance(labels, str) and labels != "imagenet-1k" and not labels.startswith("file:"):
        yield "labels", f"{labels!r} is unknown; write imagenet-1k, file:PATH or a list"
    if seconds(entry.timeout or defaults.timeout) > LONGEST:
        yield "timeout", f"no one waits so long; write at most {LONGEST / 60:g}m"
    scale = entry.scale or defaults.scale
    if scale.min > scale.max:
        yield "scale", f"min {scale.min} is more than max {scale.max}; swap them"
    cache = entry.cache or defaults.cache
    if cache and seconds(cache.ttl) > OLDEST:
        yield "cache", f"ttl {cache.ttl} is too long; write at most {OLDEST / 3600:g}h"


def weights_gaps(entry: Entry) -> Iterator[tuple[str, str]]:
    """What is amiss with where the weights come from."""
    weights = entry.weights or ""
    if not weights:
        yield "weights", "missing; write torchvision:DEFAULT, file:PATH, … or random"
    if weights.startswith("https:") and not entry.sha256:
        yield "sha256", "missing; https weights need the file's SHA-256"
    if weights.startswith("torchvision:") and not is_torchvision(entry):
        yield "weights", "only a torchvision: architecture has torchvision: weights"


def input_gaps(entry: Entry) -> Iterator[tuple[str, str]]:
    """What is amiss with how a picture becomes the input."""
    shape = entry.input or Input()
    if entry.architecture and not is_torchvision(entry) and shape.size is None:
        yield "input", "missing; write input: {size: …}, the side in pixels"
    if shape.size and shape.resize and shape.resize < shape.size:
        yield "input", f"resize {shape.resize} is less than size {shape.size}; swap them"
    if shape.std and 0 in shape.std:
        yield "input", "std divides, so none of its three numbers may be 0"


def precision_gaps(entry: Entry, defaults: Defaults) -> Iterator[tuple[str, str]]:
    """What is amiss with the precision, and with what only a lower one takes."""
    precision = entry.precision or defaults.precision
    if precision != "fp32" and (entry.engine or defaults.engine) != "openvino":
        yield "precision", f"only engine: openvino runs {precision}; write fp32"
    if entry.calibration and precision != "int8":
        yield "calibration", f"only int8 is calibrated, not {precision}; remove it"
    if entry.accept and precision == "fp32":
        yield "accept", "fp32 is what others are compared with; remove it"


def is_torchvision(entry: Entry) -> bool:
    """Whether the architecture is one of torchvision's."""
    return (entry.architecture or "").startswith("torchvision:")


def seconds(duration: str) -> float:
    """`500ms` as 0.5."""
    number = duration.rstrip("msh")
    return float(number) * UNITS[duration.removeprefix(number)]


def completed(entry: Entry, defaults: Defaults, folder: Path) -> Model:
    """One model with every field filled in."""
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
        calibration=str((folder / entry.calibration).resolve()) if entry.calibration else None,
        accept=entry.accept.model_dump() if entry.accept else None,
        service=entry.service or entry.id,
        timeout=seconds(entry.timeout or defaults.timeout),
        cache=cached(entry.cache or defaults.cache),
        deployment=deployment.of(entry, defaults),
    )


def cached(written: schema.Cache | None) -> Cache | None:
    """The answer cache, or None where it is off."""
    return Cache(written.size, seconds(written.ttl)) if written and written.size else None


def located(source: str, folder: Path) -> str:
    """A `file:` source with its path made absolute; any other as it is."""
    kind, colon, rest = source.partition(":")
    return f"file:{(folder / rest).resolve()}" if colon and kind == "file" else source


def written_path(location: tuple[int | str, ...], data: Any) -> documents.Path:
    """A location of pydantic's, less the names of union members that it adds to the path."""
    path: list[str | int] = []
    for part in location:
        if not isinstance(data, dict if isinstance(part, str) else list):
            break
        path.append(part)
        data = (data if isinstance(data, dict) else dict(enumerate(data))).get(part)
    return tuple(path)
