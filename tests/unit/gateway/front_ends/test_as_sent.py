"""What of a request goes on as it was sent."""

import pytest

from gateway.front_ends import as_sent
from passerelle.protocol.problems import Problem
from passerelle.server.messages import Request
from tests.unit.gateway import made


def request(target: str = "/model/m/predict", **headers: str) -> Request:
    found = made.request(headers={name.replace("_", "-"): text for name, text in headers.items()})
    found.target = target.encode()
    return found


@pytest.mark.parametrize(
    ("target", "below"),
    [
        ("/model/m/predict", ""),
        ("/model/m/predict?", "?"),
        ("/model/m/predict?a=%2F", "?a=%2F"),
        ("/model/m/predict/", "/"),
        ("/model/m/predict//a%2Fb;c?/", "//a%2Fb;c?/"),
    ],
)
def test_what_is_below_the_models_address_is_as_it_was_sent(target: str, below: str) -> None:
    found = as_sent.of(request(target), is_streamed=True)
    assert (found.method, found.below) == ("POST", below)


def test_a_body_comes_in_parts_of_the_length_that_it_states() -> None:
    stated = as_sent.of(request(content_length="7"), is_streamed=True)
    chunked = as_sent.of(request(transfer_encoding="chunked"), is_streamed=True)
    assert (stated.length, bool(stated.parts)) == (7, True)
    assert (chunked.length, bool(chunked.parts)) == (None, True)


def test_a_request_without_a_body_or_whose_body_is_read_whole_has_no_parts() -> None:
    assert as_sent.of(request(), is_streamed=True).parts is None
    assert as_sent.of(request(content_length="7"), is_streamed=False).parts is None


def test_a_websocket_is_refused_with_a_sentence() -> None:
    with pytest.raises(Problem, match="WebSocket") as raised:
        as_sent.of(request(sec_websocket_key="x"), is_streamed=True)
    assert raised.value.status == 501
