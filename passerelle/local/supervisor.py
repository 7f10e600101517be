"""`passerelle up`: a whole manifest as processes of this machine, without Docker.

A process for each service and for each backend with a command, the gateway in front, the page
before it. The main loop polls: what died is started again, and a changed manifest is served once it
is baked. A changed model's new process takes over from the old one between two requests, once it is
ready.
"""

import shutil
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from passerelle.local import readiness
from passerelle.local.backends import Backends
from passerelle.local.baking import Result
from passerelle.local.clock import Clock
from passerelle.local.launch import Launcher, Service
from passerelle.local.options import Options
from passerelle.local.process import Process
from passerelle.local.reload import Lineup, Reloader

POLL_INTERVAL = 0.2  # seconds
DRAIN_TIMEOUT = 12.0  # seconds that a process has to finish what it is doing
READY_TIMEOUT = 120.0  # seconds that the models have to get ready
URL_TIMEOUT = 5.0  # seconds that a backend which others run has
DOOR = "the gateway"  # that is waited for where it alone isn't there yet


class Supervisor:
    """Everything that runs. Its main loop alone starts and stops processes."""

    def __init__(
        self,
        options: Options,
        launcher: Launcher,
        reloader: Reloader,
        report: Callable[[str], None],
        clock: Clock = time,
    ) -> None:
        self._options, self._launcher, self._reloader = options, launcher, reloader
        self._report, self._clock = report, clock
        self._services: dict[str, Service] = {}
        self._front: list[Process] = []  # the gateway and the page
        self._draining: list[Process] = []  # were replaced, and end by themselves
        self._folders: dict[str, Path] = {}  # of each model of ours that is served
        self._backends = Backends(options.logs, launcher.sockets, report, clock.monotonic)

    def run(self, lineup: Lineup, announce: Callable[[], None]) -> None:
        """Start, wait until all is ready, then poll until interrupted; leave nothing behind."""
        try:
            self.serve(lineup)
            if self._options.gateway:
                self._front.append(self._launcher.gateway())
            if self._options.page_port:
                self._front.append(self._launcher.frontend())
            self.wait_until_ready()
            announce()
            while True:
                self.poll()
        finally:
            self.stop()

    def serve(self, lineup: Lineup) -> None:
        """Make what runs be what a manifest has: start the new, replace the changed.

        A model whose new bake failed goes on with the artifact that it has.
        """
        self._backends.serve(lineup.external)
        results = lineup.results
        ids = {each.model.id for each in results}
        self._folders = {key: folder for key, folder in self._folders.items() if key in ids}
        self._folders |= {each.model.id: each.folder.resolve() for each in results if each.folder}
        wanted = self._folders_by_service(results)
        for name, folders in wanted.items():
            old = self._services.get(name)
            if old is None or old.folders != folders:
                self.replace(old, self._launcher.service(name, folders))
        for name in set(self._services) - set(wanted):
            self.drain(self._services.pop(name).process)

    def _folders_by_service(self, results: Iterable[Result]) -> dict[str, tuple[Path, ...]]:
        wanted: dict[str, tuple[Path, ...]] = {}
        for each in results:
            if folder := self._folders.get(each.model.id):
                wanted[each.model.service] = (*wanted.get(each.model.service, ()), folder)
        return wanted

    def replace(self, old: Service | None, new: Service) -> None:
        """Put a new process in a service's place; an old one serves until the new one is ready."""
        deadline = self._clock.monotonic() + READY_TIMEOUT
        while old and readiness.is_starting(new.address) and self._clock.monotonic() < deadline:
            self._clock.sleep(POLL_INTERVAL)
            self.restart_dead()
        self._launcher.link(new)
        self._services[new.name] = new
        if old:
            self.drain(old.process)

    def drain(self, process: Process) -> None:
        """Let a process finish what it is doing; it isn't started again."""
        process.terminate()
        self._draining.append(process)

    def poll(self) -> None:
        """One turn of the main loop."""
        self._clock.sleep(POLL_INTERVAL)
        self.restart_dead()
        if self._options.gateway:
            lineup = self._reloader.poll(frozenset(self._folders))
            if lineup is not None:
                self.serve(lineup)

    def restart_dead(self) -> None:
        """Start again what died, and forget what has drained."""
        for process in [*(each.process for each in self._services.values()), *self._front]:
            if sentence := process.restart_if_dead():
                self._report(sentence)
        self._draining = [process for process in self._draining if process.running]
        self._backends.poll()

    def wait_until_ready(self) -> None:
        """Wait for the models; report those that take longer than READY_TIMEOUT, and go on."""
        deadline = self._clock.monotonic() + READY_TIMEOUT
        while (pending := self.pending()) and self._clock.monotonic() < deadline:
            self.poll()
        if pending:
            self._report(
                f"not ready after {READY_TIMEOUT:g} s: {', '.join(sorted(pending))} "
                f"(see {self._options.logs})"
            )

    def pending(self) -> set[str]:
        """The models that may yet get ready; all of ours while the door or the page is shut."""
        if self._options.gateway:
            statuses = readiness.statuses_at_gateway(self._options)
        else:
            service = next(iter(self._services.values()))
            statuses = readiness.statuses(service.address)
        own = {key for key in self._folders if statuses.get(key) not in ("ready", "failed")}
        is_open = bool(statuses) or not self._options.gateway
        return own | self._backends.pending(statuses, URL_TIMEOUT) | (set() if is_open else {DOOR})

    def stop(self) -> None:
        """Stop the page first, then the gateway, then the services; leave nothing behind."""
        services = [service.process for service in self._services.values()] + self._draining
        services += self._backends.processes
        stages = [*([process] for process in reversed(self._front)), services]
        try:
            for stage in stages:
                for process in stage:
                    process.terminate()
                deadline = self._clock.monotonic() + DRAIN_TIMEOUT  # of all together
                for process in stage:
                    process.wait_or_kill(max(deadline - self._clock.monotonic(), 0))
        finally:  # a second Ctrl-C doesn't wait
            for stage in stages:
                for process in stage:
                    process.wait_or_kill(0)
            shutil.rmtree(self._launcher.sockets, ignore_errors=True)
