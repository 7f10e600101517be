"""What only several fields together show: those that are missing, and those that don't fit.

`of_entry` looks at one entry with the defaults, `of_entries` at all of them side by side.
"""

from collections.abc import Collection, Iterable, Iterator

from passerelle.manifest import (
    access_checks,
    completion,
    deployment,
    kinds,
    pipelines,
    rollout_checks,
    service_name,
    torchvision_names,
)
from passerelle.manifest.kinds import Finding
from passerelle.manifest.model import ONNX, USUAL_FIT, USUAL_FITS, Size, covers
from passerelle.manifest.schema import Defaults, Entry, Input
from passerelle.manifest.weights_fields import WeightsFile
from passerelle.protocol.tasks import Task

FILES = ("file:", "https:", "package:")  # how weights begin that are a file
MAX_TIMEOUT = 3600.0  # seconds
MAX_TTL = 168 * 3600.0  # seconds that an answer may be kept
DEFAULT_TASK: Task = "classification"
WITHOUT_LABELS = ("embedding", "tensor")
WITH_ACTIVATION = ("classification", "segmentation")
# Services of the project's own.
RESERVED = ("gateway", "frontend", "prometheus", "grafana", "jaeger")


def of_entry(entry: Entry, defaults: Defaults, invalid: Collection[str] = ()) -> Iterator[Finding]:
    """What one entry lacks, or what doesn't go together in it.

    It lacks its fields that are `invalid`; where one of them says that it is no model of ours, it
    is none.
    """
    yield from _durations(entry, defaults)
    yield from access_checks.of_limits(entry.rate, entry.quota)
    scale = entry.scale or defaults.scale
    if scale.min > scale.max:
        yield "scale", f"min {scale.min} is more than max {scale.max}; swap them"
    yield from rollout_checks.of_entry(entry)
    if entry.backend or entry.pipeline or entry.split:
        yield from kinds.of_entry(entry)
    elif kinds.OTHERS.isdisjoint(invalid):
        yield from kinds.of_own(entry)
        yield from _own(entry, defaults)


def _own(entry: Entry, defaults: Defaults) -> Iterator[Finding]:
    """What a model of ours lacks."""
    yield from _architecture(entry)
    yield from _onnx(entry, defaults)
    yield from _weights(entry)
    yield from _task(entry)
    yield from _engine(entry, defaults)
    yield from _input(entry)
    yield from _labels(entry)
    yield from _precision(entry, defaults)


def of_entries(
    entries: Iterable[tuple[int, Entry]], defaults: Defaults
) -> Iterator[tuple[int, Finding]]:
    """What doesn't fit between the entries, each by its number in the list."""
    entries = tuple(entries)
    yield from pipelines.of_entries(entries, task_of)
    yield from rollout_checks.of_entries(entries, task_of)
    ids: set[str] = set()
    services: dict[str, Entry] = {}
    for number, entry in entries:
        if entry.id in ids:
            message = f"{entry.id} is already the id of a model above; rename one"
            yield number, ("id", message)
        ids.add(entry.id)
        if entry.pipeline or entry.split:  # they have no service
            continue
        name = service_name.of(entry)
        mate = services.setdefault(name, entry)
        if mate.id != entry.id and (mate.backend or entry.backend):
            yield number, ("", f"its service {name} is that of {mate.id}; rename one of them")
        if deployment.of(entry, defaults) != deployment.of(mate, defaults):
            message = (
                f"shares its service with {mate.id}; write replicas, resources and scale alike"
            )
            yield number, ("", message)
        yield from ((number, finding) for finding in _service(entry, name))


def _service(entry: Entry, name: str) -> Iterator[Finding]:
    """Its name can be that of a host, and isn't one of ours."""
    field = "service" if entry.service else "id"
    if name in RESERVED:
        yield field, f"{name} is taken; choose another name"
    if address := service_name.address(name):
        yield field, f"{name} is the address {address} to a network; write model-{name}"
    if len(name) > service_name.MAX_LENGTH:
        yield field, f"its service would be {name}, which is too long; give it a service: too"


