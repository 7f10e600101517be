"""Where a request may say who sent it."""

import pytest

from gateway import credentials
from tests.unit.gateway import made


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
    assert credentials.client(made.request(headers=headers), {}).api_key == key


def test_a_client_has_the_addresses_of_its_request() -> None:
    request = made.request()
    request.addresses = ("203.0.113.9", "10.0.0.1")
    assert credentials.client(request, {}).addresses == request.addresses
