"""Writes what is captured: the work of one thread, which nothing of a request waits for.

Whatever is wrong with a model's folder, the next job is tried all the same. The log says so once,
and once more when a picture or a count is written there and for CALM nothing has failed; what
couldn't be written is left out.
"""

import dataclasses
import hashlib
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
CALM = 60.0  # seconds: on a disk that is nearly full, some is written and some isn't
DIGITS = 32  # of a payload's hash, in hexadecimal

Name = Callable[[float], str]  # a new picture's, without its ending, by the time


class Writer:
    """Per process, of one thread alone."""

    def __init__(self, backlog: Backlog, new_stem: Name, clock: Callable[[], float]) -> None:
        self._backlog, self._new_stem, self._clock = backlog, new_stem, clock
        self._kept: dict[Path, Kept] = {}
        self._differences: dict[Path, Differences] = {}
        self._counts: dict[tuple[Path, str], AnswerCounts] = {}  # by folder and artifact
        self._flushed = 0.0
        self._failing: dict[Path, float] = {}  # folders, and when writing there failed last

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
        self._attempt(job.folder, self._do, job)

    def flush(self) -> None:
        """Write what was counted; it stays in memory where that fails, summed up."""
        self._flushed = self._clock()
        for (folder, model), count in self._backlog.take_dropped().items():
            self._counted(folder, model).dropped += count
        for key, counted in list(self._counts.items()):
            if counted and self._attempt(key[0], self._add, key, counted):
                del self._counts[key]

    def _add(self, key: tuple[Path, str], counted: AnswerCounts) -> bool:
        folder, model = key
        with self._of(folder).locked():
            answer_counts.add(folder, model, counted, self._clock())
        return True

    def _do(self, job: Job) -> bool:
        """Whether a picture was written."""
        document = sent_pictures.document(job.response)
        if job.counts:
            counted = self._counted(job.folder, job.model).answers
            for answer in sent_pictures.answers(document):
                if answer is not None:
                    counted.count(answer)
        if job.stem is None:
            return False
        kept = self._of(job.folder)
        with kept.locked():
            if job.differing:
                return self._differ(kept, job, document)
            return self._keep(kept, job, document) is not None

    def _keep(self, kept: Kept, job: Job, document: object) -> str | None:
        """Keep a job's pictures; the name of the first, or of that which was kept before."""
        names = [f"{job.stem}.{kind}" for kind in picture_file.MEDIA_TYPES]
        known = next((each for each in names if kept.has(each)), None) if job.differing else None
        if known or job.exchange is None:
            return known
        first, stem = None, job.stem or ""
        for sent in sent_pictures.of(job.exchange, job.response, document):
            name = kept.add(stem, sent, job.size, self._clock())
            first, stem = first or name, self._new_stem(job.at)
        return first

    def _differ(self, kept: Kept, job: Job, document: object) -> bool:
        """Note that another model's answer differs, and keep the pictures, where few do as much."""
        differing, known = job.differing, self.differences(job.folder)
        if differing is None:
            return False
        payload = job.exchange.payload if job.exchange else b""
        digest = hashlib.sha256(payload).hexdigest()[:DIGITS] if payload else ""
        found = Difference(differing.agreement, job.at, "", "", payload=digest)
        if not known.has_room(differing.model_id, found, self._clock()):
            return False
        other = sent_pictures.document(differing.response)
        found = dataclasses.replace(
            found,
            answer=differences.summary(document),
            other=differences.summary(other),
            picture=self._keep(kept, job, document),
        )
        known.add(differing.model_id, found, self._clock())
        return True

    def differences(self, folder: Path) -> Differences:
        """Those of a model."""
        return self._differences.setdefault(folder, Differences(folder))

    def _of(self, folder: Path) -> Kept:
        return self._kept.setdefault(folder, Kept(folder))

    def _counted(self, folder: Path, model: str) -> AnswerCounts:
        return self._counts.setdefault((folder, model), AnswerCounts())

    def _attempt(self, folder: Path, work: Callable[..., bool], *given: object) -> bool:
        """Whether some work was done; it says whether it has written into the folder."""
        try:
            has_written = work(*given)
        except OSError as error:
            self._fail(folder, f"{error.filename}: {error.strerror}")
        except Exception:
            self._fail(folder, "unforeseen error", traceback=traceback.format_exc())
        else:
            failed = self._failing.get(folder)
            if has_written and failed is not None and not 0 <= self._clock() - failed < CALM:
                del self._failing[folder]
                log.write("INFO", "requests are captured again", model=folder.name)
            return True
        return False

    def _fail(self, folder: Path, reason: str, **fields: str) -> None:
        """Say so, unless that was said of the folder."""
        if folder not in self._failing:
            text = f"requests can't be captured, and are left out: {reason}"
            log.write("ERROR", text, model=folder.name, **fields)
        self._failing[folder] = self._clock()
