"""What a service says beside an answer: for the gateway alone."""

from gateway.front_ends import passerelle
from gateway.transport import connection
from passerelle.protocol import answers


def test_what_a_service_says_beside_its_answer_ends_at_the_gateway() -> None:
    own = {answers.MODEL, answers.PICTURES, answers.DIGEST}
    assert own.isdisjoint(passerelle.RELAYED_HEADERS)


def test_a_gateway_takes_the_largest_answer_and_its_head() -> None:
    assert connection.MAX_RESPONSE_SIZE > answers.MAX_BYTES
