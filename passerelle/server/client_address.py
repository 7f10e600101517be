"""Whose request it is, by address: the client's, however many trusted proxies it came through.

Each proxy writes whom its own request came from behind what it was sent (RFC 7239, section 5.2; or
X-Forwarded-For, which has addresses alone). So the last entry is the word of whoever connected, the
one before it that of the proxy which the last entry names, and so on: an entry counts as long as
all behind it are trusted proxies. What stands before the first address that isn't one of these may
have been invented by it, and is never looked at.
"""

import functools
import ipaddress
import re
from collections.abc import Mapping, Sequence

MAX_PROXIES = 16  # one behind the other; entries before those of so many are not read
MAX_ENTRY = 200  # characters
UNIX = "unix"  # in place of a network: whoever connects over a Unix socket
FORWARDED = "forwarded"
_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # token: RFC 9110, section 5.6.2
_PAIR = rf'({_WORD})=({_WORD}|"(?:[^"\\]|\\.)*")'
_ELEMENT = re.compile(rf"{_PAIR}(?:[ \t]*;[ \t]*{_PAIR})*")
_PORT = r"(?::(?:[0-9]{1,5}|_[A-Za-z0-9._-]+))?"  # RFC 7239, section 6: perhaps a made-up name
_NODE = re.compile(rf"\[([0-9A-Fa-f:.]+)\]{_PORT}|([0-9.]+){_PORT}|([0-9A-Fa-f:.]+)")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Proxies:
    """The proxies that are trusted, and the header in which they say whose request it is."""

    def __init__(self, trusted: Sequence[str] = (), header: str = "X-Forwarded-For") -> None:
        self._networks = [network(each) for each in trusted if each != UNIX]
        self._trusts_sockets = UNIX in trusted
        self._header = header.lower()
        self._is_trusted = functools.lru_cache(1_000)(self._find)

    def addresses(self, peer: str, headers: Mapping[str, str]) -> tuple[str, ...]:
        """The client's address, and then those of the proxies that are trusted, up to the peer's.

        Those that are known: of a Unix socket's peer there is none, and a proxy may not say whom
        it was asked by. The names of `headers` are in lower case.
        """
        if not self._is_trusted(peer):
            return (normal(peer),) if peer else ()
        found = [normal(peer)] if peer else []
        for entry in reversed(entries(headers.get(self._header, ""))):
            text = forwarded_for(entry) if self._header == FORWARDED else entry
            address = parse(text)
            if address is None:
                break
            found.append(str(address))
            if not self._is_trusted(found[-1]):
                break
        return tuple(reversed(found))

    def _find(self, peer: str) -> bool:
        if not peer:
            return self._trusts_sockets
        address = ipaddress.ip_address(normal(peer))
        return any(address in each for each in self._networks)


def network(text: str) -> Network:
    """A network in CIDR notation, or one address.

    Raises:
        ValueError: it is none, or an address within a network.
    """
    return ipaddress.ip_network(text)


def is_trustable(text: str) -> bool:
    """Whether a text is a list of networks, separated by commas, as the setting has it."""
    try:
        for each in text.split(","):
            if each.strip() != UNIX:
                network(each.strip())
    except ValueError:
        return False
    return True


def entries(text: str) -> list[str]:
    """The last entries of a header. Neither form has a comma within an address."""
    return [each.strip() for each in text.rsplit(",", MAX_PROXIES)[-MAX_PROXIES:]]


def forwarded_for(element: str) -> str:
    """What an element of Forwarded says its request came from; nothing where it isn't well formed.

    A quoted text that holds a comma was cut in two, and so is not well formed.
    """
    if len(element) > MAX_ENTRY or not _ELEMENT.fullmatch(element):
        return ""
    found = [value for name, value in re.findall(_PAIR, element) if name.lower() == "for"]
    return found[0].strip('"') if len(found) == 1 else ""


def parse(text: str) -> Address | None:
    """The address of an entry, less its port; None of any other word, such as `unknown`."""
    match = _NODE.fullmatch(text) if len(text) <= MAX_ENTRY else None
    if match is None:
        return None
    try:
        return plain(ipaddress.ip_address(match[1] or match[2] or match[3]))
    except ValueError:
        return None


def plain(address: Address) -> Address:
    """An address of IPv4 that is written as one of IPv6, as IPv4's."""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def normal(peer: str) -> str:
    """The address of who connected as it is always written here, without its zone."""
    return peer if ":" not in peer else str(plain(ipaddress.ip_address(peer.partition("%")[0])))
