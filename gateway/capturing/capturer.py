"""Keeps a share of the requests and answers of those models that the manifest says, in files.

A request is looked at once its answer was sent. Of the share that is kept, and of those to which
another model's answer differs most, the picture's file and the answer go into the model's folder
(kept.py): no header, no key, no address. The answers of all requests are counted
(answer_counts.py), so that drift.py can tell how far they are from those of the bake.

All of that is done by one thread for each process. What it can't do in time is left out, and
counted as dropped: a request waits for no disk. Pictures are left out before answers are.
"""

import asyncio
import collections
import contextlib
import os
import random
import threading
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from gateway.capturing import answer_counts, picture_file
from gateway.capturing.backlog import Backlog
from gateway.capturing.job import Answered, Differing, Job
from gateway.capturing.writer import Writer
from gateway.transport import Response
from passerelle.server import daemon_thread, log

MAX_RECENT = 2_000  # requests that were kept, of which another model's answer may still come
LAST_WRITE = 1.5  # seconds that the gateway waits for its files when it stops


class Capturer:
    """Per process, of its event loop alone; the folder is all workers'."""

    def __init__(
        self,
        folder: Path,
        chance: Callable[[], float] = random.random,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.folder, self._chance, self._clock = folder, chance, clock
        self._backlog = Backlog()
        self.writer = Writer(self._backlog, _new_stem, clock)
        # The names of the pictures of requests that were kept, by the requests' span.
        self._recent = collections.OrderedDict[str, str]()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Write for as long as the block runs, and what is left behind it."""
        thread = threading.Thread(target=self.writer.run, name="capturing", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._backlog.end()
            with contextlib.suppress(asyncio.CancelledError):
                await daemon_thread.run(thread.join, LAST_WRITE)
            if thread.is_alive():
                log.write("ERROR", "what was captured last and wasn't written yet is lost")

    def take(self, followed: Answered) -> None:
        """Keep an answered request by chance, and count its answer; refusals are neither."""
        capture, answer = followed.route.model.capture, _good(followed)
        if capture is None or answer is None:
            return
        exchange = followed.exchange
        card = followed.route.status.card
        is_counted = exchange.operation == "predict" and answer_counts.counts(card, exchange.query)
        is_kept = self._chance() < capture.share
        if is_kept or is_counted:
            stem = _new_stem(self._clock()) if is_kept else None
            self._put(followed, answer, stem, counts=is_counted)

    def differ(
        self, followed: Answered, model_id: str, agreement: float, response: Response
    ) -> None:
        """Note that another model's answer differs, if few differ as much; then it is kept."""
        answer = _good(followed)
        if followed.route.model.capture is None or answer is None:
            return
        folder = self._folder(followed)
        if not self.writer.differences(folder).is_one(model_id, agreement, self._clock()):
            return
        known = self._recent.get(followed.exchange.span.trace.span_id)
        differing = Differing(model_id, agreement, response)
        self._put(followed, answer, known or _new_stem(self._clock()), differing=differing)

    def _put(
        self,
        followed: Answered,
        answer: Response,
        stem: str | None,
        *,
        counts: bool = False,
        differing: Differing | None = None,
    ) -> None:
        """Have a request counted, and kept by a name."""
        capture, exchange = followed.route.model.capture, followed.exchange
        model = answer_counts.key(followed.route.status.card)
        job = Job(
            self._folder(followed), capture.size if capture else 0, self._clock(),
            answer, model, stem, exchange if stem else None, counts, differing,
        )  # fmt: skip
        if self._backlog.put(job) and stem:
            self._recent[exchange.span.trace.span_id] = stem
            if len(self._recent) > MAX_RECENT:
                self._recent.popitem(last=False)

    def _folder(self, followed: Answered) -> Path:
        return self.folder / followed.route.model.id


def _good(followed: Answered) -> Response | None:
    """The answer to a request, if it is one and no refusal."""
    found = followed.response
    return found if found and found.status == 200 else None


def _new_stem(seconds: float) -> str:
    return picture_file.new_stem(seconds, os.urandom(6))
