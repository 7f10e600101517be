"""What the two clients share: the gateway, the key, how long and how often it is asked.

`Client` and `AsyncClient` add the waiting.
"""

import dataclasses
import urllib.parse
from collections.abc import Iterable

import httpx

from passerelle.client import errors
from passerelle.client.attempts import Attempt, Attempts, Timing
from passerelle.client.calls import Call
from passerelle.client.credentials import Credentials
from passerelle.client.reply import Received


class Core:
    """One gateway, asked by one caller. Its own fields never change, so that all may share it."""

    def __init__(
        self,
        url: str,
        credentials: Credentials,
        timeout: float | None,
        retries: int,
        timing: Timing,
    ) -> None:
        self.url, self._credentials = url.rstrip("/"), credentials
        self._timeout, self._retries, self._timing = timeout, retries, timing

    def _attempts(self, call: Call, timeout: float | None) -> Attempts:
        """The attempts of a call, with the key or the token.

        Raises:
            errors.InvalidRequest: the gateway's address is none, or the timeout.
        """
        if not _is_address(self.url):
            raise errors.InvalidRequest(f"{self.url} is no address. Write http://host:port.")
        headers = {**self._credentials.headers(), **call.headers}
        keyed = dataclasses.replace(call, headers=headers)
        seconds = self._timeout if timeout is None else timeout
        return Attempts(keyed, self.url, seconds, self._retries, self._timing)


def _is_address(url: str) -> bool:
    """Whether something can be asked there at all."""
    try:
        parts = urllib.parse.urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port or an address of IPv6 that is none
        return False


def request(http: httpx.Client | httpx.AsyncClient, attempt: Attempt) -> httpx.Request:
    """An attempt as the library has it."""
    timeout = httpx.Timeout(attempt.timeout, connect=attempt.connect_timeout)
    return http.build_request(
        attempt.method, attempt.url, headers=attempt.headers, content=attempt.body, timeout=timeout
    )


def received(attempt: Attempt, response: httpx.Response, parts: Iterable[bytes]) -> Received:
    """A response whose body has been read."""
    content = b"".join(parts)
    return Received(attempt.url, response.status_code, response.headers, content, attempt.seconds)
