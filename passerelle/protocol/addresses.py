"""Where a process listens, and how it is reached there: `host:port`, an IPv6 host in brackets."""

import ipaddress
import re
import urllib.parse

MAX_PORT = 65535
# The host at which this machine reaches what listens on every interface.
_NEAREST = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}


def join(host: str, port: int) -> str:
    """`host:port`, as URLs and gunicorn write it."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def split(text: str) -> tuple[str, int]:
    """The host, without brackets, and the port of `host:port`; the host may be empty.

    Raises:
        ValueError: it is written otherwise.
    """
    host, colon, port = text.rpartition(":")
    if not colon or not is_port(port):
        raise ValueError(text)
    if host.startswith("[") and host.endswith("]"):
        return str(ipaddress.IPv6Address(host[1:-1])), int(port)
    if ":" in host or any(each.isspace() or each in "[]/" for each in host):
        raise ValueError(text)
    return host, int(port)


def is_port(text: str) -> bool:
    """Whether a text is a port's number."""
    is_number = text.isascii() and text.isdecimal() and len(text) <= len(str(MAX_PORT))
    return is_number and 1 <= int(text) <= MAX_PORT


def nearest(host: str) -> str:
    """Where this machine reaches what listens on a host: itself, where that is every interface."""
    return _NEAREST.get(host, host)


def is_near(host: str) -> bool:
    """Whether a host is this machine, or of a network that no proxy of the environment leads to.

    Such are addresses of private networks, and names that no one else may own (RFC 6761, RFC 6762,
    ICANN's `internal`), or that have no point: a container's, or a neighbour's.
    """
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host or host.endswith(_PRIVATE_NAMES)
    return address.is_private or address.is_loopback or address.is_link_local


def is_open(url: str) -> bool:
    """Whether others may listen in, or answer: plain http to a host that isn't near."""
    parts = urllib.parse.urlsplit(url)
    return parts.scheme != "https" and not is_near(parts.hostname or "")


_PRIVATE_NAMES = (".localhost", ".local", ".internal")


def is_url(text: str) -> bool:
    """Whether a text is the address of a server: http or https, a host, perhaps a port and a path.

    No name, query or fragment belongs to it.
    """
    try:
        url = urllib.parse.urlsplit(text)
        is_plain = not re.search(r"[\s?#@]", text) and url.port != 0
    except ValueError:  # a port or an address of IPv6 that is none
        return False
    return url.scheme in ("http", "https") and bool(url.hostname) and is_plain
