"""Where a request may say who sent it."""

import pytest

from gateway import credentials


@pytest.mark.parametrize(
    ("headers", "key"),
    [
        ({"authorization": "Bearer abc"}, "abc"),
        ({"authorization": "bearer  abc "}, "abc"),
        ({"authorization": "Basic abc"}, ""),
        ({"authorization": "abc"}, ""),
        ({"authorization": "Bearer abc", "x-api-key": "own"}, "own"),
        ({}, ""),
    ],
)
def test_a_key_may_come_as_a_bearer_token(headers: dict[str, str], key: str) -> None:
    assert credentials.client(headers, {}).api_key == key
