"""Reading a request's body, in parts that a test gives."""

import pytest

from passerelle.protocol import problems
from passerelle.server import request_body
from passerelle.server.byte_budget import ByteBudget
from tests.unit.server import made


@pytest.mark.parametrize("parts", [(b"picture",), (b"pic", b"", b"ture")])
async def test_the_whole_body_is_read(parts: tuple[bytes, ...]) -> None:
    request = made.request("POST", "/", *parts)
    assert await request_body.read(request, 7) == b"picture"
    assert request.held == 7


async def test_one_byte_more_than_the_limit_is_too_large_before_it_is_read() -> None:
    unread = AssertionError("it was read")
    request = made.request("POST", "/", headers={"content-length": "7"}, error=unread)
    with pytest.raises(problems.ContentTooLarge, match="larger than 6 bytes"):
        await request_body.read(request, 6)


async def test_a_body_that_does_not_state_its_length_is_counted_as_it_comes() -> None:
    request = made.request(
        "POST", "/", b"pict", b"ure", b"!", headers={"transfer-encoding": "chunked"}
    )
    with pytest.raises(problems.ContentTooLarge, match="larger than 6 bytes"):
        await request_body.read(request, 6)
    assert request.held == 4


@pytest.mark.parametrize("headers", [{}, {"transfer-encoding": "chunked"}])
async def test_an_empty_body_is_told_how_to_send_one(headers: dict[str, str]) -> None:
    with pytest.raises(problems.InvalidRequest, match="curl --data-binary"):
        await request_body.read(made.request("POST", "/", headers=headers), 10)


async def test_a_body_that_breaks_off_is_told_so() -> None:
    broken = made.request(
        "POST", "/", b"pict", error=ConnectionError(), headers={"content-length": "7"}
    )
    with pytest.raises(problems.InvalidRequest, match="broke off"):
        await request_body.read(broken, 10)


async def test_a_body_that_is_not_well_formed_is_told_why() -> None:
    broken = made.request("POST", "/", b"pict", error=ConnectionError("No chunk has a size of +5."))
    with pytest.raises(problems.InvalidRequest, match="size of"):
        await request_body.read(broken, 10)


async def test_a_body_that_takes_too_long_is_told_so() -> None:
    late = made.request("POST", "/", b"pict", error=TimeoutError(), headers={"content-length": "7"})
    with pytest.raises(problems.RequestTimeout, match="did not arrive in time"):
        await request_body.read(late, 10)


async def test_a_client_that_is_gone_needs_no_answer() -> None:
    gone = made.request("POST", "/", headers={"content-length": "7"})

    async def receive() -> dict[str, str]:
        return {"type": "http.disconnect"}

    gone.receive = receive
    with pytest.raises(problems.ClientClosedRequest):
        await request_body.read(gone, 10)


async def test_a_compressed_body_is_refused() -> None:
    with pytest.raises(problems.UnsupportedMediaType, match="has the Content-Encoding gzip"):
        await request_body.read(
            made.request("POST", "/", b"x", headers={"content-encoding": "gzip"}), 10
        )


@pytest.mark.parametrize("encoding", ["Identity", " identity", ""])
async def test_a_body_that_says_that_it_is_not_compressed_is_read(encoding: str) -> None:
    request = made.request("POST", "/", b"x", headers={"content-encoding": encoding})
    assert await request_body.read(request, 10) == b"x"


async def test_past_the_bytes_that_all_bodies_may_hold_a_client_is_told_to_come_back() -> None:
    budget = ByteBudget(10)
    first = made.request("POST", "/", b"picture", budget=budget)
    await request_body.read(first, 10)
    second = made.request("POST", "/", b"four", budget=budget)
    with pytest.raises(problems.ServiceUnavailable, match="Too many large bodies") as raised:
        await request_body.read(second, 10)
    assert raised.value.headers == {"Retry-After": "1"}
    assert budget.left == 3
    third = made.request("POST", "/", b"two", budget=budget)
    assert await request_body.read(third, 10) == b"two"


async def test_bodies_that_grow_past_the_limit_together_are_stopped_as_they_grow() -> None:
    budget = ByteBudget(10)
    budget.take(4)
    request = made.request(
        "POST", "/", b"pict", b"ure", headers={"transfer-encoding": "chunked"}, budget=budget
    )
    with pytest.raises(problems.ServiceUnavailable, match="Too many large bodies"):
        await request_body.read(request, 10)
    assert (request.held, budget.left) == (4, 2)


async def test_a_body_counts_once_against_what_is_left() -> None:
    budget = ByteBudget(7)
    request = made.request("POST", "/", b"pict", b"ure", budget=budget)
    assert await request_body.read(request, 10) == b"picture"
    assert budget.left == 0


async def test_a_body_may_be_had_in_its_parts_which_nobody_counts() -> None:
    request = made.request("POST", "/", b"pic", b"", b"ture", headers={"content-encoding": "br"})
    assert [part async for part in request_body.parts(request)] == [b"pic", b"ture"]
    assert request.held == 0


@pytest.mark.parametrize(
    ("error", "problem"),
    [(TimeoutError(), problems.RequestTimeout), (ConnectionError(), problems.InvalidRequest)],
)
async def test_what_goes_wrong_between_parts_is_a_problem(
    error: Exception, problem: type[problems.Problem]
) -> None:
    found = request_body.parts(made.request("POST", "/", b"pic", error=error))
    assert await anext(found) == b"pic"
    with pytest.raises(problem):
        await anext(found)


@pytest.mark.parametrize("parts", [(), (b"pic", b"ture")])
async def test_any_body_may_be_read_whole_encoded_or_empty(parts: tuple[bytes, ...]) -> None:
    request = made.request("POST", "/", *parts, headers={"content-encoding": "br"})
    assert await request_body.read_any(request, 7) == b"".join(parts)
