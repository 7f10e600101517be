"""After how long to try again."""

import pytest

from gateway.adapters import retry_after
from gateway.transport import Response


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("7", 7), ("3600", 3600), ("3601", 1), ("0", 1), ("-5", 1), ("soon", 1), ("9" * 5000, 1)],
)
def test_a_sane_number_of_seconds_is_kept(text: str, seconds: int) -> None:
    assert retry_after.seconds(Response(503, {"retry-after": text}, b"")) == seconds


def test_where_nothing_is_said_it_is_a_second() -> None:
    assert retry_after.seconds(Response(503, {}, b"")) == 1
