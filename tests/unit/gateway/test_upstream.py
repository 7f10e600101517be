"""A service's replicas: which are known, which one is asked, and how many requests there may be."""

import socket
from typing import Any

import pytest

from gateway import transport, upstream
from gateway.replica import Replica, Status
from gateway.transport import Request, Response
from gateway.upstream import Upstream
from passerelle.protocol import problems
from tests.unit.gateway import made
from tests.unit.gateway.made import Replies

URLS = ("http://127.0.0.1:1", "http://127.0.0.1:2", "http://127.0.0.1:3")


def service(*replies: Response | Exception) -> Upstream:
    """A service with a replica for each reply, asked in this order."""
    found = made.upstream(*URLS[: len(replies)])
    for number, (replica, reply) in enumerate(zip(found.replicas.values(), replies, strict=True)):
        pool: Any = Replies(reply)
        replica.pool, replica.last_request = pool, float(number)
    return found


def send(found: Upstream) -> Response:
    return found.send("m", lambda: (Request("GET", "/"), 1.0), lambda: None)


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("http://{service}:8080", "http://zoo:8080"),
        ("unix:/run/{service}.sock", "unix:/run/zoo.sock"),
        ("park=http://10.0.0.1, zoo=http://10.0.0.2|http://10.0.0.3", "http://10.0.0.2|http://10.0.0.3"),
    ],
)  # fmt: skip
def test_an_address_is_of_a_template_or_of_pairs(setting: str, expected: str) -> None:
    assert upstream.address(setting, "zoo") == expected


def test_pairs_that_lack_the_service_are_an_error() -> None:
    with pytest.raises(KeyError):
        upstream.address("park=http://10.0.0.1", "zoo")


def test_the_replica_with_the_fewest_requests_is_asked_and_equals_take_turns() -> None:
    found = service(made.answer(), made.answer(), made.answer())
    first, second, third = found.replicas.values()
    first.in_flight = 1
    asked = []
    for _ in range(4):
        with found._least_busy("m", []) as replica:
            asked.append(replica)
    assert asked == [second, third, second, third]


def test_a_replica_that_cannot_be_reached_is_marked_down_and_another_is_asked() -> None:
    found = service(transport.UnreachableError(), made.answer())
    assert send(found).status == 200
    down, other = found.replicas.values()
    assert down.statuses["m"].status == "unavailable"
    assert (down.in_flight, other.in_flight) == (0, 0)
    assert found.count_replicas("m") == {"ready": 1, "known": 2}


def test_nothing_is_sent_twice() -> None:
    found = service(transport.BrokenError(), made.answer())
    with pytest.raises(transport.BrokenError):
        send(found)


def test_where_no_replica_is_ready_the_service_is_unreachable() -> None:
    with pytest.raises(transport.UnreachableError):
        send(made.upstream(status="starting"))


def test_without_a_retry_left_the_failure_is_the_answer() -> None:
    found = service(transport.UnreachableError(), made.answer())
    found.retry_budget._retries = 3
    with pytest.raises(transport.UnreachableError):
        send(found)


def test_more_requests_than_slots_are_told_to_come_back() -> None:
    found = Upstream("zoo", URLS[0], max_in_flight=1)
    with (
        found.acquire_slot(),
        pytest.raises(problems.ServiceUnavailable, match="1 requests are with its service"),
        found.acquire_slot(),
    ):
        pass
    with found.acquire_slot():
        pass  # the slot came back


def test_a_models_status_is_the_best_that_a_replica_reports() -> None:
    found = service(made.answer(), made.answer())
    first, _ = found.replicas.values()
    first.statuses = {"m": Status("failed", "broken")}
    assert found.status("m").status == "ready"
    assert found.status("other") == Status(
        "unavailable", "its service runs, but holds only other models"
    )


def test_a_service_that_never_answered_is_starting_and_in_the_end_unavailable() -> None:
    found = Upstream("zoo", URLS[0])
    assert found.status("m").status == "starting"
    found._started -= upstream.STARTUP_GRACE
    assert found.status("m").status == "unavailable"


def test_a_changed_status_is_logged_once(capsys: pytest.CaptureFixture[str]) -> None:
    found = service(made.answer())
    found.history("m")
    found.record_statuses()
    found.record_statuses()
    assert capsys.readouterr().out.count("m is ready") == 1


def test_a_name_stands_for_its_addresses_and_keeps_them_while_nobody_can_say(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = Upstream("zoo", "http://zoo:8080")
    monkeypatch.setattr(Replica, "start", lambda _: None)
    known: dict[int, Any] = {socket.AF_INET: ["10.0.0.1", "10.0.0.2"], socket.AF_INET6: ["fd00::1"]}

    def look_up(name: str, _: None, family: int, kind: int) -> Any:
        assert (name, kind) == ("zoo", socket.SOCK_STREAM)
        if isinstance(known[family], int):
            raise socket.gaierror(known[family], "")
        return [(family, kind, 6, "", (each, 0)) for each in known[family]]

    def hosts() -> list[str]:
        found.refresh_replicas()
        return [host for _, host in found.replicas]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    assert hosts() == ["10.0.0.1", "10.0.0.2"]
    stays = found.replicas["http://zoo:8080", "10.0.0.2"]
    assert stays.pool.url.netloc == "zoo:8080"  # the Host that it is asked with
    known[socket.AF_INET] = ["10.0.0.2", "10.0.0.3"]
    assert hosts() == ["10.0.0.2", "10.0.0.3"]
    assert found.replicas["http://zoo:8080", "10.0.0.2"] is stays
    known[socket.AF_INET] = socket.EAI_AGAIN
    assert hosts() == ["10.0.0.2", "10.0.0.3"]
    known[socket.AF_INET] = socket.EAI_NONAME
    assert hosts() == ["fd00::1"]
