"""The processes of a local run: a gunicorn for each service, one for the gateway, one for the page.

Each has its settings in its environment, as in a container. A service listens on a Unix socket of
its own; the gateway finds it at `{service}.sock`, which is a link to that.
"""

import dataclasses
import importlib.util
import itertools
import os
import sys
from pathlib import Path

from gateway.keys import plain_key
from passerelle.local import local_state
from passerelle.local.options import Options
from passerelle.local.process import Command, Process


@dataclasses.dataclass(frozen=True)
class Service:
    """A running service: the artifacts it serves, its process, and its gunicorn address."""

    name: str
    folders: tuple[Path, ...]
    process: Process
    address: str


def gunicorn(package: str) -> list[str]:
    """The command that serves one of our packages, which is not imported here."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(package)
    config = Path(spec.origin).with_name("gunicorn.conf.py")
    return [sys.executable, "-m", "gunicorn", "-c", str(config)]


class Launcher:
    """Starts the processes of one run, whose sockets lie in a folder of its own."""

    def __init__(self, options: Options, sockets: Path) -> None:
        self.sockets = sockets
        self._options = options
        self._numbers = itertools.count(1)  # of the sockets

    def service(self, name: str, folders: tuple[Path, ...]) -> Service:
        """A new process that serves these artifacts."""
        address = f"unix:{self.sockets}/{name}.{next(self._numbers)}"
        if not self._options.gateway:
            address = self._options.bind
        environ = {
            "PASSERELLE_ARTIFACTS": os.pathsep.join(map(str, folders)),
            "PASSERELLE_BIND": address,
        }
        return Service(name, folders, self._started(name, "services.model", environ), address)

    def link(self, service: Service) -> None:
        """Make the gateway's next request for a service go to this process, in one step."""
        beside = self.sockets / f"{service.name}.link"
        beside.symlink_to(service.address.removeprefix("unix:"))
        beside.replace(self.sockets / f"{service.name}.sock")

    def gateway(self) -> Process:
        """The gateway."""
        options = self._options
        environ = {
            "PASSERELLE_MANIFEST": str(options.manifest.absolute()),
            "PASSERELLE_KEYS": str(local_state.keys_file(options.state).absolute()),
            "PASSERELLE_UPSTREAM": f"unix:{self.sockets}/{{service}}.sock",
            "PASSERELLE_PORTS": str(self.sockets),
            "PASSERELLE_USAGE": str(local_state.usage_file(options.state).absolute()),
            "PASSERELLE_TRAFFIC": str(local_state.traffic_file(options.state).absolute()),
            "PASSERELLE_CAPTURE": str(local_state.capture_folder(options.state).absolute()),
            "PASSERELLE_HEADER_FILES": "",  # they are where the manifest says
            "PASSERELLE_BIND": options.bind,
            "PASSERELLE_UPSTREAM_AUTH": "",  # which is for services elsewhere
            "PASSERELLE_REFUSE_OTHERS": "0",  # a model goes on as it was while its change is baked
        }
        if options.page_port:
            plain_key.read_or_make(self._page_key, "frontend")  # made before the page looks for it
            environ["PASSERELLE_PAGE_KEY"] = str(self._page_key)
        return self._started("gateway", "gateway", environ)

    def frontend(self) -> Process:
        """The page."""
        environ = {
            "PASSERELLE_GATEWAY": self._options.url,
            "PASSERELLE_KEY_FILE": str(self._page_key),
            "PASSERELLE_BIND": self._options.page_bind,
        }
        return self._started("frontend", "services.frontend", environ)

    @property
    def _page_key(self) -> Path:
        return (self._options.state / "frontend.key").absolute()

    def _started(self, name: str, package: str, environ: dict[str, str]) -> Process:
        log = self._options.logs / f"{name}.log"
        process = Process(name, Command(gunicorn(package), environ, log))
        process.start()
        return process
