"""One request on its way."""

import pytest

from passerelle.protocol import problems
from tests.unit.gateway import made


def test_the_clients_timeout_is_read_from_its_header() -> None:
    assert made.exchange().timeout is None
    assert made.exchange({"x-request-timeout": "2.5"}).timeout == 2.5


def test_a_timeout_that_is_no_number_is_refused() -> None:
    with pytest.raises(problems.InvalidRequest, match="holds seconds, such as"):
        _ = made.exchange({"x-request-timeout": "soon"}).timeout