def _architecture(entry: Entry) -> Iterator[Finding]:
    """There is one."""
    if not entry.architecture:
        yield "architecture", "missing; write torchvision:NAME, module:callable, onnx, or like:"
    elif _is_torchvision(entry) and torchvision_names.other(entry.architecture):
        yield "architecture", torchvision_names.not_for_pictures(entry.architecture)


def _onnx(entry: Entry, defaults: Defaults) -> Iterator[Finding]:
    """The file is the whole network: nothing makes one, and no torch runs it."""
    if entry.architecture != ONNX:
        return
    if entry.weights_source and not entry.weights_source.startswith(FILES):
        yield "weights", "name the ONNX file: write file:PATH, https://… or package:NAME/PATH"
    for name in ("arguments", "keywords"):
        if getattr(entry, name) is not None:
            yield name, "an ONNX file is made already, and takes none; remove them"
    if isinstance(entry.weights, WeightsFile) and (entry.weights.key or entry.weights.strip):
        yield "weights", "an ONNX file has no state dict; remove key and strip"
    if (entry.engine or defaults.engine) == "torch":
        yield "engine", "torch runs no ONNX file; write openvino"


def _weights(entry: Entry) -> Iterator[Finding]:
    """They come from somewhere that fits the architecture."""
    weights = entry.weights_source
    if isinstance(entry.weights, WeightsFile):
        given = [each for each in ("file", "https", "package") if getattr(entry.weights, each)]
        if len(given) != 1:
            yield "weights", "name one checkpoint: write one of file, https and package"
    if not weights:
        yield "weights", "missing; write torchvision:DEFAULT, file:PATH, … or random"
    if weights == "architecture" and _is_torchvision(entry):
        yield "weights", "torchvision's architectures bring none; write torchvision:DEFAULT"
    if weights.startswith("https:") and not entry.sha256:
        yield "sha256", "missing; https weights need the file's SHA-256"
    if weights.startswith("torchvision:") and not _is_torchvision(entry):
        yield "weights", "only a torchvision: architecture has torchvision: weights"


def _task(entry: Entry) -> Iterator[Finding]:
    """The fields that only some tasks have aren't given for another."""
    task = task_of(entry)
    if told := torchvision_names.misfit(entry.architecture or "", entry.task):
        yield "task", told
    if entry.activation and task not in WITH_ACTIVATION:
        yield (
            "activation",
            f"only a classification's values become scores by it; task: {task} has none",
        )
    if entry.activation == "softmax" and task == "segmentation":
        yield "activation", "a pixel is of its strongest class with softmax or without; remove it"
    if entry.labels and task in WITHOUT_LABELS:
        yield "labels", f"task: {task} names no classes; remove labels"


def task_of(entry: Entry) -> Task:
    """The task that an entry says, or the one of its architecture's name."""
    if entry.handler and not entry.task:
        return "tensor"
    return entry.task or torchvision_names.task(entry.architecture or "") or DEFAULT_TASK


def _engine(entry: Entry, defaults: Defaults) -> Iterator[Finding]:
    """It runs the architecture."""
    is_detector = torchvision_names.task(entry.architecture or "") == "detection"
    if is_detector and (entry.engine or defaults.engine) == "torch":
        yield "engine", "torch can't export a detector of torchvision's; write openvino"


def _input(entry: Entry) -> Iterator[Finding]:
    """A picture can become the input."""
    shape = entry.input or Input()
    has_own = _is_torchvision(entry) or entry.architecture == ONNX or entry.handler
    if entry.architecture and not has_own and shape.size is None:
        yield "input", "missing; write input: {size: …}, the side in pixels or [height, width]"
    if 0 in (shape.std or ()):
        yield "input", "std divides, so none of its numbers may be 0"
    yield from _fit(shape, task_of(entry))
    yield from _channels(shape)


