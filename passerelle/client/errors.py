"""Every way in which asking a gateway can fail.

    ClientError
    ├── InvalidRequest     the address, the key or the picture can't be sent
    ├── ConnectionFailed   nothing answers at the address, or the connection broke
    ├── TimedOut           no answer in time
    ├── UnreadableAnswer   an answer that no gateway gives
    └── Refused            the gateway's own problem: a status, and a sentence that says what to do

The text of each is a sentence for a person. What `requests` raises is translated by one table.
"""

from collections.abc import Mapping
from typing import Any

import requests

from passerelle.protocol import problems


class ClientError(Exception):
    """No answer, or an error; the text says what to do."""


class InvalidRequest(ClientError):
    pass


class ConnectionFailed(ClientError):
    pass


class TimedOut(ClientError):
    pass


class UnreadableAnswer(ClientError):
    pass


class Refused(ClientError):
    """A problem (RFC 9457). `members` is the whole object, `headers` may hold Retry-After."""

    def __init__(self, status: int, members: dict[str, Any], headers: Mapping[str, str]) -> None:
        self.status, self.members, self.headers = status, members, headers
        self.detail = str(members.get("detail", ""))
        self.request_id = str(members.get("request_id", ""))
        request = f" (request {self.request_id})" if self.request_id else ""
        super().__init__(f"{self.detail or self.title}{request}")

    @property
    def title(self) -> str:
        """The status in words, or its number where it has none."""
        try:
            return str(self.members.get("title") or problems.title(self.status))
        except ValueError:
            return f"status {self.status}"


_Translation = tuple[type[ClientError], str]

_INVALID: _Translation = (InvalidRequest, "The request to {url} can't be sent: {error}")
_AWAY: _Translation = (ConnectionFailed, "Nothing answers at {url}. Is `passerelle up` running?")
_BROKEN: _Translation = (ConnectionFailed, "The connection to {url} broke. Try again.")
_INSECURE: _Translation = (ConnectionFailed, "{url} can't be trusted: {error}")
_NO_PROXY: _Translation = (
    ConnectionFailed,
    "The environment's proxy for {url} does not answer. Mend https_proxy, or add to no_proxy.",
)
_LATE: _Translation = (TimedOut, "{url} did not answer in time. Try again later.")
_UNREADABLE: _Translation = (UnreadableAnswer, "{url} gave no answer that can be read: {error}")

TRANSLATIONS: dict[type[Exception], _Translation] = {
    requests.exceptions.ChunkedEncodingError: _BROKEN,
    requests.exceptions.ConnectionError: _AWAY,
    requests.exceptions.ConnectTimeout: _AWAY,
    requests.exceptions.ContentDecodingError: _UNREADABLE,
    requests.exceptions.HTTPError: _UNREADABLE,
    requests.exceptions.InvalidHeader: _INVALID,
    requests.exceptions.InvalidJSONError: _INVALID,
    requests.exceptions.InvalidProxyURL: _INVALID,
    requests.exceptions.InvalidSchema: _INVALID,
    requests.exceptions.InvalidURL: _INVALID,
    requests.exceptions.JSONDecodeError: _UNREADABLE,
    requests.exceptions.MissingSchema: _INVALID,
    requests.exceptions.ProxyError: _NO_PROXY,
    requests.exceptions.ReadTimeout: _LATE,
    requests.exceptions.RequestException: _UNREADABLE,
    requests.exceptions.RetryError: _AWAY,
    requests.exceptions.SSLError: _INSECURE,
    requests.exceptions.StreamConsumedError: _UNREADABLE,
    requests.exceptions.Timeout: _LATE,
    requests.exceptions.TooManyRedirects: _UNREADABLE,
    requests.exceptions.UnrewindableBodyError: _INVALID,
    requests.exceptions.URLRequired: _INVALID,
    OSError: _INSECURE,  # REQUESTS_CA_BUNDLE names no file
    UnicodeError: _INVALID,  # a key or an address that HTTP has no bytes for
}


def translated(error: Exception, url: str) -> ClientError:
    """The error of ours for one of `requests`, or of its nearest class that the table has."""
    nearest = next(kind for kind in type(error).__mro__ if kind in TRANSLATIONS)
    kind, sentence = TRANSLATIONS[nearest]
    return kind(sentence.format(url=url, error=error))
