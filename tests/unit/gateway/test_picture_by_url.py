"""The step of a request in which an address becomes its picture."""

import dataclasses
import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from gateway import picture_by_url
from gateway.exchange import Exchange
from gateway.fetching.fetcher import Fetcher
from gateway.history import History
from gateway.routes import Routes
from gateway.split_route import SplitRoute
from gateway.state import State
from passerelle.manifest.model import Fetch, Split
from passerelle.protocol import problems
from passerelle.server.messages import Request
from passerelle.server.pictures import picture
from passerelle.server.pictures.boxes import Box, Parts
from tests.unit.gateway import made

JSON = {"content-type": "application/json; charset=utf-8", "x-request-timeout": "4"}
URL = b'{"url": "https://a.example/cat.png"}'


class Pictures(Fetcher):
    """In place of the network."""

    def __init__(self, *parts: bytes) -> None:
        super().__init__()
        self.parts, self.asked = parts or (b"pic", b"ture"), list[Any]()

    async def fetch(
        self, text: str, hosts: Sequence[str], seconds: float, take: Callable[[int], None]
    ) -> bytes:
        """The parts, each counted."""
        self.asked.append((text, hosts, seconds))
        for each in self.parts:
            take(len(each))
        return b"".join(self.parts)


class Table:
    """A table that was read."""

    def __init__(self, fetch: Fetch | None) -> None:
        self.current = Routes({}, fetch)


def gateway(pictures: Fetcher, fetch: Fetch | None = Fetch(hosts=("a.example",))) -> State:  # noqa: B008  # it never changes
    table: Any = Table(fetch)
    return dataclasses.replace(made.state(made.Replies()), routes=table, fetcher=pictures)


def exchange(payload: bytes = URL, **given: Any) -> Exchange:
    found = made.exchange(JSON, payload=payload)
    found.protocol = "passerelle"
    for name, value in given.items():
        setattr(found, name, value)
    return found


async def complete(
    found: Exchange, pictures: Fetcher, request: Request | None = None, **given: Any
) -> None:
    request = request or made.request()
    await picture_by_url.complete(gateway(pictures, **given), found, request, made.route())


async def test_the_picture_takes_the_addresss_place_and_its_time_is_the_requests() -> None:
    found, pictures, request = exchange(), Pictures(), made.request()
    await complete(found, pictures, request)
    assert found.payload == b"picture"
    assert found.headers["content-type"] == "application/octet-stream"
    assert pictures.asked == [("https://a.example/cat.png", ("a.example",), 4.0)]
    assert 3.5 < float(found.headers["x-request-timeout"]) <= 4
    assert [*found.span.steps] == ["fetch"]
    assert found.span.fields == {"fetched_from": "a.example"}
    assert (request.held, request.budget.held) == (7, 7)


async def test_of_a_split_its_time_is_the_variants() -> None:
    found, pictures = exchange(headers={"content-type": "application/json"}), Pictures()
    model = Split(id="pets", title="", timeout=10, weights={"m": 100})
    split = SplitRoute(model, {"m": made.route(timeout=3.0)}, History())
    found.chosen = split.choose(found)
    await picture_by_url.complete(gateway(pictures), found, made.request(), split)
    assert [seconds for *_, seconds in pictures.asked] == [3.0]


@pytest.mark.parametrize(
    "found",
    [
        exchange(b"picture", headers={"content-type": "image/png"}),
        exchange(URL, headers={}),
        exchange(b'{"image": "AAAA"}'),
        exchange(b'{"image": "AAAA", "url": "https://a.example/"}'),
        exchange(b'{"images": ["AAAA"], "url": "https://a.example/"}'),
        exchange(b'["url"]'),
        exchange(b"{"),
        exchange(b"[" * 9_000),
        exchange(URL + b" " * 10_000),
        exchange(operation="infer"),
        exchange(protocol="raw"),
    ],
)
async def test_any_other_request_stays_as_it_is(found: Exchange) -> None:
    before, pictures = (found.payload, found.headers), Pictures()
    await complete(found, pictures)
    assert (found.payload, found.headers) == before
    assert (pictures.asked, found.span.steps) == ([], {})


async def test_without_hosts_in_the_manifest_it_is_said_what_to_write() -> None:
    pictures = Pictures()
    with pytest.raises(
        problems.InvalidRequest, match=r"fetch: \{hosts: \[images\.example\.com\]\}"
    ):
        await complete(exchange(), pictures, fetch=None)
    assert pictures.asked == []


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({"url": 5}, '"url" is no text'),
        ({"url": ""}, '"url" is no text'),
        ({"url": ["https://a.example/"]}, '"url" is no text'),
        ({"url": None}, '"url" is no text'),
        ({"url": "https://a.example/", "top": 5}, r"Write \?top=5 into the address"),
    ],
)
async def test_what_is_no_address_of_one_picture_is_told(document: Any, told: str) -> None:
    with pytest.raises(problems.InvalidRequest, match=told):
        await complete(exchange(json.dumps(document).encode()), Pictures())


async def test_a_picture_is_as_large_as_a_body_may_be_and_no_larger() -> None:
    await complete(exchange(), Pictures(bytes(10)))
    with pytest.raises(problems.ContentTooLarge, match=r"than 10 bytes\. Name a smaller"):
        await complete(exchange(), Pictures(bytes(6), bytes(5)))


async def test_it_counts_among_the_bytes_that_the_process_holds() -> None:
    request = made.request()
    request.budget.take(995)
    with pytest.raises(problems.ServiceUnavailable, match="Too many large pictures"):
        await complete(exchange(), Pictures(bytes(4), bytes(2)), request)
    assert (request.held, request.budget.held) == (4, 999)


async def test_boxes_beside_the_address_are_of_the_picture_there() -> None:
    box = {"xmin": 0, "ymin": 0, "xmax": 5, "ymax": 5}
    document = {"url": "https://a.example/cat.png", "boxes": [box]}
    found = exchange(json.dumps(document).encode())
    await complete(found, Pictures())
    parts = picture.find(found.payload, found.headers["content-type"])
    assert parts == Parts(b"picture", (Box(0, 0, 5, 5),))


async def test_an_address_of_no_host_is_in_the_log_without_one() -> None:
    found = exchange(b'{"url": "file:///etc/passwd"}')
    await complete(found, Pictures())
    assert found.span.fields == {"fetched_from": ""}
