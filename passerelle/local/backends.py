"""The backends of a manifest on this machine: each command as a process that is kept running.

Its port is in a file of its service and its command's digest, from when it listens until it ends.
The gateway reads that again and again (PASSERELLE_PORTS); where there is no port, the file may say
why, in words for people.

A backend is *wanted* as long as the manifest has it. One that is no more goes on: the gateway may
not have read the manifest yet, and asks it until another with the same service is ready. Only then,
and after the time that a request may still take, it *drains*, and is killed if that takes too long.
"""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from passerelle.local import backend_check, readiness
from passerelle.local.backend_command import BackendCommand
from passerelle.local.process import Process
from passerelle.manifest.model import ExternalModel

LISTEN_TIMEOUT = 60.0  # seconds after which a command that doesn't listen is told
READY_TIMEOUT = 120.0  # seconds that another has to get ready, before the old one drains anyway
HANDOVER = 8.0  # seconds in which the gateway surely reads the manifest and finds another's port
MAX_REQUEST = 60.0  # seconds that a request which the old one has may take, at most
DRAIN_TIMEOUT = 12.0  # seconds that a process has to finish what it is doing
HEALTH_INTERVAL = 1.0  # seconds
ONLY_AN_IMAGE = "its image is started in containers alone, and its backend has no command"


@dataclasses.dataclass
class Running:
    """One command that runs, and how far it is. Times are seconds of the clock."""

    model: ExternalModel
    command: BackendCommand
    process: Process
    port_file: Path
    is_listening: bool = False
    has_failed: bool = False
    is_ready: bool = False
    next_health: float = 0.0
    unwanted_since: float | None = None
    drain_at: float | None = None


class Backends:
    """All of a run. Only the thread that made it may use it."""

    def __init__(
        self,
        logs: Path,
        ports: Path,
        report: Callable[[str], None],
        clock: Callable[[], float],
    ) -> None:
        self._logs, self._ports, self._report, self._clock = logs, ports, report, clock
        self._running: dict[str, Running] = {}  # by the port file's name
        self._wanted: dict[str, str] = {}  # the port file's name by service
        self._urls: set[str] = set()  # ids of what others run
        self._models: tuple[ExternalModel, ...] = ()
        self._lacking: set[str] = set()  # ids of those that name what isn't there
        self._draining: list[tuple[Process, float]] = []  # until they are killed
        self._began = clock()

    def serve(self, models: Iterable[ExternalModel]) -> None:
        """Make what runs be the commands of these models: start the new, leave the others alone."""
        models = tuple(models)
        self._note_lacks(models)
        self._urls = {each.id for each in models if each.backend.url}
        started_here = [each for each in models if not each.backend.url]
        self._wanted = {each.service: port_file(each) for each in started_here}
        for model in started_here:
            if not model.backend.command:
                write(self._ports / port_file(model), ONLY_AN_IMAGE)
            elif known := self._running.get(port_file(model)):
                known.model, known.unwanted_since, known.drain_at = model, None, None
            else:
                self._start(model)
        for name in set(self._running) - set(self._wanted.values()):
            each = self._running[name]
            each.unwanted_since = each.unwanted_since or self._clock()

    def poll(self) -> None:
        """Start again what died, note what listens, and drain what is wanted no more."""
        for each in list(self._running.values()):
            self._keep_running(each)
            if each.unwanted_since is not None:
                self._drain_in_time(each, each.unwanted_since)
        for process, kill_at in self._draining:
            if self._clock() >= kill_at:
                process.wait_or_kill(0)
        self._draining = [each for each in self._draining if each[0].running]

    def pending(self, statuses: Mapping[str, str], url_timeout: float) -> set[str]:
        """The models that may yet get ready, by the statuses that the gateway knows.

        What has ended once isn't waited for, nor what lacks something, and what others run for so
        many seconds alone.
        """
        names = set(self._wanted.values())
        found = {
            each.model.id for name, each in self._running.items()
            if name in names and not each.has_failed
        }  # fmt: skip
        found |= self._urls if self._clock() - self._began < url_timeout else set()
        found -= self._lacking
        return {each for each in found if statuses.get(each) not in ("ready", "failed")}

    @property
    def processes(self) -> list[Process]:
        """All that run, or finish what they are doing."""
        return [*(each.process for each in self._running.values()), *(p for p, _ in self._draining)]

    def _note_lacks(self, models: tuple[ExternalModel, ...]) -> None:
        """Tell what models that are new or changed name and isn't there."""
        lacks = {each.id: [*backend_check.problems_here(each)] for each in models}
        self._lacking = {model_id for model_id, found in lacks.items() if found}
        for each in models:
            for problem in lacks[each.id] if each not in self._models else ():
                self._report(f"{each.id}: {problem}")
        self._models = models

    def _start(self, model: ExternalModel) -> None:
        """Start a model's command."""
        command = BackendCommand(model.backend, self._logs / f"{model.id}.log")
        process = Process(model.id, command, self._clock)
        name = port_file(model)
        self._running[name] = each = Running(model, command, process, self._ports / name)
        if sentence := process.start():
            self._note_end(each, sentence)

    def _keep_running(self, each: Running) -> None:
        """Start it again if it has died, and say where it listens once it does."""
        process = each.process
        if sentence := process.restart_if_dead():
            self._note_end(each, sentence)
        elif process.running and not each.is_listening:
            each.is_listening = readiness.listens(each.command.port)
            if each.is_listening:
                write(each.port_file, str(each.command.port))
            elif self._clock() - process.started_at > LISTEN_TIMEOUT:
                reason = "its command runs, but nothing listens on the PORT that it was given"
                write(each.port_file, f"{reason} (see {each.command.log.name})")

    def _note_end(self, each: Running, sentence: str) -> None:
        """Tell people that a command has ended, on the console and by the gateway."""
        each.is_listening, each.is_ready, each.has_failed = False, False, True
        self._report(sentence)
        write(each.port_file, f"its command {each.process.ended} (see {each.command.log.name})")

    def _drain_in_time(self, each: Running, unwanted_since: float) -> None:
        """Let an unwanted one drain once the gateway asks it no more."""
        now = self._clock()
        if each.drain_at is None and self._is_replaced(each, unwanted_since):
            each.drain_at = now + HANDOVER + min(each.model.timeout, MAX_REQUEST)
        if each.drain_at is not None and now >= each.drain_at:
            del self._running[each.port_file.name]
            each.port_file.unlink(missing_ok=True)
            each.process.terminate()
            self._draining.append((each.process, now + DRAIN_TIMEOUT))

    def _is_replaced(self, each: Running, unwanted_since: float) -> bool:
        """Whether nothing is to be waited for: another is ready, none is to come, or none comes."""
        other = self._running.get(self._wanted.get(each.model.service, ""))
        now = self._clock()
        if other is None or now - unwanted_since > READY_TIMEOUT:
            return True
        if other.is_listening and now >= other.next_health:
            other.next_health = now + HEALTH_INTERVAL
            other.is_ready = readiness.is_healthy(other.command.port, other.model)
        return other.is_ready


def port_file(model: ExternalModel) -> str:
    """The name of the file in which the port of a model's command is, or why there is none."""
    return f"{model.service}.{model.backend.start_digest}.port"


def write(file: Path, text: str) -> None:
    """Write a file in one step, so that nobody reads half of it."""
    beside = file.with_suffix(".new")
    beside.write_text(text + "\n", encoding="utf-8")
    beside.replace(file)
