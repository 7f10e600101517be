"""A manifest that changes while it is served: read again, and baked at the side.

The gateway follows the same file by itself, and refuses a broken edit as this does.
"""

import queue
import threading
from collections.abc import Callable, Collection

from passerelle.local import baking
from passerelle.local.options import Options
from passerelle.manifest import reading
from passerelle.server import file_watcher

Stamp = tuple[int, ...]


class Reloader:
    """Bakes one change at a time, in a thread; the supervisor polls for what came of it."""

    def __init__(
        self,
        options: Options,
        stamp: Stamp,
        report: Callable[[str], None],
        *,
        start: Callable[[Callable[[], None]], threading.Thread] | None = None,
    ) -> None:
        self._options, self._report = options, report
        self._stamp = stamp  # of the manifest that is served, or being baked
        self._thread = threading.Thread()
        self._start = start or _in_thread
        self._results: queue.SimpleQueue[list[baking.Result]] = queue.SimpleQueue()

    def poll(self, served: Collection[str]) -> list[baking.Result] | None:
        """What a change was baked into, once; `served` are the ids of the models that run now."""
        stamp = file_watcher.stamp(self._options.manifest)
        if stamp != self._stamp and not self._thread.is_alive():
            self._stamp = stamp
            self._thread = self._start(lambda: self.bake(served))
        return None if self._results.empty() else self._results.get()

    def bake(self, served: Collection[str]) -> None:
        """Read the changed manifest and bake what is missing."""
        try:
            models = reading.read(self._options.manifest)
        except reading.ManifestError as error:
            self._report(f"The change is refused, the last good one keeps serving:\n{error}")
            return
        results = []
        for model in models:
            if not baking.find(model, self._options.artifacts):
                self._report(f"baking {model.id}")
            result = baking.bake(model, self._options.artifacts, lambda *_: None)
            if result.error:
                kept = "; the one before goes on" if model.id in served else ""
                self._report(f"{model.id} was not baked{kept}: {result.error}")
            results.append(result)
        self._results.put(results)
        self._report(f"{self._options.manifest} was changed and is taken up")


def _in_thread(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work, name="bake a changed manifest", daemon=True)
    thread.start()
    return thread
