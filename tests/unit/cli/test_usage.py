"""passerelle/cli/usage.py: what the local run counted, or a gateway elsewhere."""

import datetime
import json
from pathlib import Path

import pytest

from gateway.usage import usage_file
from gateway.usage.counts import Batch, Row
from passerelle.local import local_state
from tests.unit.cli import command

DAY = datetime.date(2026, 11, 26)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """The state folder of a run that two callers asked."""
    batch = Batch()
    for caller, day in (("key:a", "2026-11-25"), ("key:a", "2026-11-26"), ("key:b", "2026-11-26")):
        batch.counts(Row(day, caller, "m")).count(200, 1, 0.25)
        batch.use(caller, caller.removeprefix("key:"), 1.0)
    usage_file.add(local_state.usage_file(tmp_path), batch, datetime.date(1970, 1, 1))
    return tmp_path


def run(state: Path, *words: str) -> str:
    """What it printed."""
    done = command.run("usage", "--state", str(state), "--until", "2026-11-26", *words)
    assert done.exit_code == 0, done.output
    return done.output


def test_the_local_run_is_summed_up_by_caller_and_model(state: Path) -> None:
    lines = [line.split() for line in run(state).splitlines()]
    assert lines[0][:3] == ["2026-10-28", "to", "2026-11-26"]
    assert [line[:4] for line in lines[2:4]] == [
        ["a", "(key:a)", "m", "2"],
        ["b", "(key:b)", "m", "1"],
    ]


@pytest.mark.parametrize(
    ("words", "rows"),
    [
        (["--by", "day"], [{"day": "2026-11-25"}, {"day": "2026-11-26"}]),
        (["--by", "model", "--since", "2026-11-26"], [{"model": "m"}]),
        (["--by", "caller", "--caller", "b"], [{"caller": "key:b", "name": "b"}]),
        (["--model", "other"], []),
    ],
)
def test_what_is_asked_for_is_found(
    state: Path, words: list[str], rows: list[dict[str, str]]
) -> None:
    found = json.loads(run(state, "--json", *words))["usage"]
    assert [{name: each[name] for name in rows[0]} for each in found] == rows if rows else not found


def test_a_spreadsheet_has_it(state: Path) -> None:
    assert run(state, "--csv", "--by", "model").splitlines() == [
        "model,requests,answers,refusals,errors,pictures,inference_seconds",
        "m,3,3,0,0,3,0.75",
    ]


def test_a_gateway_elsewhere_is_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    answer = {
        "since": "2026-11-26", "until": "2026-11-26", "by": ["model"], "everybody": False,
        "usage": [],
    }  # fmt: skip
    network = command.gateway(monkeypatch, answer)
    printed = run(tmp_path, "--url", "http://gateway.test", "--key", "psl_k", "--by", "model",
                  "--since", "2026-11-26", "--caller", "a")  # fmt: skip
    assert "as far as this key may see it" in printed
    address = "http://gateway.test/usage?since=2026-11-26&until=2026-11-26&caller=a&by=model"
    assert str(network.requests[0].url) == address
    assert network.requests[0].headers["X-API-Key"] == "psl_k"


def test_where_nothing_was_counted_the_reason_is_said(tmp_path: Path) -> None:
    done = command.run("usage", "--state", str(tmp_path))
    assert done.exit_code == 1
    assert done.output.startswith(f"Error: {tmp_path}/usage.db is not there")


def test_a_file_that_is_none_is_said_to_be(state: Path) -> None:
    local_state.usage_file(state).write_bytes(b"no usage" * 1_000)
    done = command.run("usage", "--state", str(state))
    assert done.exit_code == 1
    assert "it is another kind of file" in done.output


def test_days_that_are_no_range_are_refused(state: Path) -> None:
    done = command.run("usage", "--state", str(state), "--since", "2026-11-26", "--until",
                       "2026-11-25")  # fmt: skip
    assert done.exit_code == 2
    assert "this day is after --until" in done.output
