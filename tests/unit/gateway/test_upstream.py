"""A service's replicas: which are known, which one is asked, and how many requests there may be."""

import asyncio
import dataclasses
import socket
from pathlib import Path
from typing import Any

import pytest

from gateway import id_tokens, transport, upstream
from gateway.adapters.passerelle import Passerelle
from gateway.location import Location
from gateway.replica import Replica
from gateway.status import Status
from gateway.transport import Request, Response
from gateway.upstream import Limits, Upstream
from passerelle.protocol import problems
from tests.unit.gateway import made
from tests.unit.gateway.conftest import Clock
from tests.unit.gateway.made import Replies, Silence, settle, until

URLS = ("http://127.0.0.1:1", "http://127.0.0.1:2", "http://127.0.0.1:3")


def service(*replies: Response | Exception) -> Upstream:
    """A service with a replica for each reply, asked in this order."""
    return with_pools(*(Replies(each) for each in replies))


def with_pools(*pools: Any) -> Upstream:
    """A service with a replica for each pool, asked in this order."""
    found = made.upstream(*URLS[: len(pools)])
    for number, (replica, pool) in enumerate(zip(found.replicas.values(), pools, strict=True)):
        replica.pool, replica.last_request = pool, float(number)
    return found


async def send(found: Upstream) -> Response:
    return await found.send("m", lambda: (Request("GET", "/"), 1.0))


def held(found: Upstream) -> tuple[Any, ...]:
    """What requests hold of a service."""
    budget = found.limits.retry_budget
    busy = [each.in_flight.count for each in found.replicas.values()]
    return found.in_flight.count, busy, budget.requests.count, budget.retries


async def test_the_replica_with_the_fewest_requests_is_asked_and_equals_take_turns() -> None:
    pools = Replies(*[made.answer()] * 3), Replies(*[made.answer()] * 3)
    found = with_pools(*pools)
    first, _ = found.replicas.values()
    first.in_flight.count = 1
    await send(found)
    first.in_flight.count = 0
    for _ in range(4):
        await send(found)
    assert [len(each.requests) for each in pools] == [2, 3]


async def test_requests_at_once_are_spread() -> None:
    pools = [Silence(), Silence()]
    found = with_pools(*pools)
    tasks = [asyncio.create_task(send(found)) for _ in range(6)]
    await until(lambda: sum(len(each.requests) for each in pools) == 6)
    assert [each.in_flight.count for each in found.replicas.values()] == [3, 3]
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


async def test_a_replica_that_cannot_be_reached_is_marked_down_and_another_is_asked() -> None:
    found = service(transport.UnreachableError(), made.answer())
    retried: list[str] = []
    found.limits.retry_budget.on_retry = retried.append
    assert (await send(found)).status == 200
    assert retried == ["m"]
    down, _ = found.replicas.values()
    assert down.statuses["m"].status == "unavailable"
    assert held(found) == (0, [0, 0], 0, 0)
    assert found.count_replicas("m") == {"ready": 1, "known": 2, "ejected": 0}


async def test_each_replica_is_tried_once() -> None:
    found = service(*[transport.UnreachableError()] * 3)
    with pytest.raises(transport.UnreachableError):
        await send(found)  # a second request to one of them would have no reply
    assert found.count_replicas("m") == {"ready": 0, "known": 3, "ejected": 0}
    assert held(found) == (0, [0, 0, 0], 0, 0)


async def test_a_replica_that_came_back_while_another_was_tried_is_not_tried_again() -> None:
    found = service(transport.UnreachableError(), made.answer())
    first, second = found.replicas.values()

    async def fail_as_the_first_comes_back(*_: object) -> Response:
        first.statuses = {"m": Status("ready")}
        raise transport.UnreachableError

    second.pool.send = fail_as_the_first_comes_back  # type: ignore[assignment, method-assign]  # a test's own
    with pytest.raises(transport.UnreachableError):
        await send(found)  # a second request to the first would have no reply
    assert first.is_ready("m")


@pytest.mark.parametrize(
    "error", [transport.BrokenError(), TimeoutError(), OSError(), id_tokens.IdTokenError()]
)
async def test_nothing_is_sent_twice(error: OSError) -> None:
    found = service(error, made.answer())
    with pytest.raises(type(error)):
        await send(found)


async def test_each_attempt_has_the_time_that_is_left_then() -> None:
    found = service(transport.UnreachableError(), made.answer())
    attempts = iter([(Request("GET", "/"), 1.0)])

    def next_attempt() -> tuple[Request, float]:
        try:
            return next(attempts)
        except StopIteration:
            raise TimeoutError from None

    with pytest.raises(TimeoutError):
        await found.send("m", next_attempt)
    assert held(found) == (0, [0, 0], 0, 0)


async def test_where_no_replica_is_ready_the_service_is_unreachable() -> None:
    with pytest.raises(transport.UnreachableError):
        await send(made.upstream(status="starting"))


async def test_without_a_retry_left_the_failure_is_the_answer() -> None:
    found = service(transport.UnreachableError(), made.answer())
    found.limits.retry_budget.retries = 3
    with pytest.raises(transport.UnreachableError):
        await send(found)


