"""Where Redis is."""

import pytest

from gateway.limits import redis_url


@pytest.mark.parametrize(
    "url",
    [
        "redis://redis", "redis://127.0.0.1:6379/0", "rediss://me:a%20word@redis.example:6380/1",
        "redis://[::1]:6379", "unix:///run/redis.sock?db=2", "redis://:word@redis",
    ],
)  # fmt: skip
def test_it_is_tcp_tls_or_a_socket(url: str) -> None:
    assert redis_url.is_usable(url)


@pytest.mark.parametrize(
    "url", ["redis", "http://redis", "redis://", "redis://redis:port", "redis://redis:0", "unix://"]
)
def test_anything_else_is_none(url: str) -> None:
    assert not redis_url.is_usable(url)
