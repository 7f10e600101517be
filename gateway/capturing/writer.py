"""Writes what is captured: the work of one thread, which nothing of a request waits for.

Whatever is wrong with the folder, the next job is tried all the same. The log says so once, and
once more when it is over; what couldn't be written is left out.
"""

import traceback
from collections.abc import Callable
from pathlib import Path

from gateway.capturing import answer_counts, differences, picture_file, sent_pictures
from gateway.capturing.answer_counts import AnswerCounts
from gateway.capturing.backlog import Backlog
from gateway.capturing.differences import Difference, Differences
from gateway.capturing.job import Job
from gateway.capturing.kept import Kept
from passerelle.server import log

FLUSH_INTERVAL = 1.0  # seconds until counts are in their file

Name = Callable[[float], str]  # a new picture's, without its ending, by the time


class Writer:
    """Per process, of one thread alone."""

    def __init__(self, backlog: Backlog, new_stem: Name, clock: Callable[[], float]) -> None:
        self._backlog, self._new_stem, self._clock = backlog, new_stem, clock
        self._kept: dict[Path, Kept] = {}
        self._differences: dict[Path, Differences] = {}
        self._counts: dict[tuple[Path, str], AnswerCounts] = {}  # by folder and artifact
        self._flushed = 0.0
        self._is_failing = False

    def run(self) -> None:
        """Write until the backlog is over."""
        while not self._backlog.is_over:
            job = self._backlog.take(FLUSH_INTERVAL)
            if job:
                self.do(job)
            if not 0 <= self._clock() - self._flushed < FLUSH_INTERVAL:
                self.flush()
        self.flush()

    def do(self, job: Job) -> None:
        """Keep and count what a job says."""
        self._attempt(self._do, job)

    def flush(self) -> None:
        """Write what was counted; it stays in memory where that fails, summed up."""
        self._flushed = self._clock()
        for (folder, model), count in self._backlog.take_dropped().items():
            self._counted(folder, model).dropped += count
        for key, counted in list(self._counts.items()):
            if counted and self._attempt(self._add, key, counted):
                del self._counts[key]

    def _add(self, key: tuple[Path, str], counted: AnswerCounts) -> None:
        folder, model = key
        with self._of(folder).locked():
            answer_counts.add(folder, model, counted, self._clock())

    def _do(self, job: Job) -> None:
        document = sent_pictures.document(job.response)
        if job.counts:
            counted = self._counted(job.folder, job.model).answers
            for answer in sent_pictures.answers(document):
                if answer is not None:
                    counted.count(answer)
        if job.stem is None:
            return
        kept = self._of(job.folder)
        with kept.locked():
            picture = self._keep(kept, job, document)
            if job.differing:
                self._differ(job, picture, document)

    def _keep(self, kept: Kept, job: Job, document: object) -> str | None:
        """Keep a job's pictures; the name of the first, or of that which was kept before."""
        if job.exchange is None:
            names = [f"{job.stem}.{kind}" for kind in picture_file.MEDIA_TYPES]
            return next((each for each in names if kept.has(each)), None)
        first, stem = None, job.stem or ""
        for sent in sent_pictures.of(job.exchange, job.response, document):
            name = kept.add(stem, sent, job.size, self._clock())
            first, stem = first or name, self._new_stem(job.at)
        return first

    def _differ(self, job: Job, picture: str | None, document: object) -> None:
        """Note that another model's answer differs."""
        differing = job.differing
        if differing is None:
            return
        other = sent_pictures.document(differing.response)
        texts = differences.summary(document), differences.summary(other)
        found = Difference(differing.agreement, job.at, *texts, picture)
        self.differences(job.folder).add(differing.model_id, found, self._clock())

    def differences(self, folder: Path) -> Differences:
        """Those of a model."""
        return self._differences.setdefault(folder, Differences(folder))

    def _of(self, folder: Path) -> Kept:
        return self._kept.setdefault(folder, Kept(folder))

    def _counted(self, folder: Path, model: str) -> AnswerCounts:
        return self._counts.setdefault((folder, model), AnswerCounts())

    def _attempt(self, work: Callable[..., None], *given: object) -> bool:
        """Whether some work was done."""
        try:
            work(*given)
        except OSError as error:
            self._fail(f"{error.filename}: {error.strerror}")
        except Exception:
            self._fail("unforeseen error", traceback=traceback.format_exc())
        else:
            if self._is_failing:
                self._is_failing = False
                log.write("INFO", "requests are captured again")
            return True
        return False

    def _fail(self, reason: str, **fields: str) -> None:
        """Say so, unless that was said."""
        if not self._is_failing:
            self._is_failing = True
            log.write("ERROR", f"requests can't be captured, and are left out: {reason}", **fields)
