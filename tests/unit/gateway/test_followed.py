"""Who follows a model has its requests once they are answered, and nobody else's."""

import asyncio
import contextlib
from typing import Any

import pytest

from gateway import followed
from gateway.balancing import breaker
from gateway.exchange import Exchange
from gateway.followed import Followed
from gateway.history import History
from gateway.route import Route
from gateway.split_route import Chosen, SplitRoute
from passerelle.manifest.model import Capture, Split
from passerelle.protocol import problems
from passerelle.server.messages import Request
from tests.unit.gateway import made


class Ears:
    """Keeps what it is told, if anything."""

    def __init__(self) -> None:
        self.found: list[Followed] = []

    def __call__(self, found: Followed) -> None:
        self.found.append(found)

    def after(
        self, exchange: Exchange, route: Route, error: BaseException | None = None, **said: Any
    ) -> Request:
        """What a request tells once it was answered like that."""
        request = made.request()
        expected = pytest.raises(type(error)) if error else contextlib.nullcontext()
        with expected, followed.counted([self], exchange, route, request) as outcome:
            if error:
                raise error
            for name, each in said.items():
                setattr(outcome, name, each)
        return request


def captured() -> Route:
    return made.route(capture=Capture())


def test_an_answer_is_told_once_it_was_sent() -> None:
    ears, exchange, route, response = Ears(), made.exchange(), captured(), made.answer()
    request = ears.after(exchange, route, status=200, response=response)
    assert ears.found == []
    assert request.when_sent
    request.when_sent()
    (found,) = ears.found
    assert (found.model_id, found.route, found.exchange) == ("m", route, exchange)
    assert (found.response, found.status, found.revision) == (response, 200, 0)
    assert found.seconds is not None
    assert found.seconds >= 0


def test_a_variants_request_names_its_split() -> None:
    exchange, route = made.exchange(), made.route()
    model = Split(id="pets", title="", timeout=1, weights={"m": 100})
    exchange.model_id = "pets"
    exchange.chosen = Chosen(SplitRoute(model, {"m": route}, History()), route, 3)
    ears = Ears()
    request = ears.after(exchange, route, status=200)
    assert request.when_sent
    request.when_sent()
    assert (ears.found[0].model_id, ears.found[0].revision) == ("pets", 3)


@pytest.mark.parametrize("how", ["hit", "collapsed"])
def test_the_time_of_an_answer_made_for_another_is_not_the_models(how: str) -> None:
    ears, exchange = Ears(), made.exchange()
    exchange.span.fields["cache"] = how
    request = ears.after(exchange, captured(), status=200)
    assert request.when_sent
    request.when_sent()
    assert ears.found[0].seconds is None


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (problems.BadGateway("gone"), 502),
        (problems.ServiceUnavailable("full"), 503),
        (problems.GatewayTimeout("late"), 504),
    ],
)
def test_a_problem_is_told_with_its_status(error: problems.Problem, status: int) -> None:
    ears = Ears()
    request = ears.after(made.exchange(), captured(), error)
    assert request.when_sent
    request.when_sent()
    assert (ears.found[0].status, ears.found[0].response) == (status, None)


@pytest.mark.parametrize(
    ("headers", "error"),
    [
        ({}, asyncio.CancelledError()),
        ({}, problems.ClientClosedRequest("left")),
        ({}, breaker.Refused("not asked")),
        ({"x-request-timeout": "0.5"}, problems.GatewayTimeout("late")),
        ({}, RuntimeError("unforeseen")),
    ],
)
def test_what_says_nothing_of_the_model_is_not_told(
    headers: dict[str, str], error: BaseException
) -> None:
    request = Ears().after(made.exchange(headers), captured(), error)
    assert request.when_sent is None


@pytest.mark.parametrize(
    ("seconds", "is_told"), [("0.5", False), ("9.4", False), ("9.8", True), ("20", True)]
)
@pytest.mark.parametrize("error", [None, problems.GatewayTimeout("late")])
def test_a_504_is_told_where_the_model_had_all_of_its_time(
    seconds: str, error: BaseException | None, *, is_told: bool
) -> None:
    """The service says so itself, or the gateway; 9.8 s are left where a picture was fetched."""
    exchange = made.exchange({"x-request-timeout": seconds})
    request = Ears().after(exchange, captured(), error, status=504)
    assert (request.when_sent is not None) is is_told


def test_nobody_is_told_of_what_nobody_follows() -> None:
    route = made.route()
    assert Ears().after(made.exchange(), route, status=200).when_sent is None
    assert route.history.document()["slots"][-1]["requests"] == 1


def test_one_that_fails_keeps_nothing_from_the_next(capsys: pytest.CaptureFixture[str]) -> None:
    ears = Ears()

    def fails(_: Followed) -> None:
        raise RuntimeError("no disk")

    found = Followed("m", captured(), made.exchange(), None, 200, 0.1, 0)
    followed.tell([fails, ears], found)
    assert ears.found == [found]
    assert "what follows an answer failed" in capsys.readouterr().out
