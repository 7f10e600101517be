"""API keys as a person and as a program reads them."""

import dataclasses
import datetime
import json

import pytest

from gateway.keys.api_keys import Key
from passerelle.cli import key_table
from passerelle.protocol import rates

NOW = datetime.datetime(2030, 5, 1, tzinfo=datetime.UTC)
HOUR = datetime.timedelta(hours=1)
ALICE = Key(
    "alice", "1f3a09bc", "f" * 64, ("a", "b"), NOW + HOUR, ("read",), rates.parse("5/second")
)  # fmt: skip


def test_a_key_is_shown_with_all_that_is_known_of_it_but_its_hash() -> None:
    found = json.loads(key_table.text([ALICE], {"key:1f3a09bc": NOW - HOUR}, NOW))
    assert found == {
        "keys": [
            {
                "name": "alice", "prefix": "1f3a09bc", "models": ["a", "b"], "verbs": ["read"],
                "rate": "5/second", "quota": None, "expires": "2030-05-01T01:00:00Z",
                "last_use": "2030-04-30T23:00:00Z", "revoked": None, "status": "valid",
            }
        ]
    }  # fmt: skip


def test_a_table_has_a_line_for_each_key(capsys: pytest.CaptureFixture[str]) -> None:
    key_table.show([ALICE], {"key:1f3a09bc": NOW}, NOW)
    head, line = capsys.readouterr().out.splitlines()
    assert head.split() == " ".join(key_table.COLUMNS).split()
    cells = "alice 1f3a09bc a, b read 5/second 2030-05-01T01:00:00Z 2030-05-01 valid"
    assert " ".join(line.split()) == cells


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, "valid"),
        ({"expires": None}, "valid"),
        ({"expires": NOW}, "expired"),
        ({"revoked": NOW}, "revoked"),
    ],
)
def test_a_status_says_why_a_key_does_not_work(
    changes: dict[str, datetime.datetime | None], status: str
) -> None:
    assert key_table.status(dataclasses.replace(ALICE, **changes), NOW) == status  # type: ignore[arg-type]  # all are moments
