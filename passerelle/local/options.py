"""What `passerelle up` was asked for, and the places that follow from it."""

import dataclasses
from pathlib import Path

from passerelle.protocol import addresses


@dataclasses.dataclass(frozen=True)
class Options:
    """One local run."""

    manifest: Path
    state: Path  # artifacts, keys and logs
    host: str
    port: int
    gateway: bool = True
    page_port: int | None = None  # None: no page

    @property
    def url(self) -> str:
        """The address of the gateway, or of the one service, for this machine."""
        return self._url_of(self.port)

    @property
    def page_url(self) -> str:
        """The address of the page for this machine; empty where there is none."""
        return self._url_of(self.page_port) if self.page_port else ""

    @property
    def bind(self) -> str:
        """What the gateway, or the one service, listens on."""
        return addresses.join(self.host, self.port)

    @property
    def page_bind(self) -> str:
        """What the page listens on; empty where there is none."""
        return addresses.join(self.host, self.page_port) if self.page_port else ""

    @property
    def artifacts(self) -> Path:
        """The folder of what was baked."""
        return self.state / "artifacts"

    @property
    def logs(self) -> Path:
        """The folder of what the processes print."""
        return self.state / "logs"

    def _url_of(self, port: int) -> str:
        return f"http://{addresses.join(addresses.nearest(self.host), port)}"
