"""What changes while it is served: the manifest, and the files that its models are baked from.

They are watched, read again, and baked at the side. The gateway follows the manifest by itself, and
refuses a broken edit as this does.
"""

import dataclasses
import queue
import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path

from passerelle.artifact import content, inputs, opened_files
from passerelle.local import baking
from passerelle.local.baking import Result
from passerelle.local.options import Options
from passerelle.local.watch import Watch
from passerelle.manifest import reading
from passerelle.manifest.model import ExternalModel, Model, of_kind


def watched(
    manifest: Path, models: Iterable[Model], results: Iterable[Result] = ()
) -> Iterator[Path]:
    """The files and folders whose change concerns a run: also what its bakes opened."""
    yield manifest
    for model in models:
        yield from inputs.paths(model)
    for each in results:
        yield from opened_files.paths(each.folder, each.model) if each.folder else ()


@dataclasses.dataclass(frozen=True)
class Lineup:
    """What a manifest has, as it can be served: what became of our models, and other backends."""

    results: tuple[Result, ...]
    external: tuple[ExternalModel, ...] = ()


class Reloader:
    """Bakes one change at a time, in a thread; the supervisor polls for what came of it."""

    def __init__(
        self,
        options: Options,
        watch: Watch,
        lineup: Lineup,
        report: Callable[[str], None],
        *,
        start: Callable[[Callable[[], None]], threading.Thread] | None = None,
    ) -> None:
        self._options, self._watch, self._report = options, watch, report
        self._lineup = lineup  # that is served, or that was last found
        self._refusal = ""  # of the manifest, that was last reported
        self._failures = {  # by id, with what was to be made
            each.model.id: (baking.target(each.model, options.artifacts), each)
            for each in lineup.results if each.error
        }  # fmt: skip
        self._manifest_stamp = content.stamp(options.manifest)  # at the last look
        self._thread = threading.Thread()
        self._start = start or _in_thread
        self._found: queue.SimpleQueue[Lineup] = queue.SimpleQueue()

    def poll(self, served: Collection[str]) -> Lineup | None:
        """What a change came to, once; `served` are the ids of the models that run now."""
        if not self._thread.is_alive() and self._watch.due():
            self._thread = self._start(lambda: self.look(served))
        return None if self._found.empty() else self._found.get()

    def look(self, served: Collection[str]) -> None:
        """Read the manifest and bake what is missing, if anything is another than before."""
        self._forget_failures()
        try:
            manifest = reading.read_manifest(self._options.manifest)
        except reading.ManifestError as error:
            self._refuse(str(error))
            return
        self._refusal = ""
        models = of_kind(Model, manifest.models)
        self._watch.follow(watched(self._options.manifest, models))
        self._take_external(of_kind(ExternalModel, manifest.models))
        results = tuple(self.bake(model, served) for model in models)
        self._watch.follow(watched(self._options.manifest, models, results))
        before = self._lineup.results
        if results == before:
            return
        is_edited = tuple(each.model for each in before) != models
        changed = [each.model.id for each in results if each.folder and each not in before]
        what = self._options.manifest if is_edited else f"what {', '.join(changed)} is baked from"
        self._lineup = dataclasses.replace(self._lineup, results=results)
        self._found.put(self._lineup)
        if is_edited or changed:
            self._report(f"{what} was changed and is taken up")

    def _take_external(self, models: tuple[ExternalModel, ...]) -> None:
        """Give the models with a backend, if others than before, without waiting for a bake."""
        known = {each.id: each for each in self._lineup.external}
        if models == self._lineup.external:
            return
        self._lineup = dataclasses.replace(self._lineup, external=models)
        self._found.put(self._lineup)
        found = {each.id: each for each in models}
        names = sorted(key for key in found | known if found.get(key) != known.get(key))
        self._report(f"{self._options.manifest}: {', '.join(names)} was changed and is taken up")

    def bake(self, model: Model, served: Collection[str]) -> Result:
        """The artifact of a model: the one that is there, a new one, or why there is none.

        What failed is not tried again before something of it has changed, or the manifest.
        """
        target = baking.target(model, self._options.artifacts)
        if model.id in self._failures and self._failures[model.id][0] == target:
            return self._failures[model.id][1]
        if not baking.find(model, self._options.artifacts):
            self._report(f"baking {model.id}")
        result = baking.bake(model, self._options.artifacts, lambda *_: None)
        self._failures.pop(model.id, None)
        if result.error:
            kept = "; the one before goes on" if model.id in served else ""
            self._report(f"{model.id} was not baked{kept}: {result.error}")
            if baking.target(model, self._options.artifacts) == target:
                self._failures[model.id] = target, result
        return result

    def _forget_failures(self) -> None:
        """Whoever saves the manifest again has all that failed tried again."""
        stamp = content.stamp(self._options.manifest)
        if stamp != self._manifest_stamp:
            self._manifest_stamp = stamp
            self._failures.clear()

    def _refuse(self, reason: str) -> None:
        if reason != self._refusal:
            self._report(f"The change is refused, the last good one keeps serving:\n{reason}")
        self._refusal = reason


def _in_thread(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work, name="bake a change", daemon=True)
    thread.start()
    return thread
