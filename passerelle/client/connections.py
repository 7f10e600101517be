"""The connections to a gateway; those to a far one are made as the environment says.

A proxy of the environment (`https_proxy`, `ALL_PROXY` and their like) leads out of a network. What
is near, this machine above all, it can't reach, or reaches another of the same name. Nothing else
is taken from there but what certificates are trusted: `.netrc` holds no key of a gateway's.
"""

import ssl
import urllib.parse
import urllib.request
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
        transport = _Transport if _proxy(url) and use_proxy else httpx.HTTPTransport
        return httpx.Client(transport=transport(**options(url, use_proxy=use_proxy)))


def new_async(url: str, *, use_proxy: bool = True) -> httpx.AsyncClient:
    """Connections for one event loop.

    Raises:
        errors.ClientError: the environment's proxy or certificates can't be used.
    """
    with errors.translating(url):
        transport = _AsyncTransport if _proxy(url) and use_proxy else httpx.AsyncHTTPTransport
        return httpx.AsyncClient(transport=transport(**options(url, use_proxy=use_proxy)))


def options(url: str, *, use_proxy: bool) -> dict[str, Any]:
    """What the library is told of an address."""
    if use_proxy and not addresses.is_near(_host(url)):
        return {"proxy": _proxy(url) or None, "trust_env": True}
    if url.lower().startswith("https:"):
        return {"trust_env": False}
    # Reading the certificates takes 25 ms, and here nothing is judged by them.
    return {"trust_env": False, "verify": ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)}


class _Transport(httpx.HTTPTransport):
    """By a proxy: what is not connected isn't the gateway."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return super().handle_request(request)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise httpx.ProxyError(str(error)) from error


class _AsyncTransport(httpx.AsyncHTTPTransport):
    """The same on an event loop."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return await super().handle_async_request(request)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise httpx.ProxyError(str(error)) from error


def _proxy(url: str) -> str:
    """The environment's proxy for an address that is far; empty where it has none."""
    host = _host(url)
    if addresses.is_near(host) or urllib.request.proxy_bypass(host):
        return ""
    proxies = urllib.request.getproxies()
    found = proxies.get(urllib.parse.urlsplit(url).scheme) or proxies.get("all", "")
    return found if "://" in found or not found else f"http://{found}"


def _host(url: str) -> str:
    try:
        return urllib.parse.urlsplit(url).hostname or ""
    except ValueError:  # it can't be asked at all, and whoever asks says so
        return ""
