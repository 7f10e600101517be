"""bench/comparison_report.py: the page's tables."""

from bench import comparison_report
from bench.comparison import EAGER
from tests.unit.bench import records


def test_a_server_has_one_line_under_its_kind() -> None:
    lines = comparison_report.text(records.full_report()).splitlines()
    (ours,) = [line for line in lines if line.startswith("| Passerelle, fp32 | ")]
    assert ours.split(" | ")[1:] == [
        "100", "10.0", "20.0", "200", "10.0", "20.0", "200", "1.0", "100.0%", "0.0 |",
    ]  # fmt: skip


def test_ours_is_divided_by_the_fastest_peer_of_each_kind() -> None:
    page = comparison_report.text(records.full_report())
    assert "| Passerelle, fp32 / eager | 2.00 (Fast) | 2.00 (Fast) |" in page
    assert "| Passerelle, fp32 / baked | 1.25 (Fast) | 1.25 (Fast) |" in page


def test_a_failure_is_named_with_its_reason_and_has_no_line() -> None:
    report = records.full_report()
    broken = records.outcome("Broken", EAGER)
    broken.failure = "it ended after 1 s."
    report.outcomes.append(broken)
    page = comparison_report.text(report)
    assert "- Broken, eager isn't reported: it ended after 1 s." in page
    assert "| Broken" not in page
