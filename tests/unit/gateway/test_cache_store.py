"""What is kept for one model, by a clock of the test's own."""

import asyncio
import dataclasses

from gateway.cache_store import MAX_KEPT, CachedResponse, CacheKey, CacheStore
from gateway.transport import Response
from passerelle.manifest.model import Cache
from tests.unit.gateway import made

KEY = CacheKey("d" * 64, "/", "image/png", "", b"")


def store(size: int = 2, ttl: float = 10.0) -> tuple[CacheStore, list[float]]:
    """A store, and the time by which it goes."""
    now = [0.0]
    return CacheStore(Cache(size=size, ttl=ttl), clock=lambda: now[0]), now


def cached(found: CacheStore, request_id: str = "mine") -> CachedResponse:
    kept = found.cacheable(made.answer(request_id))
    assert kept
    return kept


def test_an_answer_of_others_is_kept_as_it_is_with_its_headers() -> None:
    headers = {"content-encoding": "br", "etag": '"a"', "server-timing": "infer;dur=2"}
    response = Response(200, headers, b'{"request_id": "theirs"}')
    kept = store()[0].cacheable(response, is_named=False)
    assert kept
    assert kept.etag == '"a"'
    found = kept.response_for("mine", {})
    assert found == Response(200, {"content-encoding": "br", "etag": '"a"'}, response.body)


def test_a_response_is_given_with_another_requests_id() -> None:
    found, _ = store()
    given = cached(found).response_for("another", {"age": "1"})
    assert b'"request_id": "another"' in given.body
    assert b"mine" not in given.body
    assert given.headers["age"] == "1"
    assert "artifact-digest" not in given.headers  # it belongs to the one request


def test_the_etag_is_of_the_content_and_not_of_the_id() -> None:
    found, _ = store()
    assert cached(found).etag == cached(found, "another").etag
    other = found.cacheable(Response(200, {}, b'{"request_id": "mine", "category": "dog"}'))
    assert other
    assert other.etag != cached(found).etag


def test_a_body_without_an_id_is_not_kept() -> None:
    found, _ = store()
    assert found.cacheable(Response(200, {}, b"{}")) is None


def test_a_picture_is_given_as_it_is_whatever_its_bytes_look_like() -> None:
    found, _ = store()
    png = made.png(b'"request_id": "theirs"')
    kept = found.cacheable(png)
    assert kept
    given = kept.response_for("another", {"age": "1"})
    assert (given.body, given.headers["content-type"]) == (png.body, "image/png")
    assert given.headers["vary"] == "Accept"
    assert "model" not in given.headers


def test_an_id_within_an_answer_is_left_alone() -> None:
    found, _ = store()
    body = b'{"model": "m", "result": {"request_id": "its own"}, "request_id": "mine"}'
    kept = found.cacheable(Response(200, {}, body))
    assert kept
    expected = body.replace(b'"mine"', b'"another"')
    assert kept.response_for("another", {}).body == expected


def test_a_large_response_is_not_kept() -> None:
    found, _ = store()
    large = b'{"model": "m", "data": "%s", "request_id": "mine"}' % (b"x" * MAX_KEPT)
    assert found.cacheable(Response(200, {}, large)) is None


def test_how_many_pictures_an_answer_is_to_stays_with_it() -> None:
    found, _ = store()
    kept = found.cacheable(dataclasses.replace(made.answer(), headers={"pictures": "3"}))
    assert kept
    assert kept.headers == {"pictures": "3"}


def test_a_response_is_kept_until_its_time_is_over() -> None:
    found, now = store(ttl=10.0)
    found.put(KEY, cached(found))
    now[0] = 9.9
    assert found.get(KEY)
    now[0] = 10.1
    assert found.get(KEY) is None


def test_the_least_recently_used_goes_first() -> None:
    found, _ = store(size=2)
    keys = [CacheKey(str(number), "/", "", "", b"") for number in range(3)]
    for key in keys[:2]:
        found.put(key, cached(found))
    assert found.get(keys[0])
    found.put(keys[2], cached(found))
    assert [found.get(key) is not None for key in keys] == [True, False, True]


async def test_of_identical_requests_one_leads_and_the_others_wait_for_it() -> None:
    found, _ = store()
    assert found.get_or_join(KEY) is None
    flights = [found.get_or_join(KEY) for _ in range(2)]
    assert isinstance(flights[0], asyncio.Future)
    assert flights[0] is flights[1]
    response = cached(found)
    found.complete(KEY, response, keep=True)
    assert flights[0].result() is response
    assert found.get_or_join(KEY) is response


async def test_what_may_not_be_kept_is_still_given_to_those_who_wait() -> None:
    found, _ = store()
    found.get_or_join(KEY)
    flight = found.get_or_join(KEY)
    assert isinstance(flight, asyncio.Future)
    response = cached(found)
    found.complete(KEY, response, keep=False)
    assert flight.result() is response
    assert found.get_or_join(KEY) is None  # the next one leads


async def test_a_flight_that_ends_with_nothing_says_so() -> None:
    found, _ = store()
    found.get_or_join(KEY)
    flight = found.get_or_join(KEY)
    assert isinstance(flight, asyncio.Future)
    found.complete(KEY, None, keep=True)
    assert flight.result() is None
    assert found.get(KEY) is None
