"""What doesn't fit among the fields that say who gets in, and how often."""

from pathlib import Path
from typing import Any

import pytest

from passerelle.manifest import access_checks, reading
from passerelle.manifest.access_fields import TokenIssuer

GOOD = {"issuer": "https://login.example.com", "audience": "passerelle"}
MANIFEST = """\
version: 1
tokens:
  - {issuer: "https://login.example.com", audience: passerelle, rate: 100/second, quota: 10/day}
  - {issuer: "https://login.example.com", audience: passerelle}
  - {issuer: "http://login.example.com", audience: passerelle, subjects: {bob: ["read:nosuch"]}}
  - issuer: https://login.example.com
    audience: other
    subjects: {alice: ["predict:nosuch"]}
models:
  - {id: a, architecture: "torchvision:resnet18", weights: random}
"""


def found(*issuers: dict[str, Any]) -> list[tuple[int, tuple[str, str]]]:
    """What is wrong with issuers that have these fields beside the usual ones."""
    written = [TokenIssuer.model_validate(GOOD | each) for each in issuers]
    return list(access_checks.of_tokens(enumerate(written), {"efficientnet", "ocr"}))


def test_a_rate_is_less_than_the_quota() -> None:
    assert list(access_checks.of_limits("10/second", "10/day")) == []
    assert list(access_checks.of_limits("10/second", None)) == []
    told = "11/second is more than the quota, 10/day; write a smaller one"
    assert list(access_checks.of_limits("11/second", "10/day")) == [("rate", told)]


def test_good_issuers_have_nothing_to_mend() -> None:
    scopes = ["predict:*", "read:ocr", "predict:efficientnet", "usage", "metrics"]
    limits = {"rate": "10/second", "quota": "100/day"}
    other = {"audience": "other", "subjects": {"alice": scopes}}
    assert found({}, other | limits, {"issuer": "https://other.example.com"}) == []


@pytest.mark.parametrize(
    ("fields", "field", "told"),
    [
        ({}, "issuer", "https://login.example.com has an entry for passerelle above; make one of"),
        ({"audience": "b", "rate": "9/second", "quota": "8/day"}, "rate", "9/second is more than"),
        (
            {"audience": "b", "subjects": {"alice": ["predict:eficientnet"]}}, "subjects",
            "alice has predict:eficientnet, but no model is eficientnet; did you mean efficientnet?"
        ),
        ({"audience": "b", "subjects": {"alice": ["read:zz"]}}, "subjects", "is zz; add it, or"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_at_its_field(
    fields: dict[str, Any], field: str, told: str
) -> None:
    ((number, (where, message)),) = found({}, fields)
    assert (number, where) == (1, field)
    assert told in message


def test_a_manifest_tells_all_of_it_with_its_lines(tmp_path: Path) -> None:
    (tmp_path / "models.yaml").write_text(MANIFEST)
    with pytest.raises(reading.ManifestError) as raised:
        reading.read_manifest(tmp_path / "models.yaml")
    assert [(each.line, each.path) for each in raised.value.problems] == [
        (3, "tokens[0].rate"), (4, "tokens[1].issuer"), (5, "tokens[2].issuer"),
        (8, "tokens[3].subjects"),
    ]  # fmt: skip
