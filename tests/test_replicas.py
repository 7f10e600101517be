"""Several replicas of one service: the load spread, and none of it lost as they come and go."""

import time
from pathlib import Path

from tests import processes, stack


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
