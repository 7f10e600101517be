"""Several replicas of one service: the load spread, and none of it lost as they come and go."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway import transport
from gateway.replica import Replica, Status
from gateway.retry_budget import RetryBudget
from gateway.transport import Request
from gateway.upstream import Upstream
from tests.support import processes, stack


def test_replicas_are_stopped_and_started_under_load_and_no_request_fails(
    state: Path, tmp_path: Path
) -> None:
    folder, port = processes.artifact(state / "artifacts"), stack.free_port()
    one, two = f"127.0.0.1:{port}", f"127.0.0.2:{port}"
    with (
        processes.service(folder, one),
        processes.gateway(tmp_path, f"{processes.LITE0}=http://{one}|http://{two}") as door,
    ):
        with processes.service(folder, two):
            stack.wait_for(lambda: door.model()["replicas"] == {"ready": 2, "known": 2}, 20)
        with processes.Clients(door) as clients:
            for _ in range(3):
                with processes.service(folder, two):
                    stack.wait_for(lambda: door.model()["replicas"]["ready"] == 2, 20)
                    time.sleep(1)
                stack.wait_for(lambda: door.model()["replicas"]["ready"] == 1, 20)
        assert len(clients.statuses) > 100
        assert set(clients.statuses) == {200}


def test_the_load_goes_to_both(state: Path, tmp_path: Path) -> None:
    folder, port = processes.artifact(state / "artifacts"), stack.free_port()
    one, two = f"127.0.0.1:{port}", f"127.0.0.2:{port}"
    with (
        processes.service(folder, one) as first,
        processes.service(folder, two) as second,
        processes.gateway(tmp_path, f"{processes.LITE0}=http://{one}|http://{two}") as door,
    ):
        stack.wait_for(lambda: door.model()["replicas"]["ready"] == 2, 20)
        before = [busy(each.pid) for each in (first, second)]
        with processes.Clients(door):
            time.sleep(3)
        spent = [busy(each.pid) - was for each, was in zip((first, second), before, strict=True)]
        assert min(spent) > 0.3 * sum(spent), spent


def busy(master: int) -> int:
    """The processor time of a service's worker, in clock ticks."""
    fields = Path(f"/proc/{stack.children(master)[0]}/stat").read_text().split()
    return int(fields[13]) + int(fields[14])


def test_a_killed_replica_costs_its_requests_alone(state: Path, tmp_path: Path) -> None:
    folder, port = processes.artifact(state / "artifacts"), stack.free_port()
    one, two = f"127.0.0.1:{port}", f"127.0.0.2:{port}"
    with (
        processes.service(folder, one),
        processes.service(folder, two) as second,
        processes.gateway(tmp_path, f"{processes.LITE0}=http://{one}|http://{two}") as door,
    ):
        stack.wait_for(lambda: door.model()["replicas"]["ready"] == 2, 20)
        with processes.Clients(door) as clients:
            time.sleep(1)
            (worker,) = stack.children(second.pid)
            second.kill()
            stack.kill(worker)
            time.sleep(2)
        failed = [status for status in clients.statuses if status != 200]
        assert set(failed) <= {502}
        assert len(failed) <= 4  # one a client: none was sent where nobody was any more
        assert door.model()["status"] == "ready"


def test_a_service_nobody_asks_ends_at_once(state: Path) -> None:
    at = f"127.0.0.1:{stack.free_port()}"
    with processes.service(processes.artifact(state / "artifacts"), at) as child:
        began = time.monotonic()
        child.terminate()
        child.wait(15)
        assert time.monotonic() - began < 2


def answering(host: str, port: int = 0) -> socket.socket:
    """A server that answers every connection once."""
    server = socket.create_server((host, port))

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = server.accept()
                with client:
                    client.recv(9999)
                    client.sendall(
                        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"
                    )

    threading.Thread(target=serve, daemon=True).start()
    return server


@contextlib.contextmanager
def vanished(host: str) -> Iterator[int]:
    """A port where connecting neither succeeds nor fails, as at a machine that is gone."""
    with contextlib.ExitStack() as held:
        full = held.enter_context(socket.socket())
        full.bind((host, 0))
        full.listen(0)
        for _ in range(4):
            client = held.enter_context(socket.socket())
            client.settimeout(0)
            client.connect_ex(full.getsockname())
        yield full.getsockname()[1]


def service(*urls: str) -> Upstream:
    """A service whose model `m` is ready on all replicas; the first is the first to be asked."""
    found = Upstream("zoo", "|".join(urls))
    found.replicas = {(url, ""): Replica(url) for url in urls}
    for number, replica in enumerate(found.replicas.values()):
        replica.statuses, replica.last_request = {"m": Status("ready")}, float(number)
    return found


