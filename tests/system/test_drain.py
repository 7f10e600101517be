"""A model service that is being stopped: it says so, goes on serving, and ends soon."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import requests

from passerelle.protocol import contract
from passerelle.server import gunicorn_settings, worker
from tests.support import processes, stack

PREDICT = f"/model/{processes.LITE0}/predict"
HEAD = f"POST {PREDICT} HTTP/1.1\r\nHost: a\r\nContent-Length: {len(stack.CAT)}\r\n\r\n".encode()


def artifact(state: Path) -> Path:
    return processes.artifact(state / "artifacts")


def place(at: str) -> tuple[str, int]:
    host, _, port = at.partition(":")
    return host, int(port)


def ready(at: str) -> None:
    stack.wait_for(lambda: processes.answers(f"http://{at}/health/ready"), 20)


def draining(at: str) -> None:
    stack.wait_for(lambda: asked(at, "GET", "/health/ready")[0] == 503, 15)


def serves(at: str) -> bool:
    """Whether a new connection is answered; while it drains it is, and afterwards nobody comes."""
    with contextlib.closing(http.client.HTTPConnection(at, timeout=0.5)) as connection:
        try:
            connection.request("GET", "/health/live")
            return connection.getresponse().status == 200
        except OSError:
            return False


def asked(at: str, method: str, path: str, body: bytes = b"") -> tuple[int, str | None, bytes]:
    """Status, Connection header and body of an answer on a connection of its own."""
    with contextlib.closing(http.client.HTTPConnection(at, timeout=10)) as connection:
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, answer.getheader("Connection"), answer.read()


@pytest.fixture
def patient(tmp_path: Path) -> Path:
    """The services' code, which waits longer for those who still ask: nothing here is a race."""
    return copy_code(tmp_path / "patient", MAX_DRAIN_SECONDS=60.0)


@pytest.fixture
def hasty(tmp_path: Path) -> Path:
    """The services' code, which drains for half a second."""
    return copy_code(tmp_path / "hasty", MAX_DRAIN_SECONDS=0.5)


def copy_code(folder: Path, **constants: float) -> Path:
    changed = [
        (f"{name} = {getattr(worker, name)}", f"{name} = {value}")
        for name, value in constants.items()
    ]
    return processes.copy_code(folder, passerelle__server__worker=changed)


def test_a_service_that_is_being_stopped_says_so_and_serves_new_connections(
    state: Path, patient: Path
) -> None:
    at = f"127.0.0.1:{stack.free_port()}"
    with processes.service(artifact(state), at, patient) as child:
        ready(at)
        assert asked(at, "GET", "/health/ready")[:2] == (200, None)
        with socket.create_connection(place(at)):  # somebody is there still
            child.terminate()
            draining(at)
            status, connection, body = asked(at, "GET", "/health/ready")
            assert (status, connection) == (503, "close")
            told = json.loads(body)
            assert told["contract"] == contract.VERSION
            assert told["models"][processes.LITE0]["status"] == "draining"
            assert told["models"][processes.LITE0]["reason"] == "it is being stopped"
            assert asked(at, "POST", PREDICT, stack.CAT)[:2] == (200, "close")


def test_it_ends_when_the_last_connection_is_closed(state: Path, patient: Path) -> None:
    at = f"127.0.0.1:{stack.free_port()}"
    with processes.service(artifact(state), at, patient) as child:
        ready(at)
        with contextlib.closing(http.client.HTTPConnection(at, timeout=10)) as idle:
            idle.request("GET", "/health/live")
            idle.getresponse().read()
            child.terminate()
            draining(at)
            assert child.poll() is None
        child.wait(15)


def test_it_ends_soon_when_nobody_is_connected_but_not_at_once(state: Path, tmp_path: Path) -> None:
    """Whoever has not heard of it yet may still be about to connect."""
    code = copy_code(tmp_path / "code", MAX_DRAIN_SECONDS=60.0, QUIET_SECONDS=4.0)
    at = f"127.0.0.1:{stack.free_port()}"
    with processes.service(artifact(state), at, code) as child:
        ready(at)
        began = time.monotonic()
        child.terminate()
        child.wait(15)
        assert time.monotonic() - began > 4.0  # QUIET_SECONDS


def test_a_request_in_flight_is_answered_before_the_end(state: Path, hasty: Path) -> None:
    at = f"127.0.0.1:{stack.free_port()}"
    with (
        processes.service(artifact(state), at, hasty) as child,
        socket.create_connection(place(at), timeout=10) as client,
    ):
        ready(at)
        client.sendall(HEAD + stack.CAT[:1000])
        child.terminate()
        stack.wait_for(lambda: not serves(at), 7)  # it has drained
        client.sendall(stack.CAT[1000:])
        assert client.recv(4096).startswith(b"HTTP/1.1 200 OK")


