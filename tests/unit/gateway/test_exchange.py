"""One request on its way."""

import pytest

from passerelle.protocol import accept, problems
from tests.unit.gateway import made


def test_the_clients_timeout_is_read_from_its_header() -> None:
    assert made.exchange().timeout is None
    assert made.exchange({"x-request-timeout": "2.5"}).timeout == 2.5


def test_a_timeout_that_is_no_number_is_refused() -> None:
    with pytest.raises(problems.InvalidRequest, match="holds seconds, such as"):
        _ = made.exchange({"x-request-timeout": "soon"}).timeout


def test_the_form_of_its_answer_is_json_unless_the_client_prefers_a_png() -> None:
    assert made.exchange().preferred == accept.JSON
    assert made.exchange({"accept": "image/png"}).preferred == accept.PNG