async def test_a_request_that_is_given_up_releases_all_that_it_holds() -> None:
    silent = Silence()
    found = with_pools(Replies(transport.UnreachableError()), silent)

    async def with_slot() -> None:
        with found.acquire_slot("m"):
            await send(found)

    asking = asyncio.create_task(with_slot())
    await until(lambda: silent.requests)
    assert held(found) == (1, [0, 1], 1, 1)  # it is on its second replica
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert held(found) == (0, [0, 0], 0, 0)


def test_more_requests_than_slots_are_told_to_come_back() -> None:
    found = Upstream(Passerelle(), "zoo", Location(URLS[0]), limits=Limits(1))
    with (
        found.acquire_slot("m"),
        pytest.raises(problems.ServiceUnavailable, match="1 requests are with its service"),
        found.acquire_slot("m"),
    ):
        pass
    with found.acquire_slot("m"):
        pass  # it came back


def test_a_models_status_is_the_best_that_a_replica_reports() -> None:
    found = service(made.answer(), made.answer())
    first, _ = found.replicas.values()
    first.statuses = {"m": Status("failed", "broken")}
    assert found.status("m").status == "ready"
    assert found.status("other") == Status(
        "unavailable", "its service runs, but holds only other models"
    )


def test_a_service_that_never_answered_is_starting_and_in_the_end_unavailable() -> None:
    found = Upstream(Passerelle(), "zoo", Location(URLS[0]))
    assert found.status("m").status == "starting"
    found._started -= upstream.STARTUP_GRACE
    assert found.status("m").status == "unavailable"


