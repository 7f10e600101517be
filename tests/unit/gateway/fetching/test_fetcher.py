"""Getting a picture: who is asked, what is sent there, and what of the answer counts."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from gateway import transport
from gateway.fetching import fetcher
from gateway.fetching.fetcher import Fetcher, Network
from gateway.transport import Parts, StreamedRequest, StreamedResponse
from passerelle.protocol import problems

URL = "https://a.example/cat.png"
ADDRESSES = {
    "a.example": ["8.8.4.4"],
    "b.example": ["8.8.8.8", "9.9.9.9"],
    "mixed.example": ["8.8.4.4", "10.0.0.1"],
    "inside.example": ["10.0.0.1"],
}


def reply(status: int = 200, *parts: bytes, **headers: str) -> StreamedResponse:
    """A host's answer, in parts."""

    async def body() -> Parts:
        for each in parts or (b"picture",):
            yield each

    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return StreamedResponse(status, named, b"", body())


def to(location: str) -> StreamedResponse:
    return reply(302, location=location)


class Hosts:
    """In place of the network: what is asked, of whom, and the replies in their order."""

    def __init__(self, *replies: StreamedResponse | Exception | Callable[[], Any]) -> None:
        self.replies, self.closed = list(replies), 0
        self.asked: list[tuple[str, str, str]] = []  # origin, address, target
        self.headers: list[Any] = []
        self.resolved: list[str] = []

    def resolve(self, name: str) -> list[str]:
        self.resolved.append(name)
        if name not in ADDRESSES:
            raise OSError
        return ADDRESSES[name]

    def pool(self, origin: str, address: str) -> Any:
        hosts = self

        class Pool:
            @contextlib.asynccontextmanager
            async def stream(
                self, request: StreamedRequest, _: float
            ) -> AsyncIterator[StreamedResponse]:
                hosts.asked.append((origin, address, request.target))
                hosts.headers.append(request.headers)
                found = hosts.replies.pop(0)
                if isinstance(found, Exception):
                    raise found
                yield await found() if callable(found) else found

            def close_idle(self) -> None:
                hosts.closed += 1

        return Pool()

    def network(self, **given: Any) -> Network:
        functions = {"resolve": self.resolve, "pool": self.pool, "is_own": lambda _: False}
        return Network(**(functions | given))


def nothing(_: int) -> None:
    """Any size will do."""


async def fetch(there: Hosts, url: str = URL, **given: Any) -> bytes:
    asked: dict[str, Any] = {"hosts": ["*"], "seconds": 5.0, "take": nothing} | given
    return await Fetcher(there.network()).fetch(url, **asked)


async def test_a_picture_is_got_from_the_address_that_was_looked_at() -> None:
    hosts, sizes = Hosts(reply(200, b"pic", b"ture", content_type="image/png")), list[int]()
    assert await fetch(hosts, take=sizes.append) == b"picture"
    assert hosts.asked == [("https://a.example", "8.8.4.4", "/cat.png")]
    assert hosts.resolved == ["a.example"]
    assert (sizes, hosts.closed) == ([3, 4], 1)


async def test_nothing_of_the_client_goes_along() -> None:
    hosts = Hosts(to("https://b.example/"), reply())
    await fetch(hosts)
    assert hosts.headers == [fetcher.HEADERS] * 2
    assert set(fetcher.HEADERS) == {"User-Agent", "Accept", "Accept-Encoding", "Connection"}


@pytest.mark.parametrize(
    "host",
    [
        "inside.example", "mixed.example", "nowhere.example", "127.0.0.1", "[::1]",
        "169.254.169.254", "[::ffff:169.254.169.254]", "[fd00::1]",
    ],
)  # fmt: skip
async def test_a_host_without_public_addresses_alone_is_asked_nothing(host: str) -> None:
    hosts = Hosts()
    with pytest.raises(problems.UnprocessableContent) as caught:
        await fetch(hosts, f"http://{host}/")
    told = " has no public address. Send the picture itself."
    assert caught.value.detail.endswith(told)
    assert "10.0.0.1" not in caught.value.detail
    assert hosts.asked == []


async def test_this_machines_own_public_address_is_asked_nothing() -> None:
    hosts = Hosts()
    own = Fetcher(hosts.network(is_own=lambda address: address == "8.8.4.4"))
    with pytest.raises(problems.UnprocessableContent, match="has no public address"):
        await own.fetch(URL, ["*"], 5.0, nothing)
    assert hosts.asked == []


async def test_another_address_is_tried_only_where_the_first_takes_no_connection() -> None:
    hosts = Hosts(transport.UnreachableError(), reply())
    assert await fetch(hosts, "https://b.example/") == b"picture"
    assert [each[1] for each in hosts.asked] == ["8.8.8.8", "9.9.9.9"]
    assert hosts.closed == 2
    for error in (transport.BrokenError("no HTTP"), OSError("reset")):
        with pytest.raises(problems.BadGateway, match=r"b\.example can't be reached, or broke off"):
            await fetch(Hosts(error), "https://b.example/")
    with pytest.raises(problems.BadGateway, match="can't be reached"):
        await fetch(Hosts(*[transport.UnreachableError()] * 2), "https://b.example/")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_followed(status: int) -> None:
    hosts = Hosts(reply(status, location="../dog.png?x=1"), reply())
    assert await fetch(hosts, "https://a.example/pictures/cat.png") == b"picture"
    assert hosts.asked[1] == ("https://a.example", "8.8.4.4", "/dog.png?x=1")
    assert hosts.resolved == ["a.example"] * 2


