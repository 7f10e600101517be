"""`passerelle up`: a whole manifest as processes of this machine, without Docker.

A process per service, each on a Unix socket, the gateway in front, the page before it.
`{service}.sock` is a link to the socket of the process that serves now, so that a changed model's
new process can take over from the old one between two requests.
"""

import dataclasses
import os
import queue
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import requests

import gateway
import services.frontend
import services.model
from gateway import api_keys
from passerelle.client import Client, errors
from passerelle.local import baking, local_state, preflight, readiness
from passerelle.local.baking import Result
from passerelle.local.process import Process
from passerelle.manifest import reading
from passerelle.server import file_watcher

GATEWAY = Path(gateway.__file__).parent / "gunicorn.conf.py"
FRONTEND = Path(services.frontend.__file__).parent / "gunicorn.conf.py"
MODEL = Path(services.model.__file__).parent / "gunicorn.conf.py"
TICK = 0.2  # seconds between two looks at the processes
DRAIN = 12.0  # seconds that a process has to finish what it is doing
READY = 120.0  # seconds that the models have to get ready

Results = list[Result]


@dataclasses.dataclass(frozen=True)
class Options:
    """What `passerelle up` was asked for."""

    manifest: Path
    state: Path  # artifacts, keys and logs
    host: str
    port: int
    gateway: bool = True
    page_port: int | None = None  # None: no page

    @property
    def url(self) -> str:
        """Where this machine reaches what runs."""
        return self.at(self.port)

    @property
    def page_url(self) -> str:
        """Where this machine reaches the page; nothing where there is none."""
        return self.at(self.page_port) if self.page_port else ""

    def at(self, port: int) -> str:
        """Where this machine reaches a port."""
        host = "127.0.0.1" if self.host == "0.0.0.0" else self.host
        return f"http://{host}:{port}"


@dataclasses.dataclass(frozen=True)
class Service:
    """A running service: the artifacts it serves, its process, and its gunicorn address."""

    folders: tuple[Path, ...]
    process: Process
    address: str


