"""Every way in which asking a gateway can fail.

    ClientError
    ├── InvalidRequest     the address, the key, the picture or a timeout can't be sent
    ├── ConnectionFailed   nothing answers at the address, or the connection broke
    ├── TimedOut           no answer in time, not even the gateway's own 504
    ├── UnreadableAnswer   an answer that no gateway gives, or of another task than expected
    └── Refused            the gateway's own problem: a status, and a sentence that says what to do

The text of each is a sentence for a person. What `httpx` raises is translated by one table.
"""

import contextlib
import json
import ssl
from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from passerelle.protocol import problems

MAX_SAID = 200  # characters of what a backend says in an error


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
        super().__init__(f"{self.reason}{request}")

    @property
    def reason(self) -> str:
        """The gateway's sentence, and behind it what a service of any make said itself."""
        backend = self.members.get("backend")
        body = backend.get("body") if isinstance(backend, dict) else None
        text = body if isinstance(body, str) or not body else json.dumps(body, allow_nan=False)
        said = f" It said: {' '.join(text.split()):.{MAX_SAID}}" if text else ""
        return f"{self.detail or self.title}{said}"

    @property
    def title(self) -> str:
        """The status in words, or its number where it has none."""
        try:
            return str(self.members.get("title") or problems.title(self.status))
        except LookupError:
            return f"status {self.status}"


_Translation = tuple[type[ClientError], str]

_INVALID: _Translation = (InvalidRequest, "The request to {url} can't be sent: {error}")
# The library's sentence would show the key.
_UNSENDABLE: _Translation = (
    InvalidRequest,
    "The request to {url} can't be sent: the key or a header has what HTTP can't carry.",
)
_AWAY: _Translation = (ConnectionFailed, "Nothing answers at {url}. Is `passerelle up` running?")
_BROKEN: _Translation = (ConnectionFailed, "The connection to {url} broke. Try again.")
_INSECURE: _Translation = (ConnectionFailed, "{url} can't be trusted: {error}")
_NO_PROXY: _Translation = (
    ConnectionFailed,
    "The environment's proxy for {url} does not answer. Mend https_proxy, or add to no_proxy.",
)
_BUSY: _Translation = (TimedOut, "All connections to {url} are in use. Ask less at once.")
_LATE: _Translation = (TimedOut, "{url} did not answer in time. Try again later.")
_UNREADABLE: _Translation = (UnreadableAnswer, "{url} gave no answer that can be read: {error}")

TRANSLATIONS: dict[type[Exception], _Translation] = {
    httpx.CloseError: _BROKEN,
    httpx.ConnectError: _AWAY,
    httpx.ConnectTimeout: _AWAY,
    httpx.CookieConflict: _UNREADABLE,
    httpx.DecodingError: _UNREADABLE,
    httpx.HTTPError: _UNREADABLE,
    httpx.HTTPStatusError: _UNREADABLE,
    httpx.InvalidURL: _INVALID,
    httpx.LocalProtocolError: _UNSENDABLE,
    httpx.NetworkError: _BROKEN,
    httpx.PoolTimeout: _BUSY,
    httpx.ProtocolError: _UNREADABLE,
    httpx.ProxyError: _NO_PROXY,
    httpx.ReadError: _BROKEN,
    httpx.ReadTimeout: _LATE,
    httpx.RemoteProtocolError: _BROKEN,
    httpx.RequestError: _UNREADABLE,
    httpx.RequestNotRead: _INVALID,
    httpx.ResponseNotRead: _UNREADABLE,
    httpx.StreamClosed: _BROKEN,
    httpx.StreamConsumed: _UNREADABLE,
    httpx.StreamError: _UNREADABLE,
    httpx.TimeoutException: _LATE,
    httpx.TooManyRedirects: _UNREADABLE,
    httpx.TransportError: _BROKEN,
    httpx.UnsupportedProtocol: _INVALID,
    httpx.WriteError: _BROKEN,
    httpx.WriteTimeout: _LATE,
    ssl.SSLError: _INSECURE,
    ImportError: _INVALID,  # a proxy of the environment that speaks SOCKS
    OSError: _INSECURE,  # SSL_CERT_FILE names no file
    UnicodeError: _UNSENDABLE,  # a key or an address that HTTP has no bytes for
    ValueError: _INVALID,  # a proxy of the environment that is no address
}


@contextlib.contextmanager
def translating(url: str) -> Iterator[None]:
    """Whatever the library raises inside the block, as an error of ours about an address."""
    try:
        yield
    except tuple(TRANSLATIONS) as error:
        raise translated(error, url) from error


def translated(error: Exception, url: str) -> ClientError:
    """The error of ours for one of `httpx`, or for its nearest class that the table has."""
    cause = _certificate_error(error) or error
    nearest = next(kind for kind in type(cause).__mro__ if kind in TRANSLATIONS)
    kind, sentence = TRANSLATIONS[nearest]
    return kind(sentence.format(url=url, error=cause))


def _certificate_error(error: BaseException | None) -> ssl.SSLError | None:
    """What is wrong with a certificate, which `httpx` has as a connection that wasn't made."""
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return error
        error = error.__cause__ or error.__context__
    return None
