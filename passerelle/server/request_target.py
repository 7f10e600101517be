"""The target of a request, the second word of its line, in the forms of RFC 9112, section 3.2.

/path?query        origin-form: what everybody sends
http://host/path   absolute-form: what a proxy is asked; its host is that of the header
*                  asterisk-form: OPTIONS of the server itself
host:port          authority-form: CONNECT, which nobody here answers
"""

import re
import urllib.parse
from typing import NamedTuple

from passerelle.server.head import Head, RefusedError

_ABSOLUTE = re.compile(rb"https?://([^/?#]*)(.*)", re.IGNORECASE)
# RFC 3986, section 3.2.2: a name, or an address in brackets; with a port or without.
_HOST = re.compile(
    rb"(?:\[[0-9A-Fa-f.]*:[0-9A-Fa-f:.]+\]|(?:[\w.~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)(?::\d{0,5})?"
)


class Target(NamedTuple):
    """A target, and its parts as they were sent."""

    path: str  # percent-decoded
    sent: bytes  # path and query
    raw_path: bytes
    query: bytes


def check(head: Head, method: bytes) -> None:
    """Return only if the target is of a form that the method has, and for one host.

    Raises:
        RefusedError
    """
    hosts = head.get(b"host")
    if hosts and not _HOST.fullmatch(hosts[0]):
        raise RefusedError(400, "The Host header is no host. Send a name, or name:port.")
    url = head.url
    if b"#" in url:
        raise RefusedError(
            400, "The address has a fragment, which stays at the client: leave # out."
        )
    if url.startswith(b"/") or (url == b"*" and method == b"OPTIONS"):
        return
    absolute = _ABSOLUTE.fullmatch(url)
    if not absolute:
        raise RefusedError(400, "The address is no path. Write it from its first / on.")
    authority = absolute[1].lower()
    is_host = bool(authority) and _HOST.fullmatch(authority)
    if not is_host or (hosts and hosts[0].lower() != authority):
        raise RefusedError(400, "The address and the Host header name different hosts. Send one.")


def parse(url: bytes) -> Target:
    """The parts of a target that was checked. The host of an absolute one is left out."""
    if not url.startswith(b"/") and (absolute := _ABSOLUTE.fullmatch(url)):
        url = absolute[2] if absolute[2].startswith(b"/") else b"/" + absolute[2]
    raw, _, query = url.partition(b"?")
    text = raw.decode("latin-1")
    path = urllib.parse.unquote(text) if "%" in text else raw.decode(errors="replace")
    return Target(path, url, raw, query)
