"""Several replicas of one service: the load spread, and none of it lost as they come and go."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway import transport
from gateway.adapters.passerelle import Passerelle
from gateway.location import Location
from gateway.replica import Replica
from gateway.status import Status
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
            stack.wait_for(
                lambda: door.model()["replicas"] == {"ready": 2, "known": 2, "ejected": 0}, 20
            )
        with processes.Clients(door) as clients:
            for _ in range(3):
                with processes.service(folder, two):
                    stack.wait_for(lambda: door.model()["replicas"]["ready"] == 2, 20)
                    clients.wait_for_answers(30)
                stack.wait_for(lambda: door.model()["replicas"]["ready"] == 1, 20)
        assert len(clients.statuses) > 60
        assert set(clients.statuses) == {200}


def test_the_load_goes_to_both(state: Path, tmp_path: Path) -> None:
    folder, port = processes.artifact(state / "artifacts"), stack.free_port()
    one, two = f"127.0.0.1:{port}", f"127.0.0.2:{port}"
    logs = tmp_path / "one.log", tmp_path / "two.log"
    with (
        processes.service(folder, one, log=logs[0]),
        processes.service(folder, two, log=logs[1]),
        processes.gateway(tmp_path, f"{processes.LITE0}=http://{one}|http://{two}") as door,
    ):
        stack.wait_for(lambda: door.model()["replicas"]["ready"] == 2, 20)
        with processes.Clients(door) as clients:
            clients.wait_for_answers(200)
    answered = [log.read_text().count("/predict") for log in logs]
    assert sum(answered) >= 200
    assert min(answered) > 0.2 * sum(answered), answered


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
            clients.wait_for_answers(30)
            (worker,) = stack.children(second.pid)
            second.kill()
            stack.kill(worker)
            clients.wait_for_answers(100)
        failed = [status for status in clients.statuses if status != 200]
        assert set(failed) <= {502}
        assert len(failed) <= 4  # one a client: none was sent where nobody was any more
        assert door.model()["status"] == "ready"


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
    found = Upstream(Passerelle(), "zoo", Location("|".join(urls)))
    found.replicas = {(url, ""): Replica(found.adapter, url) for url in urls}
    for number, replica in enumerate(found.replicas.values()):
        replica.statuses, replica.last_request = {"m": Status("ready")}, float(number)
    return found


def exchange(zoo: Upstream, seconds: float) -> int:
    end = time.monotonic() + seconds
    ask = lambda: (Request("GET", "/"), transport.remaining(end))  # noqa: E731
    return asyncio.run(zoo.send("m", ask)).status


def test_a_machine_that_vanished_leaves_time_for_another_replica() -> None:
    with vanished("127.0.0.2") as port, answering("127.0.0.1", port):
        zoo = service(f"http://127.0.0.2:{port}", f"http://127.0.0.1:{port}")
        began = time.monotonic()
        assert exchange(zoo, 6) == 200
        assert time.monotonic() - began < 3
        assert zoo.count_replicas("m") == {"ready": 1, "known": 2, "ejected": 0}


def test_a_replica_that_refuses_is_lost_and_the_other_is_asked() -> None:
    with answering("127.0.0.1") as server:
        port = server.getsockname()[1]
        zoo = service(f"http://127.0.0.2:{port}", f"http://127.0.0.1:{port}")
        assert exchange(zoo, 2) == 200
    refusing, other = zoo.replicas.values()
    assert refusing.statuses["m"].status == "unavailable"
    assert (refusing.in_flight.count, other.in_flight.count) == (0, 0)
    assert (zoo.limits.retry_budget.requests.count, zoo.limits.retry_budget.retries) == (0, 0)


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
