"""What a model's service is called: its host's name in a network, and its container's.

A name such as `50` or `0x10` never reaches a network's own names: every resolver takes it for an
IPv4 address, 0.0.0.50, as `inet_aton` has read numbers since 4.2BSD. `localhost` is this machine.
"""

import socket

from passerelle.manifest.schema import Entry

MAX_LENGTH = 63  # of one part of a host's name


def of(entry: Entry) -> str:
    """The service that an entry names, else its id, with `model-` before what is an address."""
    if entry.service:
        return entry.service
    return f"model-{entry.id}" if address(entry.id) else entry.id


def address(name: str) -> str:
    """The address that resolvers take a name for; empty where they look it up."""
    if name == "localhost":
        return "127.0.0.1"
    try:
        return socket.inet_ntoa(socket.inet_aton(name))
    except OSError:
        return ""