@pytest.mark.parametrize(
    ("location", "told"),
    [
        ("http://169.254.169.254/", "has no public address"),
        ("http://inside.example/", "has no public address"),
        ("http://[::ffff:a9fe:a9fe]/", "has no public address"),
        ("http://0xa9fea9fe/", "not well formed"),
        ("//169.254.169.254/", "has no public address"),
        ("https://c.example/", r"fetched from c\.example"),
        ("https://b.example:8443/", "the port 8443"),
        ("file:///etc/passwd", "neither https:// nor http://"),
        ("https://\xff\xfe/", "not well formed"),
        ("https://[", "not well formed"),
    ],
)
async def test_a_redirect_is_looked_at_like_the_first_address(location: str, told: str) -> None:
    for before in (0, 1, 2):  # redirects that are good
        hosts = Hosts(*[to("https://b.example/") for _ in range(before)], to(location))
        allowed = ["a.example", "b.example", "inside.example"]
        given = ["*"] if "no public" in told else allowed
        with pytest.raises(problems.UnprocessableContent, match=told):
            await fetch(hosts, hosts=given)
        assert len(hosts.asked) == before + 1


async def test_redirects_have_an_end() -> None:
    hosts = Hosts(*[to(f"/{number}") for number in range(9)])
    with pytest.raises(problems.UnprocessableContent, match="more than 3 times"):
        await fetch(hosts)
    assert len(hosts.asked) == 4


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (reply(404), "with the status 404 in place of the picture"),
        (reply(401), "the status 401"),
        (reply(500), "the status 500"),
        (reply(206), "the status 206"),
        (reply(204), "the status 204"),
        (reply(304), "the status 304"),
        (reply(302), "the status 302"),
        (reply(200, content_encoding="gzip"), "sends the picture compressed"),
        (reply(200, content_encoding="br"), "sends the picture compressed"),
        (reply(200, transfer_encoding="gzip, chunked"), "sends the picture compressed"),
        (reply(200, content_type="text/html; charset=utf-8"), "address is text/html. Name"),
        (reply(200, content_type="application/json"), "address is application/json"),
        (reply(200, content_type="multipart/form-data; boundary=b"), "is multipart/form-data"),
        (reply(200, content_type="application/pdf"), "is application/pdf"),
        (reply(200, b""), "answers with nothing"),
    ],
)
async def test_what_is_no_picture_is_told(given: StreamedResponse, told: str) -> None:
    if told == "answers with nothing":
        given = StreamedResponse(200, {}, b"", none())
    with pytest.raises(problems.UnprocessableContent, match=told):
        await fetch(Hosts(given))


async def none() -> Parts:
    """No parts."""
    for each in list[bytes]():
        yield each


@pytest.mark.parametrize("media_type", ["", "image/jpeg", "application/octet-stream", "text/plain"])
async def test_what_may_be_a_picture_is_got(media_type: str) -> None:
    assert await fetch(Hosts(reply(200, content_type=media_type))) == b"picture"


async def test_no_more_is_read_than_is_allowed() -> None:
    read = list[int]()

    async def endless() -> Parts:
        while True:
            read.append(1)
            yield bytes(10)

    def take(size: int) -> None:
        if len(read) * size > 50:
            raise problems.ContentTooLarge("too large")

    with pytest.raises(problems.ContentTooLarge):
        await fetch(Hosts(StreamedResponse(200, {}, b"", endless())), take=take)
    assert len(read) == 6


async def forever() -> None:
    """A host that does nothing."""
    await asyncio.get_running_loop().create_future()


async def test_a_slow_host_costs_the_requests_time_and_no_more() -> None:
    for given in (forever, TimeoutError()):
        with pytest.raises(problems.GatewayTimeout, match=r"address within 0\.01 s\. Send"):
            await fetch(Hosts(given), seconds=0.01)


async def test_a_look_up_that_hangs_is_waited_for_no_longer_than_its_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fetcher, "RESOLVE_TIMEOUT", 0.01)
    monkeypatch.setattr(fetcher, "MAX_LOOKUPS", 1)
    end = threading.Event()

    def resolve(_: str) -> list[str]:
        end.wait(5)
        return ["8.8.4.4"]

    found = Fetcher(Hosts(reply()).network(resolve=resolve))
    with pytest.raises(problems.UnprocessableContent, match="has no public address"):
        await found.fetch(URL, ["*"], 5.0, nothing)
    with pytest.raises(problems.ServiceUnavailable, match="hosts of pictures are being looked up"):
        await found.fetch(URL, ["*"], 5.0, nothing)
    monkeypatch.setattr(fetcher, "RESOLVE_TIMEOUT", 5.0)
    end.set()
    while True:  # until the thread has ended
        with contextlib.suppress(problems.ServiceUnavailable):
            assert await found.fetch(URL, ["*"], 5.0, nothing) == b"picture"
            break
        await asyncio.sleep(0)


async def test_so_many_are_fetched_at_once_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetcher, "MAX_FETCHES", 1)
    found = Fetcher(Hosts(forever, reply()).network())
    first = asyncio.ensure_future(found.fetch(URL, ["*"], 5.0, nothing))
    await asyncio.sleep(0)
    with pytest.raises(problems.ServiceUnavailable, match="1 pictures are being fetched already"):
        await found.fetch(URL, ["*"], 5.0, nothing)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    hosts = Hosts(reply())
    found._network = hosts.network()  # the first may have taken a reply, or not
    assert await found.fetch(URL, ["*"], 5.0, nothing) == b"picture"


def test_an_origin_is_connected_to_at_the_address_and_its_certificate_held_against_its_name() -> (
    None
):
    found = fetcher.pool("https://a.example", "8.8.4.4")
    assert (found._host, found._url.hostname, found._tls) == (  # what it is made of
        "8.8.4.4", "a.example", fetcher.tls(),
    )  # fmt: skip
    assert fetcher.tls().check_hostname
