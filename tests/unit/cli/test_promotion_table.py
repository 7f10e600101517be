"""passerelle/cli/promotion_table.py: how far a promotion is, for a person."""

import io
from typing import Any

from rich.console import Console

from passerelle.cli import promotion_table


def measure(name: str, *figures: float | None, verdict: str = "holds") -> dict[str, Any]:
    wanted, value, low, high = figures
    return {"name": name, "wanted": wanted, "value": value, "low": low, "high": high,
            "requests": 1234, "verdict": verdict}  # fmt: skip


PROMOTION: dict[str, Any] = {
    "state": "rolled_back",
    "weights": {"old": 100.0, "new": 0.0},
    "reason": "At 5 %, the agreement with old is 0.1.",
    "measures": [
        measure("agreement", 0.97, 0.981, 0.97, 0.99),
        measure("p95", 1.2, 1.05, 1.01, None, verdict="unknown"),
        measure("errors", 0.001, None, None, None, verdict="breaks"),
    ],
}


def test_each_measure_has_its_line() -> None:
    options: dict[str, Any] = {"highlight": False, "markup": False, "soft_wrap": True}
    console = Console(file=io.StringIO(), width=200, **options)
    promotion_table.show(PROMOTION, console)
    text = console.file.getvalue()  # type: ignore[attr-defined]  # it is that
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert lines == [
        "old 100 %, new 0 % (rolled back)",
        "measure wanted is surely of verdict",
        "agreement at least 0.97 0.981 0.97 to 0.99 1,234 holds",
        "p95 at most 1.2x 1.05x 1.01x to ? 1,234 unknown",
        "errors at most 0.1 % ? ? to ? 1,234 breaks",
        "At 5 %, the agreement with old is 0.1.",
    ]
