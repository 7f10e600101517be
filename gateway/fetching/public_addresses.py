"""Which addresses a picture may be fetched from: those of others, that everybody reaches.

Source: IANA's special-purpose address registries, which `ipaddress` knows, and forms of IPv6 in
which an address of IPv4 is hidden, RFC 4291, 6052, 3056, 4380 and 5214. A network that has its own
prefix for NAT64 (RFC 6052) must keep the gateway from private addresses itself.
"""

import contextlib
import ipaddress
import socket

GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")  # all of IPv6 that was given out so far
SPECIAL = tuple(
    ipaddress.ip_network(each)
    for each in (
        "0.0.0.0/8",  # this network
        "100.64.0.0/10",  # behind a provider's NAT, and Alibaba's metadata
        "168.63.129.16/32",  # Azure's platform, at an address of the public kind
        "192.0.0.0/24",  # the IETF's, and Oracle's metadata
        "192.88.99.0/24",  # relays of 6to4
        "198.18.0.0/15",  # benchmarks
        "224.0.0.0/3",  # many hosts at once, and reserved
        "2001::/23",  # the IETF's, and Teredo, in which IPv4 is hidden
        "2001:db8::/32",  # documents
        "2002::/16",  # 6to4, in which IPv4 is hidden
        "3fff::/20",  # documents
    )
)
ISATAP = (0x00005EFE, 0x02005EFE)  # before an address of IPv4 in an interface's identifier
DISCARD = 9  # the port of a look at a route, to which nothing is sent


def is_public(text: str) -> bool:
    """Whether a numeric address, as the resolver writes it, is one that everybody reaches."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        is_hiding = (int(address) >> 32) & 0xFFFFFFFF in ISATAP
        if address not in GLOBAL_UNICAST or address.scope_id or is_hiding:
            return False
    is_special = any(address in each for each in SPECIAL if each.version == address.version)
    return address.is_global and not address.is_multicast and not is_special


def is_own(text: str) -> bool:
    """Whether a numeric address is this machine's: the way there ends where it begins."""
    family = socket.AF_INET6 if ":" in text else socket.AF_INET
    with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as look:
        look.connect((text, DISCARD))
        return bool(look.getsockname()[0] == text)
    return False


def resolve(name: str) -> list[str]:
    """All addresses of a host's name, or the one that it is, in the order to try them.

    Raises:
        OSError, UnicodeError: there are none.
    """
    found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))
