"""Where a backend is asked that is passed requests on."""

import pytest

from gateway.adapters import raw_target
from passerelle.protocol import problems


@pytest.mark.parametrize(
    ("path", "below", "expected"),
    [
        ("/", "", "/"),
        ("/", "/a", "/a"),
        ("/predict", "", "/predict"),
        ("/predict", "?", "/predict?"),
        ("/predict", "?a=%2F&a", "/predict?a=%2F&a"),
        ("/predict", "/", "/predict/"),
        ("/predict/", "", "/predict/"),
        ("/predict/", "/a", "/predict/a"),
        ("/predict", "//a", "/predict//a"),
        ("/predict", "/a%2Fb;c/%C3%BC/...", "/predict/a%2Fb;c/%C3%BC/..."),
        ("/predict?mode=a", "", "/predict?mode=a"),
        ("/predict?mode=a", "/b?c=d", "/predict/b?mode=a&c=d"),
    ],
)
def test_what_is_below_the_models_address_is_below_the_backends_path(
    path: str, below: str, expected: str
) -> None:
    assert raw_target.target(path, below) == expected


@pytest.mark.parametrize(
    "below",
    [
        "/..", "/../admin", "/a/../../b", "/%2e%2E/a", "/.%2e", "/a%2F..%2Fb", "/..;a/b", "/..\\a",
        "/a%5C..", "/./a", "/.. /a", "/..%00/a", "/%252e%252E/a", "/a%252F..", "/%c0%ae%C0%AE/a",
        "/a%c0%af..", "/%e0%80%ae./a", "/a%C1%9C..",
    ],
)  # fmt: skip
def test_nothing_leads_out_of_it(below: str) -> None:
    with pytest.raises(problems.InvalidRequest, match="segment"):
        raw_target.target("/predict", below)


def test_what_is_encoded_again_and_again_is_refused_and_not_looked_through() -> None:
    levels = raw_target.MAX_ENCODINGS - 1  # the last look sees that nothing is left to decode
    assert (
        raw_target.target("/predict", f"/%{'25' * (levels - 1)}61")
        == f"/predict/%{'25' * (levels - 1)}61"
    )
    with pytest.raises(problems.InvalidRequest, match="again and again"):
        raw_target.target("/predict", f"/%{'25' * 3_900}61")


def test_what_only_the_query_says_leads_nowhere() -> None:
    assert raw_target.target("/predict", "?file=../a") == "/predict?file=../a"
