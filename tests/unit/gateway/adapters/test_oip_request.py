"""A picture as the one element of a BYTES tensor."""

import base64
import json
from typing import Any

from gateway.adapters import oip_metadata, oip_request
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
