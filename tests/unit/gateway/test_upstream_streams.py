"""What goes through as it comes, to one of a service's replicas."""

import pytest

from gateway import transport
from gateway.adapters.raw import Raw
from gateway.transport import Response, StreamedRequest
from gateway.upstream import Upstream
from passerelle.manifest.model import Backend
from tests.unit.gateway import made
from tests.unit.gateway.made import Replies

REQUEST = StreamedRequest("GET", "/")


def service(*replies: Response | Exception) -> Upstream:
    """One whose replicas have a reply each."""
    addresses = [f"{made.ADDRESS}{number}" for number in range(len(replies))]
    found = made.upstream(*addresses, adapter=Raw(Backend(url=made.ADDRESS)))
    for replica, reply in zip(found.replicas.values(), replies, strict=True):
        replica.pool = Replies(reply)  # type: ignore[assignment]  # in place of it
    return found


def held(found: Upstream) -> tuple[int, list[int]]:
    budget = found.limits.retry_budget
    return budget.requests.count, [each.in_flight.count for each in found.replicas.values()]


async def test_a_replica_is_busy_for_as_long_as_the_block() -> None:
    found = service(made.streamed(200, b"a"))
    async with found.stream("m", REQUEST, 1.0) as response:
        assert [part async for part in response.parts] == [b"a"]
        assert held(found) == (1, [1])
    assert held(found) == (0, [0])


async def test_a_replica_that_cannot_be_reached_is_marked_down_and_another_is_asked() -> None:
    found = service(transport.UnreachableError(), made.streamed(200, b"a"))
    async with found.stream("m", REQUEST, 1.0) as response:
        assert response.status == 200
    assert found.count_replicas("m") == {"ready": 1, "known": 2, "ejected": 0}
    assert held(found) == (0, [0, 0])


async def test_without_another_the_failure_is_the_answer() -> None:
    found = service(*[transport.UnreachableError()] * 2)
    with pytest.raises(transport.UnreachableError):
        async with found.stream("m", REQUEST, 1.0):
            pass
    assert held(found) == (0, [0, 0])


async def test_what_was_begun_is_not_sent_to_another() -> None:
    found = service(transport.BrokenError(), made.streamed(200))
    with pytest.raises(transport.BrokenError):
        async with found.stream("m", REQUEST, 1.0):
            pass
    assert found.count_replicas("m") == {"ready": 2, "known": 2, "ejected": 0}


async def test_what_breaks_in_the_midst_is_raised_where_it_is_taken() -> None:
    found = service(made.streamed(200, error=transport.BrokenError()))
    with pytest.raises(transport.BrokenError):
        async with found.stream("m", REQUEST, 1.0) as response:
            await anext(response.parts)
    assert held(found) == (0, [0])