def test_a_changed_status_is_logged_once_and_recorded_each_time(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = service(made.answer())
    history = found.history("m")
    found.record_statuses()
    found.record_statuses()
    assert capsys.readouterr().out.count("m is ready") == 1
    (replica,) = found.replicas.values()
    replica.mark_down("its service can't be reached")
    found.record_statuses()
    assert '"WARNING", "message": "m is unavailable"' in capsys.readouterr().out
    assert history.document()["slots"][-1]["status"] == "unavailable"


class Names:
    """In place of the name service: the addresses of `zoo`, or the error that asking meets."""

    def __init__(self) -> None:
        self.ipv4: list[str] | int = ["10.0.0.1", "10.0.0.2"]
        self.ipv6: list[str] | int = ["fd00::1"]

    def getaddrinfo(self, name: str, _: None, family: int, kind: int) -> list[Any]:
        assert (name, kind) == ("zoo", socket.SOCK_STREAM)
        found = self.ipv4 if family == socket.AF_INET else self.ipv6
        if isinstance(found, int):
            raise socket.gaierror(found, "")
        return [(family, kind, 6, "", (each, 0)) for each in found]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """Replicas of `zoo` that nobody probes."""
    found = Names()
    monkeypatch.setattr(socket, "getaddrinfo", found.getaddrinfo)
    monkeypatch.setattr(Replica, "start", lambda _: None)
    return found


async def hosts(found: Upstream) -> list[str]:
    """The addresses of the replicas that are known after looking again."""
    await found.refresh_replicas()
    return [host for _, host in found.replicas]


async def test_replicas_come_and_go_with_their_names_addresses(names: Names) -> None:
    found = Upstream(Passerelle(), "zoo", Location("http://zoo:8080"))
    assert await hosts(found) == ["10.0.0.1", "10.0.0.2"]
    stays = found.replicas["http://zoo:8080", "10.0.0.2"]
    names.ipv4 = ["10.0.0.2", "10.0.0.3"]
    assert await hosts(found) == ["10.0.0.2", "10.0.0.3"]
    assert found.replicas["http://zoo:8080", "10.0.0.2"] is stays


async def test_a_replica_that_is_gone_is_stopped_and_a_new_one_knows_what_it_should_hold(
    names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []
    stopped: list[str] = []
    monkeypatch.setattr(Replica, "start", lambda self: started.append(self.host))
    monkeypatch.setattr(Replica, "stop", lambda self: stopped.append(self.host))
    found = Upstream(Passerelle(), "zoo", Location("http://zoo:8080"))
    found.expect({"m": made.model()})
    await hosts(found)
    names.ipv4 = ["10.0.0.2"]
    await hosts(found)
    assert (started, stopped) == (["10.0.0.1", "10.0.0.2"], ["10.0.0.1"])
    assert list(found.replicas["http://zoo:8080", "10.0.0.2"].adapter.models) == ["m"]


@pytest.mark.parametrize("error", [socket.EAI_AGAIN, socket.EAI_FAIL, socket.EAI_SYSTEM])
async def test_replicas_stay_while_nobody_can_say_where_they_are(names: Names, error: int) -> None:
    found = Upstream(Passerelle(), "zoo", Location("http://zoo:8080"))
    await hosts(found)
    names.ipv4 = error
    assert await hosts(found) == ["10.0.0.1", "10.0.0.2"]


async def test_a_name_without_addresses_of_ipv4_stands_for_those_of_ipv6(names: Names) -> None:
    names.ipv4 = socket.EAI_NONAME
    assert await hosts(Upstream(Passerelle(), "zoo", Location("http://zoo:8080"))) == ["fd00::1"]


@pytest.mark.usefixtures("names")
@pytest.mark.parametrize(
    "address",
    [
        "http://10.0.0.9:8080",
        "http://[fd00::9]",
        "http://[fe80::9%eth0]:80",
        "http://localhost:8080",
        "https://other",
        "unix:/run/zoo.sock",
    ],
)
async def test_only_another_machines_name_without_tls_is_resolved(address: str) -> None:
    assert await hosts(Upstream(Passerelle(), "zoo", Location(address))) == [""]


def test_what_a_service_should_hold_is_compared_at_once() -> None:
    found = service(made.answer())
    found.expect({"m": made.model()})
    (replica,) = found.replicas.values()
    assert (list(replica.adapter.models), replica._wake.is_set()) == (["m"], True)


@pytest.mark.usefixtures("names")
async def test_a_service_is_followed_until_it_is_stopped(clock: Clock) -> None:
    found = Upstream(Passerelle(), "zoo", Location("http://10.0.0.9:8080"))
    history = found.history("m")
    found.start()
    await until(lambda: found.replicas)
    assert history.document()["slots"][-1]["status"] == "starting"
    found.location.addresses["http://10.0.0.8:8080"] = None  # as if its name had one more
    clock.now += upstream.RESOLVE_INTERVAL
    await until(lambda: len(found.replicas) == 2)
    found.stop()
    clock.now += upstream.RESOLVE_INTERVAL
    await settle()
    assert found._task
    assert found._task.cancelled()


@pytest.mark.usefixtures("clock", "names")
async def test_it_was_heard_once_each_of_its_replicas_was_probed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Replica, "start", lambda _: None)
    found = Upstream(Passerelle(), "zoo", Location("http://127.0.0.1:1|http://127.0.0.1:2"))
    hearing = asyncio.create_task(found.heard())
    found.start()
    await until(lambda: len(found.replicas) == 2)
    for each in found.replicas.values():
        await settle()
        assert not hearing.done()
        each.probed.set()
    await until(hearing.done)
    found.stop()


def test_pictures_without_numbers_are_counted_on_all_replicas() -> None:
    found = made.upstream("10.0.0.1", "10.0.0.2", "10.0.0.3")
    one, two, other = found.replicas.values()
    one.statuses = {"m": dataclasses.replace(one.statuses["m"], non_finite=2)}
    two.statuses = {"m": dataclasses.replace(two.statuses["m"], non_finite=3)}
    other.statuses = {}
    assert found.count_non_finite("m") == 5


def with_model(*, status: str = "ready") -> Upstream:
    """A service that should hold the model `m`, and does."""
    found = made.upstream(status=status)
    found.adapter.models = {"m": made.model()}
    return found


@pytest.mark.parametrize(("status", "kept"), [("starting", True), ("ready", False)])
@pytest.mark.usefixtures("names")
async def test_a_predecessor_is_kept_until_its_successor_is_ready(
    *, status: str, kept: bool
) -> None:
    old, new = with_model(), with_model(status=status)
    new.location = Location("http://127.0.0.1:1")  # where its replica is
    new.take_over_from(old)
    assert new.history("m") is old.history("m")
    new.start()
    await until(lambda: new.replicas and (kept or not new.predecessor))
    await settle()
    assert (new.predecessor is old) is kept
    new.stop()
    assert new.predecessor is None


@pytest.mark.parametrize("starts_here", [False, True])
@pytest.mark.usefixtures("clock", "names")
async def test_a_predecessor_is_dropped_in_the_end_unless_its_process_is_ended_here(
    *, starts_here: bool, tmp_path: Path
) -> None:
    old, new = with_model(), with_model(status="starting")
    if starts_here:
        new.location = Location("", port_file=tmp_path / "ocr.port")
    new.take_over_from(old)
    new._started -= upstream.TAKEOVER_TIMEOUT + 1
    await new.refresh_replicas()
    new.start()
    await settle()
    assert (new.predecessor is old) is starts_here
    new.stop()


@pytest.mark.parametrize(("status", "kept"), [("starting", "first"), ("ready", "second")])
def test_of_two_that_are_replaced_the_one_that_is_ready_is_the_predecessor(
    status: str, kept: str
) -> None:
    first, second, third = with_model(), with_model(status=status), with_model()
    second.take_over_from(first)
    third.take_over_from(second)
    assert third.predecessor is {"first": first, "second": second}[kept]
    assert second.predecessor is None


async def test_a_service_without_an_address_says_why_where_that_is_known(tmp_path: Path) -> None:
    file = tmp_path / "ocr.port"
    file.write_text("its command ended with code 3")
    found = Upstream(Passerelle(), "ocr", Location("", port_file=file))
    await found.refresh_replicas()
    assert found.status("ocr") == Status("unavailable", "its command ended with code 3")
    file.write_text("4000")
    await found.refresh_replicas()
    assert list(found.replicas) == [("http://127.0.0.1:4000", "")]
    assert found.status("ocr").status == "starting"
    found.stop()
