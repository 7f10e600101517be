"""The address of a picture, as a client writes it, in the one form in which it is asked for.

    found = picture_url.parse("https://Images.Example.com/a b.jpg", hosts)
    found.origin, found.host, found.target
    "https://images.example.com", "images.example.com", "/a%20b.jpg"

Names that a resolver would take for an address, such as `0x7f.1`, and hosts that two parsers could
read as two, are no hosts here.
"""

import dataclasses
import ipaddress
import re
import urllib.parse
from collections.abc import Iterable

from passerelle.protocol import problems

MAX_LENGTH = 4096  # characters
PORTS = {"http": 80, "https": 443}  # by scheme; no others are asked
NAME = re.compile(r"(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_-]{1,63}")
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")  # a last label that makes a name an address
ADDRESS_6 = re.compile(r"\[([0-9A-Fa-f:.]+)\](:[0-9]*)?")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\\]")  # the last as browsers take it for a slash
IN_A_PATH = "!$&'()*+,;=:@/?%~[]"  # characters of a path and a query that stay
ANY = "*"
EXAMPLE = "https://images.example.com/cat.jpg"


@dataclasses.dataclass(frozen=True)
class PictureUrl:
    """Where a picture is."""

    scheme: str  # http or https
    host: str  # in lower case and ASCII, without a point behind it: a name, or an address
    target: str  # path and query

    @property
    def origin(self) -> str:
        """The address without the path."""
        return f"{self.scheme}://{f'[{self.host}]' if ':' in self.host else self.host}"

    @property
    def text(self) -> str:
        """All of it."""
        return self.origin + self.target


def parse(text: str, hosts: Iterable[str]) -> PictureUrl:
    """The address, if a picture may be fetched from its host.

    Raises:
        UnprocessableContent
    """
    if len(text) > MAX_LENGTH:
        raise problems.UnprocessableContent(
            f"The picture's address has more than {MAX_LENGTH:,} characters. Send a shorter one, "
            "or the picture itself."
        )
    if CONTROL.search(text):
        raise malformed()
    try:
        url = urllib.parse.urlsplit(text.strip())
        host, port = url.hostname or "", url.port
    except ValueError:
        raise malformed() from None
    if url.scheme not in PORTS:
        raise problems.UnprocessableContent(
            f"The picture's address begins with neither https:// nor http://. Write {EXAMPLE}, or "
            "send the picture itself."
        )
    if "@" in url.netloc:
        raise problems.UnprocessableContent(
            "The picture's address has a name or a password in it. Send the picture itself."
        )
    if port not in (None, PORTS[url.scheme]):
        raise problems.UnprocessableContent(
            f"The picture's address has the port {port}. https is asked at port 443 alone, and "
            "http at 80."
        )
    found = PictureUrl(url.scheme, canonical(host, url.netloc), target(url))
    if not is_allowed(found.host, hosts):
        raise problems.UnprocessableContent(
            f"No picture is fetched from {found.host}. Send the picture itself, or have the host "
            "written into the manifest's fetch: {hosts: […]}."
        )
    return found


def malformed() -> problems.Problem:
    """The problem of what is no address."""
    return problems.UnprocessableContent(
        f"The picture's address is not well formed. Write it like {EXAMPLE}."
    )


def canonical(host: str, netloc: str) -> str:
    """A host as it is asked and compared; `netloc` is how it was written.

    Raises:
        UnprocessableContent: it is none.
    """
    if "[" in netloc:
        written = ADDRESS_6.fullmatch(netloc)
        try:
            return str(ipaddress.IPv6Address(written[1] if written else netloc))
        except ValueError:
            raise malformed() from None
    try:
        name = host.encode("idna").decode("ascii").lower().removesuffix(".")
    except UnicodeError:
        raise malformed() from None
    if not NAME.fullmatch(name):
        raise malformed()
    if NUMBER.fullmatch(name.rpartition(".")[2]):
        try:
            return str(ipaddress.IPv4Address(name))
        except ValueError:
            raise malformed() from None
    return name


def target(url: urllib.parse.SplitResult) -> str:
    """The path and the query, in ASCII."""
    path = urllib.parse.quote(url.path or "/", safe=IN_A_PATH)
    query = f"?{urllib.parse.quote(url.query, safe=IN_A_PATH)}" if url.query else ""
    return path + query


def is_allowed(host: str, hosts: Iterable[str]) -> bool:
    """Whether a host is one of the manifest's: itself, below one that begins with `*.`, or any."""
    for each in hosts:
        pattern = each.lower().removesuffix(".")
        if pattern in (ANY, host):
            return True
        if pattern.startswith("*.") and host.endswith(pattern[1:]):
            return True
    return False
