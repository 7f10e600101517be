"""Each behaviour of the threat model has a test that is there."""

import re

import yaml

from tests.support.stack import ROOT

TEXT = (ROOT / "docs" / "threat-model.md").read_text()


def test_each_test_that_is_named_is_there() -> None:
    named = re.findall(r"`([\w/.]+\.py)::(\w+)`", TEXT)
    assert len(named) > 100
    missing = [each for each in named if not is_there(*each)]
    assert missing == []


def is_there(file: str, name: str) -> bool:
    text = (ROOT / "tests" / file).read_text()
    return bool(re.search(rf"^(async )?def {name}\(", text, re.MULTILINE))


def test_each_behaviour_has_a_test_or_a_reason() -> None:
    rows = [line for line in TEXT.splitlines() if line.startswith("| ") and "::" in line]
    parts = TEXT.split("## Behaviours")[1].splitlines()
    listed = [line for line in parts if line.startswith("| ") and "shown by" not in line]
    assert listed
    assert set(listed) - set(rows) == {line for line in listed if "not here: " in line}


def test_no_path_of_the_contract_ends_in_z() -> None:
    paths = yaml.safe_load((ROOT / "openapi.yaml").read_text())["paths"]
    assert paths
    assert [path for path in paths if path.rstrip("/").endswith("z")] == []
