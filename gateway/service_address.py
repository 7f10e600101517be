"""Where the services are, as PASSERELLE_UPSTREAM says it."""

import ipaddress
import re
import urllib.parse

from passerelle.protocol import addresses

USUAL = "http://{service}:8080"  # unless the setting says otherwise
_PAIR = r"[a-z0-9-]+="


def find(setting: str, service: str) -> str:
    """Where a service is: from a template with `{service}` in it, or from `name=address` pairs.

    Raises:
        KeyError: pairs that don't name the service.
    """
    if re.match(_PAIR, setting):
        return _pairs(setting)[service]
    return setting.replace("{service}", service)


def of_image(setting: str, service: str, port: int) -> str:
    """Where a backend's image listens: at its own port, unless the setting says where it is."""
    if re.match(_PAIR, setting):
        return _pairs(setting).get(service) or f"http://{service}:{port}"
    return f"http://{service}:{port}" if setting == USUAL else find(setting, service)


def is_setting(text: str) -> bool:
    """Whether a text is such a template or such pairs, each address well formed."""
    if not re.match(_PAIR, text):
        return _are_addresses(text.replace("{service}", "service").replace("{project_number}", "1"))
    is_whole = all(re.match(_PAIR, pair.strip()) for pair in text.split(","))
    return is_whole and all(map(_are_addresses, _pairs(text).values()))


def _pairs(setting: str) -> dict[str, str]:
    """The addresses by the services' names."""
    return dict(pair.strip().split("=", 1) for pair in setting.split(","))


def _are_addresses(text: str) -> bool:
    """Whether replicas' addresses can be asked."""
    return all(map(_is_address, text.split("|")))


def _is_address(text: str) -> bool:
    is_socket = text.startswith("unix:") and len(text) > len("unix:")
    return is_socket or addresses.is_url(text)


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
