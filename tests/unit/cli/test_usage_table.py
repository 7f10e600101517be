"""passerelle/cli/usage_table.py: the sums as a person, and as a spreadsheet, reads them."""

import io
from typing import Any

from rich.console import Console

from passerelle.cli import usage_table


def row(caller: str, name: str, requests: int, **given: Any) -> dict[str, Any]:
    return {
        "caller": caller, "name": name, "model": "m", "requests": requests, "answers": requests,
        "refusals": 0, "errors": 0, "pictures": 1_234, "inference_seconds": 0.25, **given,
    }  # fmt: skip


def document(*rows: dict[str, Any], everybody: bool = True) -> dict[str, Any]:
    return {
        "since": "2026-11-01", "until": "2026-11-26", "by": ["caller", "model"],
        "everybody": everybody, "usage": list(rows),
    }  # fmt: skip


ALICE, PUBLIC = row("key:a", "alice", 2), row("public", "public", 1_000)


def shown(found: dict[str, Any], width: int = 200) -> list[list[str]]:
    """The words of each line, where they are wrapped as the command line's are."""
    options: dict[str, Any] = {"highlight": False, "markup": False, "soft_wrap": True}
    console = Console(file=io.StringIO(), width=width, **options)
    usage_table.show(found, console)
    text = console.file.getvalue()  # type: ignore[attr-defined]  # it is that
    return [line.split() for line in text.splitlines()]


def test_each_sum_has_its_line_and_so_has_the_whole() -> None:
    lines = shown(document(ALICE, PUBLIC))
    assert lines[0] == ["2026-11-01", "to", "2026-11-26", "(UTC)"]
    assert lines[2] == ["alice", "(key:a)", "m", "2", "2", "0", "0", "1,234", "0.2", "s"]
    assert lines[3] == ["public", "m", "1,000", "1,000", "0", "0", "1,234", "0.2", "s"]
    assert lines[4] == ["total", "1,002", "1,002", "0", "0", "2,468", "0.5", "s"]


def test_in_a_narrow_window_names_are_whole() -> None:
    name = "a-name-that-is-longer-than-half-of-a-window"
    assert name in shown(document(row("key:a", name, 1)), width=60)[2]


def test_one_sum_is_the_whole() -> None:
    assert len(shown(document(ALICE))) == 3


def test_what_a_key_may_not_see_is_said_to_be_missing() -> None:
    lines = shown(document(everybody=False))
    assert " ".join(lines[0]).endswith("(UTC), as far as this key may see it")
    assert " ".join(lines[1]) == "Nothing was counted."


def test_a_spreadsheet_has_the_numbers_and_runs_nothing() -> None:
    found = document(row("key:a", "=cmd()", 1))
    assert usage_table.csv_of(found) == (
        "caller,name,model,requests,answers,refusals,errors,pictures,inference_seconds\r\n"
        "key:a,'=cmd(),m,1,1,0,0,1234,0.25\r\n"
    )
    assert usage_table.csv_of(found | {"by": ["model"]}).startswith("model,requests,")