class Run:
    """Everything that runs. Its main loop alone starts and stops processes."""

    def __init__(
        self, options: Options, stamp: tuple[int, ...], say: Callable[[str], None]
    ) -> None:
        self.options, self.say = options, say
        self.stamp = stamp  # of the manifest that is being served
        self.services: dict[str, Service] = {}
        self.front: list[Process] = []  # the gateway and the page
        self.retired: list[Process] = []
        self.numbers = iter(range(1, 1 << 31))  # of the sockets
        self.folders: dict[str, Path] = {}  # of each model that is served
        self.sockets = preflight.sockets()
        self.preparing = threading.Thread()  # bakes a changed manifest, one change at a time
        self.prepared: queue.SimpleQueue[Results] = queue.SimpleQueue()

    def up(self, results: Results, announce: Callable[[], None]) -> None:
        """Start, wait until all is ready, then tend until interrupted; leave nothing behind."""
        try:
            self.serve(results)
            if self.options.gateway:
                self.open_door()
            if self.options.page_port:
                self.show_page(self.options.page_port)
            self.wait_until_ready()
            announce()
            while True:
                self.tick()
        finally:
            self.down()

    def serve(self, results: Results) -> None:
        """Make the services be those of the results: start the new, replace the changed.

        A model whose new bake failed goes on with the artifact that it has.
        """
        ids = [each.model.id for each in results]
        self.folders = {key: folder for key, folder in self.folders.items() if key in ids}
        self.folders |= {each.model.id: each.folder.resolve() for each in results if each.folder}
        wanted: dict[str, tuple[Path, ...]] = {}
        for each in results:
            if each.model.id in self.folders:
                others = wanted.get(each.model.service, ())
                wanted[each.model.service] = (*others, self.folders[each.model.id])
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
        process = Process(name, MODEL, environ, self.logs / f"{name}.log")
        process.start()
        return Service(folders, process, address)

    def replace(self, name: str, old: Service | None, new: Service) -> None:
        """Put a new process in a service's place; an old one serves until the new one is ready."""
        end = time.monotonic() + READY
        while old and time.monotonic() < end:
            statuses = readiness.statuses(readiness.connection(new.address)).values()
            if statuses and "starting" not in statuses:
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
            "PASSERELLE_KEYS": str(local_state.keys_file(self.options.state).resolve()),
            "PASSERELLE_UPSTREAM": f"unix:{self.sockets}/{{service}}.sock",
            "PASSERELLE_BIND": f"{self.options.host}:{self.options.port}",
            "PASSERELLE_REFUSE_OTHERS": "0",  # a model goes on as it was while its change is baked
        }
        if self.options.page_port:
            api_keys.from_key_file(
                self.page_key, "frontend"
            )  # made here, so that the page finds it too
            environ["PASSERELLE_PAGE_KEY"] = str(self.page_key)
        self.front.append(Process("gateway", GATEWAY, environ, self.logs / "gateway.log"))
        self.front[-1].start()

    def show_page(self, port: int) -> None:
        """Start the page."""
        environ = {
            "PASSERELLE_GATEWAY": self.options.url,
            "PASSERELLE_KEY_FILE": str(self.page_key),
            "PASSERELLE_BIND": f"{self.options.host}:{port}",
        }
        self.front.append(Process("frontend", FRONTEND, environ, self.logs / "frontend.log"))
        self.front[-1].start()

    @property
    def page_key(self) -> Path:
        """The file of the page's own key."""
        return (self.options.state / "frontend.key").resolve()

    @property
    def logs(self) -> Path:
        """The folder of what the processes print."""
        return self.options.state / "logs"

    def tick(self) -> None:
        """One turn of the main loop."""
        time.sleep(TICK)
        self.tend()
        self.follow()

    def wait_until_ready(self) -> None:
        """Wait for the models; say so when some take longer than READY seconds, and go on."""
        end = time.monotonic() + READY
        while (late := self.late()) and time.monotonic() < end:
            self.tick()
        if late:
            self.say(f"not ready after {READY:g} s: {', '.join(sorted(late))} (see {self.logs})")

    def late(self) -> set[str]:
        """The models that are neither ready nor failed for good."""
        try:
            if not self.options.gateway:
                found = requests.get(f"{self.options.url}/health/ready", timeout=2).json()
                statuses = {key: each["status"] for key, each in found["models"].items()}
            else:
                key = local_state.saved(self.options.state)
                statuses = {
                    each["id"]: each["status"] for each in Client(self.options.url, key).models()
                }
            if page := self.options.page_url:
                requests.get(f"{page}/health/live", timeout=2)
        except (requests.RequestException, errors.ClientError, ValueError, KeyError):
            return set(self.folders)
        return {key for key in self.folders if statuses.get(key) not in ("ready", "failed")}

    def tend(self) -> None:
        """Start again what died, and forget what was retired and is gone."""
        behind = [service.process for service in self.services.values()]
        for process in [*behind, *self.front]:
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
        stamp = file_watcher.stamp(self.options.manifest)
        if stamp != self.stamp and not self.preparing.is_alive():
            self.stamp = stamp
            self.preparing = threading.Thread(target=self.prepare, daemon=True)
            self.preparing.start()

    def prepare(self) -> None:
        """Read the changed manifest and bake what is missing."""
        try:
            models = reading.read(self.options.manifest)
        except reading.ManifestError as error:
            self.say(f"The change is refused, the last good one keeps serving:\n{error}")
            return
        artifacts = self.options.state / "artifacts"
        results = []
        for model in models:
            if not baking.find(model, artifacts):
                self.say(f"baking {model.id}")
            results.append(baking.bake(model, artifacts, lambda *_: None))
            if results[-1].error:
                went_on = "; the one before goes on" if model.id in self.folders else ""
                self.say(f"{model.id} was not baked{went_on}: {results[-1].error}")
        self.prepared.put(results)
        self.say(f"{self.options.manifest} was changed and is taken up")

    def down(self) -> None:
        """Stop the page first, then close the door, then the services; leave nothing behind."""
        behind = [service.process for service in self.services.values()] + self.retired
        stages = [*([each] for each in reversed(self.front)), behind]
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
