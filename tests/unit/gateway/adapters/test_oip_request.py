"""A picture as the one element of a BYTES tensor."""

import base64
import json
from typing import Any

import pytest

from gateway.adapters import oip_metadata, oip_request
from passerelle.protocol import problems
from tests.unit.gateway import made
from tests.unit.gateway.adapters.oip_backend import IMAGE, MODEL, SERVER

PICTURE = b"\x89PNG picture"
BINARY = {"extensions": ["binary_tensor_data"]}


def encoded(server: dict[str, Any], **given: Any) -> tuple[dict[str, str], bytes]:
    model = MODEL | {"inputs": [IMAGE | given]}
    metadata = oip_metadata.parse(model, SERVER | server)
    headers, parts = oip_request.encode(PICTURE, metadata, "mine")
    return headers, b"".join(parts)


def test_a_picture_goes_as_base64_and_is_told_so() -> None:
    headers, body = encoded({})
    assert headers == {"Content-Type": "application/json"}
    assert json.loads(body) == {
        "id": "mine",
        "inputs": [
            {
                "name": "image",
                "shape": [1],
                "datatype": "BYTES",
                "parameters": {"content_type": "base64"},
                "data": [base64.b64encode(PICTURE).decode()],
            }
        ],
    }


def test_a_server_that_takes_binary_tensors_is_sent_the_bytes() -> None:
    headers, body = encoded(BINARY, shape=[-1, 1])
    length = int(headers["Inference-Header-Content-Length"])
    (tensor,) = json.loads(body[:length])["inputs"]
    assert tensor["shape"] == [1, 1]
    assert tensor["parameters"] == {"binary_data_size": 4 + len(PICTURE)}
    assert body[length:] == len(PICTURE).to_bytes(4, "little") + PICTURE
    assert headers["Content-Type"] == "application/octet-stream"


def test_any_name_of_an_input_is_written_as_json() -> None:
    (tensor,) = json.loads(encoded({}, name='a "b" é')[1])["inputs"]
    assert tensor["name"] == 'a "b" é'


FORM = (
    b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n'
    + PICTURE
    + b"\r\n--x--\r\n"
)
TEXT = base64.b64encode(PICTURE).decode()


@pytest.mark.parametrize(
    ("content_type", "payload"),
    [
        ("image/png", PICTURE),
        ("", PICTURE),
        ("multipart/form-data; boundary=x", FORM),
        ("application/json", json.dumps({"image": TEXT}).encode()),
        ("application/json", json.dumps({"images": [TEXT]}).encode()),
    ],
)
def test_a_picture_is_found_in_each_of_our_forms(content_type: str, payload: bytes) -> None:
    exchange = made.exchange({"content-type": content_type}, payload=payload)
    assert oip_request.one_picture(exchange) == PICTURE


@pytest.mark.parametrize(
    "document",
    [
        {"images": [TEXT, TEXT]},
        {"image": TEXT, "boxes": [{"xmin": 0, "ymin": 0, "xmax": 1, "ymax": 1}]},
    ],
)
def test_several_pictures_or_parts_are_asked_for_one_by_one(document: dict[str, Any]) -> None:
    payload = json.dumps(document).encode()
    exchange = made.exchange({"content-type": "application/json"}, payload=payload)
    with pytest.raises(problems.InvalidRequest, match="m takes one whole picture a request"):
        oip_request.one_picture(exchange)


def test_an_empty_body_and_what_is_no_picture_are_told() -> None:
    with pytest.raises(problems.InvalidRequest, match="There is no picture"):
        oip_request.one_picture(made.exchange(payload=b""))
    with pytest.raises(problems.UnsupportedMediaType):
        oip_request.one_picture(made.exchange({"content-type": "text/csv; charset=utf-8"}))
