"""The header that says how long an answer is waited for."""

import pytest

from passerelle.protocol import problems, timeout


def test_what_is_rendered_is_parsed() -> None:
    assert timeout.parse(timeout.render(2.5)) == 2.5
    assert timeout.parse(None) is None


def test_time_that_is_over_is_still_a_millisecond() -> None:
    assert timeout.render(-1.0) == "0.001"


@pytest.mark.parametrize("text", ["", "0", "0.0", "-1", "soon", "1e3", "1234567", "inf", "1,5"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(problems.InvalidRequest, match="X-Request-Timeout holds seconds"):
        timeout.parse(text)
