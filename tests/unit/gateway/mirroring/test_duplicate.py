"""A mirrored request's own exchange."""

from gateway.mirroring import duplicate
from tests.unit.gateway import made
from tests.unit.gateway.mirroring import mirrored

ASKED = {
    "content-type": "image/png",
    "accept": "image/png",
    "cache-control": "no-cache",
    "x-request-timeout": "0.001",
    "x-api-key": "secret",
    "authorization": "Bearer secret",
    "cookie": "secret",
    "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "x-request-id": "mine",
}


def test_it_has_what_decides_the_answer_and_nothing_of_who_asked() -> None:
    route = mirrored.route("new")
    exchange = made.exchange(ASKED, {"top": "3"})
    found = duplicate.of(exchange, route)
    assert found.headers == {name: ASKED[name] for name in list(ASKED)[:3][::-1]}
    assert (found.model_id, found.payload, found.query) == ("new", b"picture", {"top": "3"})
    assert (found.client.api_key, found.client.addresses, found.timeout) == ("", (), None)
    assert (found.protocol, found.card) == ("passerelle", mirrored.CARD)


def test_its_trace_is_its_own_and_is_not_recorded() -> None:
    exchange = made.exchange(ASKED)
    first, second = (duplicate.of(exchange, mirrored.route("new")).trace for _ in range(2))
    assert first.trace_id not in (exchange.trace.trace_id, second.trace_id)
    assert first.request_id not in (exchange.trace.request_id, second.request_id)
    assert not first.is_sampled
