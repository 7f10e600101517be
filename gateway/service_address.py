"""Where the services are, as PASSERELLE_UPSTREAM says it."""

import ipaddress
import re
import urllib.parse

_PAIR = r"[a-z0-9-]+="


def find(setting: str, service: str) -> str:
    """Where a service is: from a template with `{service}` in it, or from `name=address` pairs.

    Raises:
        KeyError: pairs that don't name the service.
    """
    if re.match(_PAIR, setting):
        return _pairs(setting)[service]
    return setting.replace("{service}", service)


def is_setting(text: str) -> bool:
    """Whether a text is such a template or such pairs, each address well formed."""
    if not re.match(_PAIR, text):
        return _are_addresses(text.replace("{service}", "service"))
    is_whole = all(re.match(_PAIR, pair.strip()) for pair in text.split(","))
    return is_whole and all(map(_are_addresses, _pairs(text).values()))


def _pairs(setting: str) -> dict[str, str]:
    """The addresses by the services' names."""
    return dict(pair.strip().split("=", 1) for pair in setting.split(","))


def _are_addresses(text: str) -> bool:
    """Whether replicas' addresses can be asked: no name, query or fragment belongs to them."""
    try:
        return all(map(_is_address, text.split("|")))
    except ValueError:  # a port or an address of IPv6 that is none
        return False


def _is_address(text: str) -> bool:
    if text.startswith("unix:"):
        return len(text) > len("unix:")
    url = urllib.parse.urlsplit(text)
    is_plain = not re.search(r"[\s?#@]", text) and url.port != 0
    return url.scheme in ("http", "https") and bool(url.hostname) and is_plain


def origin(address: str) -> str:
    """An address without its path."""
    url = urllib.parse.urlsplit(address)
    return f"{url.scheme}://{url.netloc}"


def is_one_host(host: str) -> bool:
    """Whether a host stands for no more than one replica: an address, or this machine."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    return True
