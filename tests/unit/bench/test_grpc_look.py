"""bench/grpc_look.py: what a request takes of its server and of its client."""

import dataclasses

import pytest

from bench import grpc_look, infer_messages
from bench.grpc_look import GRPC, REST, Report
from bench.rounds import Round
from tests.unit.bench import records

FOUND = records.measurement(100.0)  # of 5 ms, of which 0.5 are the server's
ROUND = Round(8, {REST: FOUND, GRPC: dataclasses.replace(FOUND, server_cpu_ms=2.0)})


def test_the_clients_time_is_what_the_servers_leaves() -> None:
    assert grpc_look.client_cpu_ms(ROUND, REST) == 4.5
    assert grpc_look.client_cpu_ms(ROUND, GRPC) == 3.0


def test_the_table_has_both() -> None:
    text = grpc_look.text(Report(1.0, [ROUND], {"cores": "2"})).splitlines()
    rows = {each.split()[0]: each.split()[1:] for each in text if each.startswith((REST, GRPC))}
    assert rows[REST][:5] == ["8", "0.500", "(0.500-0.500)", "4.500", "(4.500-4.500)"]
    assert rows[GRPC][1] == "2.000"


def test_other_numbers_than_those_are_no_answer() -> None:
    grpc_look.check(infer_messages.NUMBERS)
    with pytest.raises(ValueError, match="b'x'"):
        grpc_look.check(b"x")
