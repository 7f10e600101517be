"""bench/idle_connections.py: memory for each connection."""

import math

import pytest

from bench import idle_connections
from bench.idle_connections import Report


def test_the_growth_is_divided_among_the_connections_that_were_held() -> None:
    report = Report(asked=2000, held=1000, before_mb=70.0, after_mb=80.0)
    assert report.kb_each == pytest.approx(10)
    assert report.per_mb == pytest.approx(100)
    assert "1000 of 2000 held" in idle_connections.text(report)


def test_memory_that_did_not_grow_holds_any_number() -> None:
    assert math.isinf(Report(asked=5, held=5, before_mb=70.0, after_mb=70.0).per_mb)
