"""A service some of whose answers fail: who is left out, and what is asked no more."""

import pytest

from gateway import transport
from gateway.balancing import breaker
from gateway.status import Status
from gateway.transport import Request, Response, StreamedRequest
from gateway.upstream import Upstream
from tests.unit.gateway import made
from tests.unit.gateway.made import Replies

FAILED = Response(500, {}, b"")
BUSY = Response(503, {"retry-after": "1"}, b"")


def with_pools(*pools: Replies) -> Upstream:
    """A service with a replica for each pool."""
    found = made.upstream(*(f"{made.ADDRESS}{number}" for number in range(len(pools))))
    for replica, pool in zip(found.replicas.values(), pools, strict=True):
        replica.pool = pool  # type: ignore[assignment]  # in place of it
        replica.statuses = {each: Status("ready") for each in ("m", "other")}
    return found


async def send(found: Upstream, model_id: str = "m", own_time: float = 10.0) -> int:
    request = Request("POST", "/", {}, b"picture")
    return (await found.send(model_id, lambda: (request, 1.0), own_time)).status


async def test_a_replica_whose_answers_fail_is_left_out_and_half_stays() -> None:
    pools = Replies(*[FAILED] * 9), Replies(*[made.answer()] * 9)
    found = with_pools(*pools)
    ejected: list[str] = []
    found.limits.shared.on_ejection = ejected.append
    for _ in range(14):
        await send(found)
    assert [len(each.requests) for each in pools] == [5, 9]
    assert ejected == ["m"]
    assert found.count_replicas("m") == {"ready": 2, "known": 2, "ejected": 1}
    assert found.count_replicas("other")["ejected"] == 0


async def test_where_the_last_one_cannot_be_reached_one_that_is_out_is_asked() -> None:
    bad, good = Replies(*[FAILED] * 5, made.answer()), Replies(*[made.answer()] * 5)
    found = with_pools(bad, good)
    for _ in range(10):
        await send(found)
    good.replies = [transport.UnreachableError()]
    assert await send(found) == 200
    assert found.count_replicas("m") == {"ready": 1, "known": 2, "ejected": 1}


async def test_a_model_that_fails_most_requests_is_asked_no_more_and_another_is() -> None:
    found = with_pools(Replies(*[FAILED] * breaker.LEAST_REQUESTS, made.answer()))
    for _ in range(breaker.LEAST_REQUESTS):
        assert await send(found) == 500
    with pytest.raises(breaker.Refused):
        await send(found)
    with pytest.raises(breaker.Refused):
        async with found.stream("m", StreamedRequest("GET", "/"), 1.0):
            pass
    assert await send(found, "other") == 200
    assert found.limits.retry_budget.requests.count == 0


@pytest.mark.parametrize("reply", [BUSY, Response(400, {}, b""), TimeoutError()])
async def test_what_is_no_fault_of_the_model_opens_nothing(reply: Response | Exception) -> None:
    """A timeout is one of the client's own, which is shorter than the model's."""
    found = with_pools(Replies(*[reply] * 50), Replies(*[reply] * 50))
    for _ in range(50):
        try:
            await send(found)
        except TimeoutError:
            assert isinstance(reply, TimeoutError)
    assert found.count_replicas("m")["ejected"] == 0
    assert not found.slots.load("m").breaker.is_open


async def test_timeouts_of_the_models_own_open_its_breaker() -> None:
    found = with_pools(Replies(*[TimeoutError()] * 20))
    for _ in range(20):
        with pytest.raises(TimeoutError):
            await send(found, own_time=0.0)
    assert found.slots.load("m").breaker.is_open


async def test_a_service_that_nobody_reaches_counts_once_a_request() -> None:
    found = with_pools(*[Replies(transport.UnreachableError()) for _ in range(2)])
    with pytest.raises(transport.UnreachableError):
        await send(found)
    assert found.slots.load("m").breaker._failed == 1
