"""`passerelle up`: a whole manifest as processes of this machine, without Docker.

A process per service, each on a Unix socket, and the gateway in front. `{service}.sock` is a link
to the socket of the process that serves now, so that a changed model's new process can take over
from the old one between two requests.
"""

import dataclasses
import os
import queue
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import requests

import gateway
import services.model
from gateway.upstream import Upstream
from passerelle import baking, demo, manifest
from passerelle.baking import Result
from passerelle.process import Process

GATEWAY = Path(gateway.__file__).parent / "gunicorn.conf.py"
MODEL = Path(services.model.__file__).parent / "gunicorn.conf.py"
TICK = 0.2  # seconds between two looks at the processes
DRAIN = 12.0  # seconds that a process has to finish what it is doing
READY = 120.0  # seconds that the models have to get ready

Results = list[Result]


class LocalError(Exception):
    """A run that can't start; the text says what to do."""


@dataclasses.dataclass(frozen=True)
class Options:
    """What `passerelle up` was asked for."""

    manifest: Path
    state: Path  # artifacts, keys and logs
    host: str
    port: int
    gateway: bool = True

    @property
    def url(self) -> str:
        """Where this machine reaches what runs."""
        host = "127.0.0.1" if self.host == "0.0.0.0" else self.host
        return f"http://{host}:{self.port}"


@dataclasses.dataclass(frozen=True)
class Service:
    """A running service: the artifacts it serves, its process, and its gunicorn address."""

    folders: tuple[Path, ...]
    process: Process
    address: str


