"""A backend that takes requests as they are."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import pytest

from gateway.adapters.raw import Raw
from gateway.exchange import AsSent, Exchange
from gateway.transport import BrokenError, Response, StreamedResponse
from passerelle.manifest.model import Backend
from passerelle.protocol import problems, statuses
from passerelle.protocol.problems import Problem
from tests.unit.gateway import made

HOST = "10.0.0.5:5000"


def adapter(**given: Any) -> Raw:
    found = Raw(Backend(**{"url": f"http://{HOST}", "path": "/predict"} | given))
    found.models = {"m": made.model()}
    return found


def exchange(
    method: str = "POST",
    below: str = "",
    headers: Mapping[str, str] | None = None,
    *,
    is_streamed: bool = True,
) -> Exchange:
    found = made.exchange({"x-api-key": "psl_key"} | dict(headers or {}))
    found.is_streamed, found.as_sent = is_streamed, AsSent(method, below)
    return found


async def check(response: StreamedResponse, asked: Exchange | None = None) -> StreamedResponse:
    return await adapter().check_head(response, asked or exchange(), made.model())


# The request.


def test_a_request_goes_on_as_it_was_sent_with_its_trace() -> None:
    parts = made.streamed(200, b"a").parts
    asked = exchange("PUT", "/a%2Fb?c", {"content-type": "a/b"})
    asked.as_sent = AsSent("PUT", "/a%2Fb?c", parts, 7)
    found = adapter().request(asked, made.model())
    assert (found.method, found.target) == ("PUT", "/predict/a%2Fb?c")
    assert (found.parts, found.length) == (parts, 7)
    assert found.headers == {"Content-Type": "a/b"} | asked.span.trace.headers


def test_a_backend_without_a_path_is_asked_at_its_root() -> None:
    assert adapter(path=None).request(exchange(), made.model()).target == "/"


async def test_a_body_that_was_read_whole_goes_on_whole() -> None:
    found = adapter().request(exchange(is_streamed=False), made.model())
    assert (found.length, found.body) == (7, b"")
    assert found.parts
    assert [part async for part in found.parts] == [b"picture"]


def test_a_request_in_anybody_elses_form_is_told_where_to_go() -> None:
    asked = made.exchange()  # of another front end
    with pytest.raises(problems.InvalidRequest, match="/model/m/predict"):
        adapter().request(asked, made.model())


# The response.


@pytest.mark.parametrize("status", [200, 201, 204, 206, 304, 300])
async def test_an_answer_goes_on_as_it_comes(status: int) -> None:
    response = made.streamed(status, b"a", b"b", headers={"content-encoding": "br", "date": "x"})
    found = await check(response)
    assert (found.status, found.headers) == (status, {"content-encoding": "br"})
    assert [part async for part in found.parts] == [b"a", b"b"]


async def test_an_error_is_a_problem_of_the_model_in_the_backends_words() -> None:
    response = made.streamed(422, b'{"error": ', b'"No text."}')
    with pytest.raises(Problem) as raised:
        await check(response)
    assert raised.value.status == 422
    assert raised.value.detail == "The service of m refuses the request (422): No text."
    assert raised.value.members == {"backend": {"status": 422, "body": {"error": "No text."}}}


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_not_followed_and_tells_nobody_where_it_leads(status: int) -> None:
    response = made.streamed(status, headers={"location": f"http://{HOST}/secret"})
    with pytest.raises(problems.BadGateway, match="redirect") as raised:
        await check(response)
    assert HOST not in str(vars(raised.value))


async def test_the_address_of_a_backend_is_cut_out_of_its_errors() -> None:
    with pytest.raises(Problem) as raised:
        await check(made.streamed(500, f"<a href='http://{HOST}/'>".encode()))
    assert raised.value.members["backend"]["body"] == "<a href='http://.../'>"


async def test_an_error_is_read_as_far_as_it_comes() -> None:
    with pytest.raises(Problem) as raised:
        await check(made.streamed(500, b"some", error=BrokenError()))
    assert raised.value.members["backend"]["body"] == "some"


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refusal_is_the_gateways_unless_the_client_brought_its_own_authorization(
    status: int,
) -> None:
    with pytest.raises(problems.BadGateway, match="refuses the gateway"):
        await check(made.streamed(status))
    own = exchange(headers={"authorization": "Bearer theirs"})
    with pytest.raises(Problem) as raised:
        await check(made.streamed(status), own)
    expected = f"The service of m refuses the request's Authorization ({status})."
    assert (raised.value.status, raised.value.detail) == (status, expected)


# Its status, and the cache.


def replies(*given: int) -> Any:
    left = list(given)
    asked: list[str] = []

    async def get(target: str) -> Response:
        asked.append(target)
        return Response(left.pop(0), {}, b"")

    return get, asked


@pytest.mark.parametrize(
    ("answer", "status", "reason"),
    [
        (200, statuses.READY, ""),
        (204, statuses.READY, ""),
        (404, statuses.UNAVAILABLE, "its /ping answers 404"),
        (302, statuses.UNAVAILABLE, "its /ping answers 302"),
        (503, statuses.UNAVAILABLE, "its /ping answers 503"),
    ],
)
async def test_its_health_says_whether_it_is_ready(answer: int, status: str, reason: str) -> None:
    get, asked = replies(answer)
    found = adapter(health="/ping")
    ((model_id, known),) = (await found.probe(get, {})).items()
    assert (model_id, known.status, known.reason) == ("m", status, reason)
    assert asked == ["/ping"]
    assert not found.needs_connection


async def test_without_health_it_is_ready_as_soon_as_it_takes_connections() -> None:
    get, asked = replies()
    found = adapter()
    assert (await found.probe(get, {}))["m"].status == statuses.READY
    assert (asked, found.needs_connection) == ([], True)


def test_answers_are_kept_as_they_are_unless_they_say_not_to() -> None:
    found = adapter()
    assert not found.names_requests
    assert found.is_by(Response(200, {}, b""), "")
    assert not found.is_by(Response(200, {"cache-control": "private, No-Store"}, b""), "")
    request = found.request(exchange(headers={"accept-language": "de"}), made.model())
    other = dataclasses.replace(request, headers={})
    assert found.variant(request) != found.variant(other)