def test_a_request_that_never_ends_does_not_keep_it_for_long(state: Path) -> None:
    """Whoever stops a container kills it after ten seconds; the rest is for a busy machine."""
    at = f"127.0.0.1:{stack.free_port()}"
    with (
        processes.service(artifact(state), at) as child,
        socket.create_connection(place(at), timeout=10) as client,
    ):
        ready(at)
        client.sendall(HEAD + stack.CAT[:1000])
        began = time.monotonic()
        child.terminate()
        child.wait(15)
        assert time.monotonic() - began > worker.MAX_DRAIN_SECONDS
    assert gunicorn_settings.graceful_timeout < 9


def test_on_a_unix_socket_those_who_are_connected_are_served(
    state: Path, tmp_path: Path, patient: Path
) -> None:
    path = tmp_path / "s"
    environ = {
        "PASSERELLE_ARTIFACTS": str(artifact(state)), "PASSERELLE_BIND": f"unix:{path}",
        "PYTHONPATH": str(patient),
    }  # fmt: skip
    command = [sys.executable, "-m", "gunicorn", "-c", "services/model/gunicorn.conf.py"]
    child = subprocess.Popen(
        command, env=os.environ | environ, cwd=patient, stderr=subprocess.DEVNULL
    )
    stack.wait_for(path.exists, 20)
    with contextlib.closing(http.client.HTTPConnection("localhost", timeout=10)) as kept:
        kept.sock = socket.socket(socket.AF_UNIX)
        kept.sock.settimeout(10)
        kept.sock.connect(str(path))
        answers: list[tuple[int, str | None, bytes]] = []

        def ask() -> int:
            kept.request("GET", "/health/ready")
            answer = kept.getresponse()
            answers.append((answer.status, answer.getheader("Connection"), answer.read()))
            return answer.status

        stack.wait_for(lambda: ask() == 200, 20)
        child.send_signal(signal.SIGTERM)
        stack.wait_for(lambda: not path.exists(), 15)
        stack.wait_for(lambda: ask() == 503, 15)
        assert answers[-1][1] == "close"
        assert b"draining" in answers[-1][2]
    assert child.wait(15) == 0


@pytest.mark.parametrize("first", [True, False])
def test_either_replica_is_stopped_again_and_again_and_no_request_fails(
    first: bool,  # noqa: FBT001  # pytest's
    state: Path,
    tmp_path: Path,
) -> None:
    folder, port = artifact(state), stack.free_port()
    stays, stops = [f"127.0.0.{n}:{port}" for n in ((1, 2) if first else (2, 1))]
    setting = f"{processes.LITE0}=http://127.0.0.1:{port}|http://127.0.0.2:{port}"
    ends = []
    with processes.service(folder, stays), processes.gateway(tmp_path, setting) as door:
        stack.wait_for(lambda: door.model()["status"] == "ready", 20)
        with processes.Clients(door, 8) as clients:
            for _ in range(3):
                with processes.service(folder, stops) as child:
                    stack.wait_for(lambda: door.model()["replicas"]["ready"] == 2, 20)
                    clients.wait_for_answers(30)
                    began = time.monotonic()
                    child.terminate()
                    child.wait(15)
                    ends.append(round(time.monotonic() - began, 2))
        assert len(clients.statuses) > 60
        assert set(clients.statuses) == {200}
    print("ended after", ends, "s;", len(clients.statuses), "requests")  # noqa: T201  # with pytest -s
    assert max(ends) < gunicorn_settings.graceful_timeout  # the gateway let go before


def test_a_gateway_that_is_stopped_under_load_answers_all_that_reached_it(
    state: Path, tmp_path: Path
) -> None:
    """Its clients meet nothing but a port on which nobody listens any more."""
    at = f"127.0.0.1:{stack.free_port()}"
    ends: list[str] = []
    statuses: list[int] = []

    def ask(door: processes.Door) -> None:
        with requests.Session() as session:
            session.headers["X-API-Key"] = door.key
            url = f"{door.url}/model/{processes.LITE0}/predict"
            try:
                while True:
                    statuses.append(session.post(url, data=stack.CAT, timeout=30).status_code)
            except requests.ConnectionError as error:
                ends.append(str(error))

    with processes.service(artifact(state), at):
        with processes.gateway(tmp_path, f"{processes.LITE0}=http://{at}") as door:
            stack.wait_for(lambda: door.model()["status"] == "ready", 20)
            clients = [threading.Thread(target=ask, args=(door,)) for _ in range(8)]
            for client in clients:
                client.start()
            stack.wait_for(lambda: len(statuses) > 20, 30)
        for client in clients:
            client.join()
    assert set(statuses) == {200}
    assert len(ends) == 8
    assert all("Connection refused" in end for end in ends), ends
