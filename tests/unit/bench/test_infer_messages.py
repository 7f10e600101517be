"""bench/infer_messages.py: the same picture and numbers, over REST and over gRPC."""

import pytest

from bench import infer_messages
from services.model.open_inference import request


@pytest.mark.parametrize("picture", [b"\xff\xd8\xff", bytes(100_000)])
def test_a_picture_goes_there_and_comes_out_again(picture: bytes) -> None:
    length, body = infer_messages.rest_request(picture)
    assert infer_messages.picture_of_rest(body, length) == picture
    assert infer_messages.picture_of_grpc(infer_messages.grpc_request(picture)) == picture


def test_numbers_come_back() -> None:
    length, body = infer_messages.rest_response()
    assert infer_messages.numbers_of_rest(body, length) == infer_messages.NUMBERS
    encoded = infer_messages.grpc_response()
    assert infer_messages.numbers_of_grpc(encoded) == infer_messages.NUMBERS


def test_the_request_over_rest_is_one_that_our_service_takes() -> None:
    length, body = infer_messages.rest_request(b"picture")
    (only,) = request.parse(body, str(length)).inputs
    assert (only.name, bytes(only.content)) == ("image", b"\7\0\0\0picture")


def test_the_fields_have_the_protocols_numbers() -> None:
    """As `protoc --decode_raw` shows them."""
    encoded = infer_messages.grpc_request(b"ab")
    assert encoded.startswith(b"\x0a\3net")  # 1: model_name
    assert encoded.endswith(b"\x3a\6\2\0\0\0ab")  # 7: raw_input_contents
    assert b"\x2a\x11\x0a\5image\x12\5BYTES\x1a\1\1" in encoded  # 5: name, datatype, shape
