"""bench/paced_clients.py: when requests are due, what is late, what fails."""

import math

import pytest

from bench import paced_clients
from bench.connection import AnswerError
from bench.paced_clients import NOT_SENT, Client, Outcome


class Server:
    """Answers at once unless a test says how many seconds it takes, or how it fails."""

    def __init__(self) -> None:
        self.now = 0.0
        self.sent_at: list[float] = []
        self.seconds: dict[int, float] = {}  # by the request's number
        self.errors: dict[int, Exception] = {}  # the same
        self.connections = 0

    def client(self) -> Client:
        return Client(self.connect, b"request", lambda: self.now, self.sleep)

    def connect(self) -> "Server":
        self.connections += 1
        return self

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def send(self, _: bytes) -> None:
        number = len(self.sent_at)
        self.sent_at.append(self.now)
        self.now += self.seconds.get(number, 0.0)
        if number in self.errors:
            raise self.errors[number]

    def close(self) -> None:
        pass


def test_requests_are_sent_at_a_steady_pace_over_one_connection() -> None:
    server = Server()
    server.client().run(begin=1.0, interval=0.5, count=3)
    assert server.sent_at == [1.0, 1.5, 2.0]
    assert server.connections == 1


def test_what_waits_behind_a_stall_is_late_too() -> None:
    server = Server()
    client = server.client()
    server.seconds[0] = 1.25
    client.run(begin=0.0, interval=0.5, count=4)
    assert client.latencies == [1.25, 0.75, 0.25, 0.0]


def test_what_could_not_be_sent_in_time_has_failed() -> None:
    server = Server()
    client = server.client()
    server.seconds[0] = 30.0
    client.run(begin=0.0, interval=0.5, count=4)
    assert client.latencies == [30.0]
    assert client.failures == {NOT_SENT: 3}


def test_after_a_failure_the_client_connects_again() -> None:
    server = Server()
    client = server.client()
    server.errors = {0: AnswerError('503 {"status": 503}'), 2: ConnectionResetError()}
    client.run(begin=0.0, interval=0.5, count=4)
    assert client.failures == {"503": 1, "ConnectionResetError": 1}
    assert len(client.latencies) == 2
    assert server.connections == 3


def test_an_answer_that_is_none_is_a_failure_by_its_sentence() -> None:
    assert paced_clients.reason(AnswerError("the connection was closed")) == (
        "the connection was closed"
    )


def test_percentiles_are_of_what_was_answered() -> None:
    outcome = Outcome([0.001] * 99 + [0.005], {})
    assert outcome.percentile_ms(50) == pytest.approx(1.0)
    assert math.isnan(Outcome([], {"TimeoutError": 5}).percentile_ms(99))
