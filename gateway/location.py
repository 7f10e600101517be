"""Where a service is: its addresses, and the headers with which each is asked.

A process that `passerelle up` starts has another port each time. A file says which, and is read
again and again; or it says why there is none, in words for people.
"""

from pathlib import Path

from gateway import backend_headers, id_tokens, service_address
from gateway.backend_headers import BackendHeaders
from gateway.transport import Credentials
from passerelle.server import daemon_thread

Addresses = dict[str, Credentials | None]  # what gives each address's headers


class Location:
    """Of one service. Per process, of its event loop alone.

    `setting` is one address, or several with `|` between them; `auth` is how the service knows us,
    and `headers` are what the manifest adds to each request. With a `port_file`, the service is on
    this machine instead.
    """

    def __init__(
        self,
        setting: str,
        auth: str = "",
        headers: BackendHeaders | None = None,
        port_file: Path | None = None,
    ) -> None:
        self.setting, self.port_file = setting, port_file
        self.reason = ""  # why there is no address, where that is known
        self._headers = headers
        addresses = [] if port_file else setting.split("|")
        self.addresses: Addresses = {each: self._credentials(auth, each) for each in addresses}

    async def refresh(self) -> None:
        """Read again what is in files."""
        if self._headers:
            await self._headers.refresh()
        if self.port_file:
            found = await daemon_thread.run(read_port, self.port_file)
            self.reason = found if isinstance(found, str) else ""
            address = f"http://127.0.0.1:{found}"
            known = self.addresses.get(address) or self._credentials("", address)
            self.addresses = {address: known} if isinstance(found, int) else {}

    def _credentials(self, auth: str, address: str) -> Credentials | None:
        """What gives the headers that each request to an address has."""
        origin, headers = service_address.origin(address), self._headers
        if headers is None:
            return id_tokens.credentials_for(auth, origin)
        name = "X-Serverless-Authorization" if headers.has_authorization else "Authorization"
        token = id_tokens.credentials_for(auth, origin, name)
        return backend_headers.joined(token, headers.current)


def read_port(file: Path) -> int | str:
    """The port that a file says, or why there is none; nothing where the file isn't there."""
    try:
        text = file.read_text(encoding="utf-8").strip()
    except OSError:
        return ""
    return int(text) if text.isdecimal() else text
