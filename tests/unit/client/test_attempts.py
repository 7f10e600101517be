"""passerelle/client/attempts.py: the time that a call has, and when it is repeated."""

import dataclasses
import json

import pytest

from passerelle.client import calls, errors
from passerelle.client.attempts import (
    ANSWER_TIMEOUT,
    CONNECT_TIMEOUT,
    GRACE,
    Attempts,
    Timing,
)
from passerelle.client.calls import Call
from passerelle.client.reply import Received

URL = "http://gateway.test"
LOOK = calls.models({})


@dataclasses.dataclass
class Clock:
    """A time that stands until a test moves it."""

    now: float = 100.0

    def __call__(self) -> float:
        return self.now


def attempts(
    clock: Clock, call: Call = LOOK, timeout: float | None = None, retries: int = 2
) -> Attempts:
    return Attempts(call, URL, timeout, retries, Timing(clock, random=lambda: 0.0))


def received(status: int, document: object = None, **headers: str) -> Received:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return Received(f"{URL}/models", status, given, json.dumps(document).encode(), 0.1)


def test_a_call_goes_to_the_gateway_as_it_is() -> None:
    call = calls.predict("a", b"picture", None, {}, {"traceparent": "00-1-2-01"})
    attempt = attempts(Clock(), call).next()
    assert (attempt.method, attempt.url) == ("POST", f"{URL}/model/a/predict")
    assert (attempt.headers, attempt.body) == (call.headers, b"picture")


def test_a_timeout_travels_and_the_client_waits_a_moment_longer() -> None:
    attempt = attempts(Clock(), timeout=2.5).next()
    assert attempt.headers == {"X-Request-Timeout": "2.500"}
    assert attempt.timeout == 2.5 + GRACE


def test_without_a_timeout_none_is_said_and_the_wait_is_bounded() -> None:
    attempt = attempts(Clock()).next()
    assert attempt.headers == {}
    assert attempt.timeout == ANSWER_TIMEOUT + GRACE


def test_a_connection_has_less_time_than_an_answer() -> None:
    assert attempts(Clock()).next().connect_timeout == CONNECT_TIMEOUT
    assert attempts(Clock(), timeout=0.5).next().connect_timeout == 0.5 + GRACE


def test_a_caller_may_say_the_header_otherwise() -> None:
    call = calls.request("GET", "/models", headers={"X-Request-Timeout": "9"})
    assert attempts(Clock(), call, timeout=2).next().headers == {"X-Request-Timeout": "9"}


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf"), 1e9])
def test_a_timeout_that_is_no_time_is_told(timeout: float) -> None:
    with pytest.raises(errors.InvalidRequest, match="A timeout is in seconds, such as"):
        attempts(Clock(), timeout=timeout)


@pytest.mark.parametrize("status", [200, 201, 204])
def test_an_answer_is_given(status: int) -> None:
    answer = received(status)
    assert attempts(Clock()).read(answer) is answer


@pytest.mark.parametrize("status", [429, 503])
def test_who_is_told_to_come_back_does_so_when_told(status: int) -> None:
    clock = Clock()
    asked = attempts(clock, timeout=10)
    assert asked.read(received(status, Retry_After="3")) is None
    assert asked.pause == 3
    clock.now += asked.pause
    assert asked.next().headers == {"X-Request-Timeout": "7.000"}
    assert asked.read(received(200)) is not None


def test_a_part_of_the_pause_is_random_but_never_less_than_was_asked_for() -> None:
    asked = Attempts(LOOK, URL, None, 2, Timing(Clock(), random=lambda: 1.0))
    asked.read(received(503, Retry_After="8"))
    assert asked.pause == 10
    asked.read(received(503, Retry_After="0"))
    assert asked.pause == 0.25


def test_no_call_is_repeated_for_ever() -> None:
    asked = attempts(Clock(), retries=2)
    assert asked.read(received(503, Retry_After="1")) is None
    assert asked.read(received(503, Retry_After="1")) is None
    with pytest.raises(errors.Refused):
        asked.read(received(503, {}, Retry_After="1"))


def test_repeating_can_be_turned_off() -> None:
    with pytest.raises(errors.Refused, match=r"Busy\."):
        attempts(Clock(), retries=0).read(received(503, {"detail": "Busy."}, Retry_After="1"))


def test_what_may_be_done_twice_harmfully_is_not_repeated() -> None:
    order = calls.request("POST", "/anything", b"one more")
    with pytest.raises(errors.Refused):
        attempts(Clock(), order).read(received(503, {}, Retry_After="1"))


@pytest.mark.parametrize(
    ("status", "said"),
    [(503, None), (503, "Wed, 21 Oct 2026 07:28:00 GMT"), (503, "-1"), (503, "soon"),
     (500, "1"), (502, "1"), (504, "1"), (404, "1")],
)  # fmt: skip
def test_no_other_answer_is_a_reason_to_ask_again(status: int, said: str | None) -> None:
    headers = {"Retry_After": said} if said else {}
    with pytest.raises(errors.Refused):
        attempts(Clock()).read(received(status, {}, **headers))


def test_nobody_comes_back_when_the_time_is_over_by_then() -> None:
    with pytest.raises(errors.Refused) as caught:
        attempts(Clock(), timeout=3).read(received(503, {}, Retry_After="3"))
    assert caught.value.headers["Retry-After"] == "3"


def test_what_the_gateway_says_is_the_error() -> None:
    problem = {"detail": "There is none.", "request_id": "r1", "nearest": ["a"]}
    with pytest.raises(errors.Refused, match=r"^There is none\. \(request r1\)$") as caught:
        attempts(Clock()).read(received(404, problem))
    assert (caught.value.status, caught.value.members) == (404, problem)


def test_a_redirect_is_told_and_not_followed_with_the_key() -> None:
    with pytest.raises(errors.UnreadableAnswer, match=r"moved to https://other\.test/models"):
        attempts(Clock()).read(received(302, Location="https://other.test/models"))


def test_an_answer_that_comes_too_slowly_is_given_up() -> None:
    clock = Clock()
    attempt = attempts(clock, timeout=2).next()
    clock.now += 2.5
    attempt.check()
    assert attempt.seconds == 2.5
    clock.now += 1
    with pytest.raises(errors.TimedOut, match="did not answer in time"):
        attempt.check()
