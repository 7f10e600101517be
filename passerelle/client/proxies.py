"""What is asked by the environment's proxy: addresses that are far, and no other.

A proxy of the environment (`https_proxy`, `ALL_PROXY` and their like) leads out of a network. What
is near, this machine above all, it can't reach, or reaches another of the same name.
"""

import urllib.parse

import requests

from passerelle.protocol import addresses


def apply(session: requests.Session, url: str) -> None:
    """Make a session ask an address as the environment says: by its proxy, with its certificates.

    Nothing else is taken from there: `.netrc` holds no key of a gateway's.
    """
    if addresses.is_near(_host(url)):
        return
    found = requests.Session().merge_environment_settings(url, {}, None, None, None)
    session.proxies.update(found["proxies"])
    session.verify = found["verify"]


def _host(url: str) -> str:
    try:
        return urllib.parse.urlsplit(url).hostname or ""
    except ValueError:  # it can't be asked at all, and whoever asks says so
        return ""