def exchange(zoo: Upstream, seconds: float) -> int:
    end = time.monotonic() + seconds
    ask = lambda: (Request("GET", "/"), transport.remaining(end))  # noqa: E731
    return zoo.send("m", ask, lambda: None).status


def test_a_machine_that_vanished_leaves_time_for_another_replica() -> None:
    with vanished("127.0.0.2") as port, answering("127.0.0.1", port):
        zoo = service(f"http://127.0.0.2:{port}", f"http://127.0.0.1:{port}")
        began = time.monotonic()
        assert exchange(zoo, 6) == 200
        assert time.monotonic() - began < 3
        assert zoo.count_replicas("m") == {"ready": 1, "known": 2}


def test_a_replica_that_refuses_is_lost_and_the_other_is_asked() -> None:
    with answering("127.0.0.1") as server:
        port = server.getsockname()[1]
        zoo = service(f"http://127.0.0.2:{port}", f"http://127.0.0.1:{port}")
        assert exchange(zoo, 2) == 200
    refusing, other = zoo.replicas.values()
    assert refusing.statuses["m"].status == "unavailable"
    assert (refusing.in_flight, other.in_flight) == (0, 0)
    assert (zoo.retry_budget._requests, zoo.retry_budget._retries) == (0, 0)


def test_nothing_is_sent_twice() -> None:
    asked = []
    with socket.create_server(("127.0.0.2", 0)) as mute:

        def hang_up() -> None:
            client, _ = mute.accept()
            asked.append(client.recv(9999))
            client.close()

        threading.Thread(target=hang_up, daemon=True).start()
        port = mute.getsockname()[1]
        with answering("127.0.0.1", port):
            zoo = service(f"http://127.0.0.2:{port}", f"http://127.0.0.1:{port}")
            with pytest.raises(transport.BrokenError):
                exchange(zoo, 2)
    assert len(asked) == 1


def test_at_most_a_fifth_of_the_requests_and_always_three_may_be_on_a_second_replica() -> None:
    budget = RetryBudget()
    with contextlib.ExitStack() as held:
        assert [held.enter_context(budget.request_retry()) for _ in range(4)] == [True] * 3 + [
            False
        ]
        for _ in range(20):
            held.enter_context(budget.count_request())
        assert [held.enter_context(budget.request_retry()) for _ in range(2)] == [True, False]
    assert (budget._requests, budget._retries) == (0, 0)


def test_the_replica_with_the_fewest_requests_is_chosen_and_equals_take_turns() -> None:
    zoo = service("http://127.0.0.1:1", "http://127.0.0.1:2", "http://127.0.0.1:3")
    first, second, third = zoo.replicas.values()
    first.in_flight = 1
    chosen = []
    for _ in range(4):
        with zoo._least_busy("m", []) as replica:
            chosen.append(replica)
    assert chosen == [second, third, second, third]


def test_a_name_stands_for_its_addresses_and_keeps_them_while_nobody_can_say(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    zoo = Upstream("zoo", "http://zoo:8080")
    monkeypatch.setattr(Replica, "start", lambda _: None)
    told: dict[int, Any] = {socket.AF_INET: ["10.0.0.1", "10.0.0.2"], socket.AF_INET6: ["fd00::1"]}

    def look_up(name: str, _: None, family: int, kind: int) -> Any:
        assert (name, kind) == ("zoo", socket.SOCK_STREAM)
        if isinstance(told[family], int):
            raise socket.gaierror(told[family], "")
        return [(family, kind, 6, "", (each, 0)) for each in told[family]]

    def followed() -> list[str]:
        zoo.refresh_replicas()
        return [host for _, host in zoo.replicas]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    assert followed() == ["10.0.0.1", "10.0.0.2"]
    kept = zoo.replicas["http://zoo:8080", "10.0.0.2"]
    assert kept.pool.url.netloc == "zoo:8080"  # the Host that it is asked with
    told[socket.AF_INET] = ["10.0.0.2", "10.0.0.3"]
    assert followed() == ["10.0.0.2", "10.0.0.3"]
    assert zoo.replicas["http://zoo:8080", "10.0.0.2"] is kept
    told[socket.AF_INET] = socket.EAI_AGAIN
    assert followed() == ["10.0.0.2", "10.0.0.3"]
    told[socket.AF_INET] = socket.EAI_NONAME
    assert followed() == ["fd00::1"]


def test_a_status_that_a_newer_service_made_up_breaks_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    replica = Replica("http://127.0.0.1:1")
    said = {"status": "warming", "reason": "", "digest": "0"}
    monkeypatch.setattr(
        replica, "_get", lambda path: {"models": {"m": said}} if "health" in path else said
    )
    replica.statuses = replica.probe()
    zoo = Upstream("zoo", "http://127.0.0.1:1")
    zoo.replicas = {("http://127.0.0.1:1", ""): replica}
    assert zoo.status("m").status == "unavailable"
    assert zoo.status("m").reason == "its service says: warming"
