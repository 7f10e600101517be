"""The gateway as the page asks it: by the SDK, with the page's key, errors in the page's words."""

import contextlib
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import httpx

from passerelle.client import Client
from passerelle.client import errors as sdk_errors
from passerelle.server.settings import SettingError
from services.frontend import errors, settings


class Gateway:
    """One gateway. All threads share its connections. Per process."""

    def __init__(self, url: str, key_file: Path, http: httpx.Client) -> None:
        self._url, self._key_file, self._http = url, key_file, http
        self._keys: tuple[str, ...] = ()  # the file's, and the one before; replaced at once
        http.auth = Keys(lambda: self._keys)
        with contextlib.suppress(SettingError):
            self._read_keys()

    @contextlib.contextmanager
    def client(self) -> Iterator[Client]:
        """The SDK's client with the key as it is now. A visitor is told at once where to wait.

        Raises:
            PageError: for every error of the SDK, and for a key that can't be read.
        """
        try:
            self._read_keys()
            yield Client(self._url, http=self._http, retries=0)
        except SettingError as error:
            raise errors.key_refused(str(error)) from error
        except sdk_errors.ClientError as error:
            raise translated(error) from error

    def _read_keys(self) -> None:
        """Take the key that its file holds now before the one that it held.

        Those of the last time stay while the file can't be read.

        Raises:
            SettingError: it can't be read, and never could.
        """
        try:
            found = settings.read_key(self._key_file)
        except SettingError:
            if not self._keys:
                raise
            return
        if found not in self._keys[:1]:
            self._keys = (found, *self._keys[:1])


class Keys(httpx.Auth):
    """Asks with the key that was good last, and with the others where it is refused.

    A new key is read by the gateway a moment sooner or later than by the page. Until then it isn't
    tried again and again: the gateway would take that for guessing.
    """

    def __init__(self, keys: Callable[[], tuple[str, ...]]) -> None:
        self._keys = keys
        self._good = ""  # that was not refused the last time

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """The request with each key in turn, until one isn't refused."""
        good = self._good
        for key in sorted(self._keys(), key=lambda each: each != good):
            request.headers["X-API-Key"] = key
            response = yield request
            if response.status_code != 401:
                self._good = key
                return


def translated(error: sdk_errors.ClientError) -> errors.PageError:
    """The page's error for one of the SDK, or for its nearest class that the table has."""
    nearest = next(kind for kind in type(error).__mro__ if kind in TRANSLATIONS)
    return TRANSLATIONS[nearest](error)


def from_refused(error: sdk_errors.Refused) -> errors.PageError:
    """The gateway's problem in the page's words, with the gateway's own as the reason."""
    if error.status in (401, 403):
        return errors.key_refused(error.detail)
    kept = {name: error.headers[name] for name in ("Retry-After",) if name in error.headers}
    return errors.from_status(error.status, error.reason, kept)


# Reasons in place of the SDK's sentences, which may hold the gateway's address or the key.
NOT_SENT = "The key or the gateway's address is not well formed."
UNREADABLE = "The gateway's answer makes no sense."

TRANSLATIONS: dict[type[Exception], Callable[[Any], errors.PageError]] = {
    sdk_errors.ClientError: lambda _: errors.from_status(500),
    sdk_errors.ConnectionFailed: lambda _: errors.gateway_unreachable(),
    sdk_errors.InvalidRequest: lambda _: errors.key_refused(NOT_SENT),
    sdk_errors.Refused: from_refused,
    sdk_errors.TimedOut: lambda _: errors.from_status(504),
    sdk_errors.UnreadableAnswer: lambda _: errors.from_status(502, UNREADABLE),
}
