"""bench/backends_report.py: each backend's speed both ways, and what the gateway takes for it."""

import dataclasses

from bench import backends_report
from bench.backends_report import Report
from bench.hop_report import DIRECT, GATEWAY
from bench.rounds import Round
from tests.unit.bench import records


def test_each_backend_has_its_ratio_and_the_gateways_own_work() -> None:
    through = dataclasses.replace(records.measurement(150), server_cpu_ms=0.25)
    found = Round(8, {DIRECT: records.measurement(200), GATEWAY: through})
    report = Report(3, 1.0, {"flask": [found], "litserve": [found]}, {"cores": "2"})
    text = backends_report.text(report)
    lines = [line.split() for line in text.splitlines()]
    assert [line[0] for line in lines if line and line[0].endswith("e:")] == ["litserve:"]
    assert text.index("flask:") < text.index("litserve:")
    speeds = [line[2] for line in lines if line[:2] == [GATEWAY, "8"]]
    assert speeds == ["150", "0.75", "150", "0.75"]
    assert "0.250 (0.250-0.250)" in text
