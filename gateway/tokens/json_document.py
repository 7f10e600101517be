"""A JSON document at an address of an issuer: bounded in size and time, and from there alone."""

import dataclasses
import re
import threading
import time
import urllib.parse
from collections.abc import Callable, Mapping
from typing import Any

import requests
import urllib3

from gateway.tokens import strict_json
from passerelle.protocol import addresses

MAX_SECONDS = 10.0  # of a fetch
SILENCE = 5.0  # seconds that an issuer may say nothing
MAX_BYTES = 262_144
MAX_FETCHES = 16  # at once, those included that nobody waits for any more
HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "passerelle"}
NO_PROXY = {"http": "", "https": ""}
_MAX_AGE = re.compile(r"max-age=([0-9]{1,9})")
_fetches = threading.BoundedSemaphore(MAX_FETCHES)


class DocumentError(Exception):
    """There is no such document; the text says why, for the log."""


@dataclasses.dataclass(frozen=True)
class Document:
    """A JSON object, and how long it is good, if that is said."""

    content: Mapping[str, Any]
    max_age: float | None = None  # seconds


def get(url: str, connect: Callable[[], requests.Session] = requests.Session) -> Document:
    """The document at an address. It blocks, so it is called in a thread.

    Raises:
        DocumentError
    """
    if not _fetches.acquire(blocking=False):
        raise DocumentError(f"{MAX_FETCHES} fetches hang already")
    try:
        with connect() as session:
            session.auth = _unchanged  # no password of a .netrc goes along
            return _get(session, url)
    except (OSError, ValueError, urllib3.exceptions.HTTPError) as error:
        raise DocumentError(f"{url}: {type(error).__name__}: {error}") from error
    finally:
        _fetches.release()


def _get(session: requests.Session, url: str) -> Document:
    """The document, by the environment's proxy unless it is near.

    Raises:
        OSError, ValueError, urllib3.exceptions.HTTPError
    """
    deadline = time.monotonic() + MAX_SECONDS
    is_near = addresses.is_near(urllib.parse.urlsplit(url).hostname or "")
    with session.get(
        url, headers=HEADERS, timeout=SILENCE, stream=True, allow_redirects=False,
        proxies=NO_PROXY if is_near else None,
    ) as response:  # fmt: skip
        if response.status_code != requests.codes.ok:
            raise ValueError(f"it answers with the status {response.status_code}")
        content = bytearray()
        while part := response.raw.read1(MAX_BYTES):
            content += part
            if len(content) > MAX_BYTES or time.monotonic() > deadline:
                raise ValueError(f"it has over {MAX_BYTES} bytes, or takes over {MAX_SECONDS} s")
        return Document(strict_json.loads(bytes(content)), max_age(response.headers))


def max_age(headers: Mapping[str, str]) -> float | None:
    """The seconds that a response is good for, by its Cache-Control; None where that isn't said."""
    control = headers.get("Cache-Control", "").lower()
    if "no-store" in control or "no-cache" in control:
        return 0.0
    found = _MAX_AGE.search(control)
    return float(found[1]) if found else None


def _unchanged(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
