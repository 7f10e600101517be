"""Who takes the spans: OTLP over HTTP, one message a connection.

Source: https://opentelemetry.io/docs/specs/otlp/#otlphttp
"""

import gzip
import http.client
import ssl
import urllib.parse
from collections.abc import Callable, Mapping

MEDIA_TYPE = "application/x-protobuf"
RETRYABLE = (429, 502, 503, 504)
MAX_ANSWER = 65_536  # bytes that are read of what it answers


class NotTakenError(Exception):
    """A message wasn't taken; the text says why, without an address or a header of ours."""

    def __init__(self, reason: str, *, retry: bool, after: float | None = None) -> None:
        super().__init__(reason)
        self.retry, self.after = retry, after  # seconds that the receiver asks to wait, if it does


Connect = Callable[[float], http.client.HTTPConnection]  # with a timeout in seconds


class Receiver:
    """At a URL, with the headers that it wants. Of one thread alone."""

    def __init__(
        self, url: str, headers: Mapping[str, str], connect: Connect | None = None
    ) -> None:
        found = urllib.parse.urlsplit(url)
        self._target = urllib.parse.urlunsplit(("", "", found.path or "/", found.query, ""))
        self._headers = {
            **headers, "Content-Type": MEDIA_TYPE, "Content-Encoding": "gzip",
            "User-Agent": "passerelle", "Connection": "close",
        }  # fmt: skip
        self._connect = connect or connector(found)

    def send(self, message: bytes, timeout: float) -> bytes:
        """Send an encoded message; what is answered to it.

        Raises:
            NotTakenError
        """
        connection = self._connect(timeout)
        try:
            body = gzip.compress(message, 1)
            connection.request("POST", self._target, body, self._headers)
            response = connection.getresponse()
            answer = response.read(MAX_ANSWER)
        except (OSError, http.client.HTTPException) as error:
            raise NotTakenError(reason(error), retry=True) from None
        finally:
            connection.close()
        if response.status // 100 == 2:
            return answer
        retry = response.status in RETRYABLE
        after = seconds(response.getheader("Retry-After")) if retry else None
        raise NotTakenError(f"it answers {response.status}", retry=retry, after=after)


def connector(url: urllib.parse.SplitResult) -> Connect:
    """What makes connections to the host of a URL; by no proxy."""
    host, port = url.hostname or "", url.port
    if url.scheme == "https":
        tls = ssl.create_default_context()
        return lambda timeout: http.client.HTTPSConnection(host, port, timeout=timeout, context=tls)
    return lambda timeout: http.client.HTTPConnection(host, port, timeout=timeout)


def reason(error: Exception) -> str:
    """Why nothing was answered."""
    if isinstance(error, TimeoutError):
        return "it doesn't answer in time"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return type(error).__name__


def seconds(header: str | None) -> float | None:
    """A Retry-After that is a number of seconds; a date isn't worth a clock."""
    return float(header) if header and header.isascii() and header.isdecimal() else None
