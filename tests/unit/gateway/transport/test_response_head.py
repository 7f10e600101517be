"""What is refused in the head of a service's response."""

import pytest

from gateway.transport import BrokenError, response_head


@pytest.mark.parametrize(
    ("status", "version", "coding"),
    [(200, "1.1", None), (200, "1.0", None), (599, "1.1", "Chunked"), (103, "1.1", None)],
)
def test_a_response_is_one(status: int, version: str, coding: str | None) -> None:
    response_head.check(status, version, coding)


@pytest.mark.parametrize(
    ("status", "version", "coding"),
    [
        (99, "1.1", None), (0, "1.1", None), (600, "1.1", None), (101, "1.1", None),
        (200, "2.0", None), (200, "0.9", None), (200, "1.0", "chunked"), (200, "1.1", ""),
        (200, "1.1", "identity"), (200, "1.1", "gzip, chunked"), (200, "1.1", "chunked, chunked"),
        (200, "1.1", "chunked\t"),
    ],
)  # fmt: skip
def test_anything_else_is_none(status: int, version: str, coding: str | None) -> None:
    with pytest.raises(BrokenError):
        response_head.check(status, version, coding)
