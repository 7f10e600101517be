"""Messages to who takes the spans."""

import gzip
import http.client
import urllib.parse
from typing import Any

import pytest

from passerelle.server.tracing import receiver
from passerelle.server.tracing.receiver import NotTakenError, Receiver


class Connection:
    """One that answers as it is told, or raises."""

    def __init__(
        self, status: int = 200, after: str | None = None, error: Exception | None = None
    ) -> None:
        self.status, self.after, self.error = status, after, error
        self.asked: tuple[Any, ...] = ()
        self.timeout = 0.0
        self.is_closed = False

    def connect(self, timeout: float) -> Any:
        self.timeout = timeout
        return self

    def request(self, *asked: Any) -> None:
        if self.error:
            raise self.error
        self.asked = asked

    def getresponse(self) -> Any:
        return self

    def read(self, _: int) -> bytes:
        return b"answer"

    def getheader(self, name: str) -> str | None:
        return self.after if name == "Retry-After" else None

    def close(self) -> None:
        self.is_closed = True


def send(connection: Connection, url: str = "http://a:4318/v1/traces") -> bytes:
    return Receiver(url, {"x-key": "mine"}, connection.connect).send(b"message", 2.5)


def not_taken(connection: Connection) -> NotTakenError:
    with pytest.raises(NotTakenError) as caught:
        send(connection)
    assert connection.is_closed
    return caught.value


def test_a_message_is_posted_compressed_with_the_headers_that_are_wanted() -> None:
    connection = Connection()
    assert send(connection) == b"answer"
    method, target, body, headers = connection.asked
    assert (method, target, connection.timeout) == ("POST", "/v1/traces", 2.5)
    assert gzip.decompress(body) == b"message"
    assert headers["x-key"] == "mine"
    assert headers["Content-Type"] == "application/x-protobuf"
    assert headers["Content-Encoding"] == "gzip"
    assert connection.is_closed


@pytest.mark.parametrize(
    ("url", "target"), [("http://a", "/"), ("http://a/b/v1/traces?x=1", "/b/v1/traces?x=1")]
)
def test_the_url_is_taken_as_it_is(url: str, target: str) -> None:
    connection = Connection()
    send(connection, url)
    assert connection.asked[1] == target


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_receiver_that_is_busy_is_asked_again_when_it_says(status: int) -> None:
    found = not_taken(Connection(status, "7"))
    assert (found.retry, found.after, str(found)) == (True, 7.0, f"it answers {status}")
    assert not_taken(Connection(status, "Thu, 01 Jan 2026 00:00:00 GMT")).after is None
    assert not_taken(Connection(status)).after is None


@pytest.mark.parametrize("status", [301, 400, 401, 404, 413, 500])
def test_one_that_refuses_is_not(status: int) -> None:
    found = not_taken(Connection(status, "7"))
    assert (found.retry, found.after) == (False, None)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (TimeoutError("timed out"), "it doesn't answer in time"),
        (ConnectionRefusedError(111, "Connection refused"), "connection refused"),
        (http.client.BadStatusLine("secret"), "BadStatusLine"),
        (OSError("secret at 10.0.0.1"), "OSError"),
    ],
)
def test_one_that_cant_be_reached_is_asked_again(error: Exception, reason: str) -> None:
    found = not_taken(Connection(error=error))
    assert (found.retry, str(found)) == (True, reason)


def test_connections_are_made_as_the_url_says() -> None:
    plain = receiver.connector(urllib.parse.urlsplit("http://[::1]:4318/v1/traces"))(3.0)
    assert (plain.host, plain.port, plain.timeout) == ("::1", 4318, 3.0)
    tls = receiver.connector(urllib.parse.urlsplit("https://collector.example/v1/traces"))(3.0)
    assert isinstance(tls, http.client.HTTPSConnection)
    assert (tls.host, tls.port) == ("collector.example", 443)
