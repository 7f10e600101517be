"""bench/load_generator.py: rates and percentiles of all clients together."""

import itertools
import time
from pathlib import Path

import pytest

from bench import load_generator
from bench.workload import Workload


def test_the_clients_rates_add_up() -> None:
    latencies = [[0.1] * 10, [0.2] * 5]
    found = load_generator.summarize(
        latencies, cpu_seconds=0.3, server_seconds=0.15, other_cores=0.5
    )
    assert found.requests == 15
    assert found.requests_per_second == pytest.approx(15)
    assert found.p50_ms == pytest.approx(100)
    assert found.p99_ms == pytest.approx(200)
    assert found.cpu_ms == pytest.approx(20)
    assert found.server_cpu_ms == pytest.approx(10)
    assert found.other_cores == 0.5


def test_a_client_sends_twice_even_when_its_time_is_over() -> None:
    sent: list[bytes] = []
    over = time.perf_counter()
    latencies = load_generator.latencies_until(over, sent.append, itertools.cycle([b"a", b"b"]))
    assert sent == [b"a", b"b"]
    assert len(latencies) == 2


def test_a_server_gets_whole_requests_and_an_artifact_pictures(tmp_path: Path) -> None:
    file = tmp_path / "cat.jpg"
    file.write_bytes(b"jpeg")
    own = Workload([str(file)], 1.0)
    assert load_generator.messages(own) == [b"jpeg"]
    (request,) = load_generator.messages(Workload([str(file)], 1.0, url="http://a:1", path="/p"))
    assert request.startswith(b"POST /p HTTP/1.1\r\nHost: a:1\r\n")
