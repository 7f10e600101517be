"""The connections to a gateway; those to a far one are made as the environment says.

A proxy of the environment (`https_proxy`, `ALL_PROXY` and their like) leads out of a network. What
is near, this machine above all, it can't reach, or reaches another of the same name. Nothing else
is taken from there but what certificates are trusted: `.netrc` holds no key of a gateway's.
"""

import ssl
import urllib.parse
from typing import Any

import httpx

from passerelle.client import errors
from passerelle.protocol import addresses


def new(url: str, *, use_proxy: bool = True) -> httpx.Client:
    """Connections that threads may share.

    Raises:
        errors.ClientError: the environment's proxy or certificates can't be used.
    """
    with errors.translating(url):
        return httpx.Client(**options(url, use_proxy=use_proxy))


def new_async(url: str, *, use_proxy: bool = True) -> httpx.AsyncClient:
    """Connections for one event loop.

    Raises:
        errors.ClientError: the environment's proxy or certificates can't be used.
    """
    with errors.translating(url):
        return httpx.AsyncClient(**options(url, use_proxy=use_proxy))


def options(url: str, *, use_proxy: bool) -> dict[str, Any]:
    """What the library is told of an address."""
    is_far = use_proxy and not addresses.is_near(_host(url))
    if is_far or url.lower().startswith("https:"):
        return {"trust_env": is_far}
    # Reading the certificates takes 25 ms, and here nothing is judged by them.
    return {"trust_env": False, "verify": ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)}


def _host(url: str) -> str:
    try:
        return urllib.parse.urlsplit(url).hostname or ""
    except ValueError:  # it can't be asked at all, and whoever asks says so
        return ""
