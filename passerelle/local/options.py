"""What `passerelle up` was asked for, and the places that follow from it."""

import dataclasses
from pathlib import Path


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
    def artifacts(self) -> Path:
        """The folder of what was baked."""
        return self.state / "artifacts"

    @property
    def logs(self) -> Path:
        """The folder of what the processes print."""
        return self.state / "logs"

    def _url_of(self, port: int) -> str:
        host = "127.0.0.1" if self.host == "0.0.0.0" else self.host
        return f"http://{host}:{port}"
