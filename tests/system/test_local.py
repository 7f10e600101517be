"""`passerelle up`: says what is wrong before it starts, and leaves nothing behind."""

import os
import signal
import socket
import threading
from pathlib import Path

import pytest

from passerelle.local import preflight
from tests.support import stack


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_leaves_nothing_behind(number: int, state: Path) -> None:
    with stack.running(stack.ROOT / "models.yaml", state) as up:
        processes = stack.descendants(up.process.pid)
        # a gunicorn and its worker: the page, the gateway, four services
        assert len(processes) == 12
        variables = stack.environ(processes[0]).split("\0")
        bound = next(each for each in variables if "/passerelle-" in each)
        sockets = Path(bound.partition("unix:")[2]).parent
        assert sockets.is_dir()
        up.process.send_signal(number)
        assert up.process.wait(timeout=40) == 0
    assert not [pid for pid in processes if stack.alive(pid)]
    assert not sockets.exists()
    assert up.printed.rstrip().endswith("stopped")


def test_a_killed_run_takes_its_processes_with_it(state: Path) -> None:
    with stack.running(stack.ROOT / "examples" / "v2.yaml", state) as up:
        processes = stack.descendants(up.process.pid)
        assert processes
        folders = [*preflight.TEMPORARY.glob(f"passerelle-{up.process.pid}-*")]
        assert len(folders) == 1
        up.process.kill()
        up.process.wait()
        stack.wait_for(lambda: not [pid for pid in processes if stack.alive(pid)], 15)
    preflight.remove_stale_sockets()
    assert not folders[0].exists()


def test_requests_in_flight_are_answered_before_the_end(state: Path) -> None:
    with stack.running(stack.ROOT / "examples" / "v1.yaml", state) as up:
        head = (
            f"POST /model/efficientnet-lite0/predict HTTP/1.1\r\nHost: a\r\nX-API-Key: {up.key}\r\n"
            f"Content-Length: {len(stack.CAT)}\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", up.port), timeout=20) as client:
            client.sendall(head.encode() + stack.CAT[:1000])
            threading.Timer(1.0, client.sendall, [stack.CAT[1000:]]).start()
            os.kill(up.process.pid, signal.SIGTERM)
            assert client.recv(4096).startswith(b"HTTP/1.1 200 OK")
        assert up.process.wait(timeout=40) == 0


def test_a_taken_port_is_told_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        run = stack.Stack(stack.ROOT / "models.yaml", tmp_path / "state",
                          "--port", str(taken.getsockname()[1]))  # fmt: skip
        assert run.process.wait(timeout=30) == 1
        run.stop()
    assert "can't be had" in run.printed
    assert "choose another: PORT=" in run.printed


def test_a_second_run_on_the_same_folder_is_refused(state: Path) -> None:
    with stack.running(stack.ROOT / "examples" / "v1.yaml", state) as up:
        second = stack.Stack(stack.ROOT / "examples" / "v2.yaml", state)
        assert second.process.wait(timeout=30) == 1
        second.stop()
        assert "Another run uses" in second.printed
        assert up.predict("efficientnet-lite0").ok


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_stopped_while_it_bakes_leaves_nothing_behind(number: int, tmp_path: Path) -> None:
    up = stack.Stack(stack.ROOT / "examples" / "v1.yaml", tmp_path / "state")
    artifacts = tmp_path / "state" / "artifacts"
    stack.wait_for(lambda: [*artifacts.glob(".baking-*")], 30)
    children = stack.descendants(up.process.pid)
    assert children
    up.process.send_signal(number)
    assert up.process.wait(timeout=20) == 0
    up.stop()
    assert not [pid for pid in children if stack.alive(pid)]
    assert not [*artifacts.iterdir()]


def test_a_broken_manifest_is_told_with_all_its_problems(tmp_path: Path) -> None:
    (tmp_path / "models.yaml").write_text("version: 1\nmodels: [{id: A}, {weights: random}]")
    run = stack.Stack(tmp_path / "models.yaml", tmp_path / "state")
    assert run.process.wait(timeout=30) == 1
    run.stop()
    assert "models[0].id: 'A' does not fit" in run.printed
    assert "models[1].id: missing" in run.printed


def test_a_model_that_cannot_be_baked_does_not_keep_the_others_away(
    state: Path, tmp_path: Path
) -> None:
    text = (stack.ROOT / "examples" / "v1.yaml").read_text()
    lost = "\n  - {id: lost, like: efficientnet-lite0, weights: 'file:lost.pth'}\n"
    (tmp_path / "models.yaml").write_text(text + lost)
    with stack.running(tmp_path / "models.yaml", state) as up:
        assert "lost was not baked" in up.printed
        assert "write the path of one" in up.printed
        assert up.predict("efficientnet-lite0").ok
        assert up.predict("lost").status_code == 503


def test_without_a_gateway_only_one_service_fits(tmp_path: Path) -> None:
    run = stack.Stack(stack.ROOT / "models.yaml", tmp_path / "state", "--no-gateway")
    assert run.process.wait(timeout=30) == 1
    run.stop()
    assert "--no-gateway takes one service" in run.printed
