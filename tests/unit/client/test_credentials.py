"""Who asks a gateway."""

import pytest

from passerelle.client import errors
from passerelle.client.credentials import Credentials


def test_a_key_and_a_token_are_sent_each_in_its_own_way() -> None:
    assert Credentials().headers() == {}
    assert Credentials("psl_key").headers() == {"X-API-Key": "psl_key"}
    assert Credentials("", "a.b.c").headers() == {"Authorization": "Bearer a.b.c"}


def test_a_token_may_be_asked_for_each_time() -> None:
    given = iter(("first", "second"))
    found = Credentials(token=lambda: next(given))
    assert found.may_wait
    assert not Credentials("", "a.b.c").may_wait
    assert [found.headers()["Authorization"] for _ in range(2)] == ["Bearer first", "Bearer second"]


def test_one_of_the_two_is_enough() -> None:
    with pytest.raises(errors.InvalidRequest, match="Give one of the two"):
        Credentials("psl_key", "a.b.c").headers()


def test_neither_is_shown() -> None:
    assert "secret" not in repr(Credentials("secret", "secret"))