class Run:
    """Everything that runs. Its main loop alone starts and stops processes."""

    def __init__(self, options: Options, say: Callable[[str], None]) -> None:
        self.options, self.say = options, say
        self.sockets = Path(tempfile.mkdtemp(prefix="passerelle-", dir="/tmp"))
        self.services: dict[str, Service] = {}
        self.door: Process | None = None
        self.retired: list[Process] = []
        self.numbers = iter(range(1, 1 << 31))  # of the sockets
        self.stamp = options.manifest.stat().st_mtime_ns
        self.preparing = threading.Thread()  # bakes a changed manifest, one change at a time
        self.prepared: queue.SimpleQueue[Results] = queue.SimpleQueue()

    def up(self, results: Results, announce: Callable[[], None]) -> None:
        """Start, wait until all is ready, then tend until interrupted; leave nothing behind."""
        try:
            self.serve(results)
            if self.options.gateway:
                self.open_door()
            self.wait_until_ready({r.model.id for r in results if r.folder})
            announce()
            while True:
                time.sleep(TICK)
                self.tend()
                self.follow()
        finally:
            self.down()

    def serve(self, results: Results) -> None:
        """Make the services be those of the results: start the new, replace the changed."""
        wanted: dict[str, tuple[Path, ...]] = {}
        for each in results:
            if each.folder:
                others = wanted.get(each.model.service, ())
                wanted[each.model.service] = (*others, each.folder.resolve())
        for name, folders in wanted.items():
            old = self.services.get(name)
            if old is None or old.folders != folders:
                self.replace(name, old, self.started(name, folders))
        for name in set(self.services) - set(wanted):
            self.retire(self.services.pop(name).process)

    def started(self, name: str, folders: tuple[Path, ...]) -> Service:
        """A new process for a service."""
        address = f"unix:{self.sockets}/{name}.{next(self.numbers)}"
        if not self.options.gateway:
            address = f"{self.options.host}:{self.options.port}"
        environ = {
            "PASSERELLE_ARTIFACTS": os.pathsep.join(map(str, folders)),
            "PASSERELLE_BIND": address,
        }
        process = Process(name, MODEL, environ, self.log(name))
        process.start()
        return Service(folders, process, address)

    def replace(self, name: str, old: Service | None, new: Service) -> None:
        """Put a new process in a service's place; an old one serves until the new one is ready."""
        upstream, end = Upstream(name, new.address), time.monotonic() + READY
        while old and time.monotonic() < end:
            stand = {status.status for status in upstream.ask().values()}
            if stand and "starting" not in stand:
                break
            time.sleep(TICK)
            self.tend()
        beside = self.sockets / f"{name}.link"
        beside.symlink_to(new.address.removeprefix("unix:"))
        beside.replace(self.sockets / f"{name}.sock")
        self.services[name] = new
        if old:
            self.retire(old.process)

    def retire(self, process: Process) -> None:
        """Let a process finish what it is doing; it isn't started again."""
        process.ask_to_stop()
        self.retired.append(process)

    def open_door(self) -> None:
        """Start the gateway."""
        environ = {
            "PASSERELLE_MANIFEST": str(self.options.manifest.resolve()),
            "PASSERELLE_KEYS": str(demo.keys_file(self.options.state).resolve()),
            "PASSERELLE_UPSTREAM": f"unix:{self.sockets}/{{service}}.sock",
            "PASSERELLE_BIND": f"{self.options.host}:{self.options.port}",
        }
        self.door = Process("gateway", GATEWAY, environ, self.log("gateway"))
        self.door.start()

    def log(self, name: str) -> Path:
        """The file that takes what a process prints."""
        return self.options.state / "logs" / f"{name}.log"

    def wait_until_ready(self, models: set[str]) -> None:
        """Wait for the models, tending the processes meanwhile.

        Raises:
            LocalError: they aren't ready after READY seconds.
        """
        end = time.monotonic() + READY
        while not self.ready(models):
            if time.monotonic() > end:
                raise LocalError(
                    f"Not every model is ready after {READY:g} s. See {self.log('gateway').parent}."
                )
            time.sleep(TICK)
            self.tend()

    def ready(self, models: set[str]) -> bool:
        """Whether all these models are ready, or failed for good."""
        try:
            if not self.options.gateway:
                return requests.get(f"{self.options.url}/health/ready", timeout=2).ok
            headers = {"X-API-Key": demo.saved(self.options.state)}
            told = requests.get(f"{self.options.url}/models", headers=headers, timeout=2).json()
        except (requests.RequestException, ValueError):
            return False
        statuses = {each["id"]: each["status"] for each in told.get("models", ())}
        return all(statuses.get(model) in ("ready", "failed") for model in models)

    def tend(self) -> None:
        """Start again what died, and forget what was retired and is gone."""
        alive = [service.process for service in self.services.values()]
        for process in [*alive, *([self.door] if self.door else [])]:
            if news := process.tend():
                self.say(news)
        self.retired = [process for process in self.retired if process.running]

    def follow(self) -> None:
        """Take up a changed manifest: bake at the side, then serve what was baked.

        The gateway follows the same file by itself, and refuses a broken edit like this does.
        """
        if not self.options.gateway:
            return
        if not self.prepared.empty():
            self.serve(self.prepared.get())
        try:
            stamp = self.options.manifest.stat().st_mtime_ns
        except OSError:
            return
        if stamp != self.stamp and not self.preparing.is_alive():
            self.stamp = stamp
            self.preparing = threading.Thread(target=self.prepare, daemon=True)
            self.preparing.start()

    def prepare(self) -> None:
        """Read the changed manifest and bake what is missing."""
        try:
            models = manifest.read(self.options.manifest)
        except manifest.ManifestError as error:
            self.say(f"The change is refused, the last good one keeps serving:\n{error}")
            return
        artifacts = self.options.state / "artifacts"
        results = []
        for model in models:
            if not baking.found(model, artifacts):
                self.say(f"baking {model.id}")
            results.append(baking.bake(model, artifacts, lambda *_: None))
            if results[-1].error:
                self.say(f"{model.id} was not baked: {results[-1].error}")
        self.prepared.put(results)
        self.say(f"{self.options.manifest} was changed and is in use")

    def down(self) -> None:
        """Close the door first, then stop the services, and leave nothing behind."""
        behind = [service.process for service in self.services.values()] + self.retired
        stages = [[self.door] if self.door else [], behind]
        try:
            for stage in stages:
                for process in stage:
                    process.ask_to_stop()
                for process in stage:
                    process.wait(DRAIN)
        finally:  # a second Ctrl-C doesn't wait
            for stage in stages:
                for process in stage:
                    process.wait(0)
            shutil.rmtree(self.sockets, ignore_errors=True)


def refuse_taken_port(host: str, port: int) -> None:
    """Say so before anything is started.

    Raises:
        LocalError
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise LocalError(
                f"Port {port} on {host} can't be had ({error.strerror}). "
                f"Stop what uses it, or choose another: PORT={port + 1} make up"
            ) from None