def _fit(shape: Input, task: Task) -> Iterator[Finding]:
    """It has what it takes, nothing that only another does, and all that the task needs."""
    fit = shape.fit or USUAL_FITS.get(task, USUAL_FIT)
    if fit == "crop" and task in USUAL_FITS:
        yield "input", cut_off(task)
    if shape.resize and fit != "crop":
        yield "input", f"resize is for fit: crop, and {fit} scales to size at once; remove it"
    elif shape.resize and shape.size and not covers(shape.resize, shape.size):
        yield "input", too_small(shape.resize, shape.size)
    if shape.pad is not None and fit != "letterbox":
        yield "input", f"pad is letterbox's border, and {fit} has none; remove it"


def cut_off(task: str) -> str:
    """The sentence on a task that needs all of a picture, of which a crop leaves the edges out."""
    return (
        f"fit: crop cuts the picture's edges off, of which a {task} would say nothing; write "
        "fit: squash or fit: letterbox"
    )


def too_small(resize: int | Size, size: Size) -> str:
    """The sentence on a picture that is resized to less than what is cut out of it."""
    if isinstance(resize, tuple):
        told = f"resize {list(resize)} is less than size {list(size)}"
        return f"{told}, both [height, width]; write at least that"
    if size[0] == size[1]:
        return f"resize {resize} is less than size {size[0]}; swap them"
    return (
        f"resize {resize} is less than the larger side of size {list(size)}, so that some pictures "
        f"don't fill it; write at least {max(size)}, or remove it"
    )


def _channels(shape: Input) -> Iterator[Finding]:
    """Each has its mean and its std, and its border."""
    count = {"rgb": 3, "bgr": 3}.get(str(shape.channels), shape.channels or 3)
    needed = ("mean", "std", "pad") if shape.fit == "letterbox" else ("mean", "std")
    for name, given in (("mean", shape.mean), ("std", shape.std), ("pad", shape.pad)):
        if given is not None and len(given) not in {1, count}:
            write = "write one" if count == 1 else f"write {count}, or one for all"
            told = f"for channels: {shape.channels or 3}"
            yield "input", f"{name} has {len(given)} numbers {told}; {write}"
        if given is None and count == 4 and name in needed:
            yield "input", f"{name} is missing, since alpha has no usual one; write 4 numbers"


def _labels(entry: Entry) -> Iterator[Finding]:
    """They are known, in a file, or listed."""
    labels = entry.labels
    if isinstance(labels, str) and labels != "imagenet-1k" and not labels.startswith("file:"):
        yield "labels", f"{labels!r} is unknown; write imagenet-1k, file:PATH or a list"


def _precision(entry: Entry, defaults: Defaults) -> Iterator[Finding]:
    """The engine runs it, and has what only a lower one takes."""
    precision = entry.precision or defaults.precision
    if precision != "fp32" and (entry.engine or defaults.engine) != "openvino":
        yield "precision", f"only engine: openvino runs {precision}; write fp32"
    if entry.calibration and precision != "int8":
        yield "calibration", f"only int8 is calibrated, not {precision}; remove it"
    if entry.accept and precision == "fp32":
        yield "accept", "fp32 is what others are compared with; remove it"


def _durations(entry: Entry, defaults: Defaults) -> Iterator[Finding]:
    """They aren't longer than anyone waits."""
    if completion.seconds(entry.timeout or defaults.timeout) > MAX_TIMEOUT:
        yield "timeout", f"no one waits so long; write at most {MAX_TIMEOUT / 60:g}m"
    cache = entry.cache or defaults.cache
    if cache and completion.seconds(cache.ttl) > MAX_TTL:
        yield "cache", f"ttl {cache.ttl} is too long; write at most {MAX_TTL / 3600:g}h"


def _is_torchvision(entry: Entry) -> bool:
    """Whether the architecture is one of torchvision's."""
    return (entry.architecture or "").startswith("torchvision:")
