"""JSON that can be read in one way alone."""

import pytest

from gateway.tokens import strict_json


def test_an_object_is_read() -> None:
    assert strict_json.loads('{"a": [1, {"b": null}], "é": 1.5}'.encode()) == {
        "a": [1, {"b": None}],
        "é": 1.5,
    }


@pytest.mark.parametrize(
    "text",
    [
        b"", b"[]", b'"a"', b"1", b"null", b"{", b"{} {}", b"\xef\xbb\xbf{}", b"\xff", b"{'a': 1}",
        b'{"a": NaN}', b'{"a": Infinity}', b'{"a": 1, "a": 1}', b'{"a": 1, "\\u0061": 2}',
        b'{"a": {"b": 1, "b": 2}}', b'{"a": ' + b"[" * 100_000, b'{"a": ' + b"1" * 5000 + b"}",
        b"{" + b", ".join(b'"%d": 1' % each for each in range(201)) + b"}",
    ],
    ids=range(18),
)  # fmt: skip
def test_whatever_is_none_or_could_be_read_in_two_ways_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        strict_json.loads(text)
