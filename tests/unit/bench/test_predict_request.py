"""bench/predict_request.py: each server's encoding, and the class in each kind of answer."""

import base64
import json

import pytest

from bench import predict_request
from bench.workload import Workload


def encoded(encoding: str, api_key: str = "") -> tuple[list[str], bytes]:
    """The head's lines and the body of a request."""
    workload = Workload(
        [], 1.0, url="http://host:1", path="/predict", encoding=encoding, api_key=api_key
    )
    head, _, body = predict_request.encode(workload, b"jpeg").partition(b"\r\n\r\n")
    return head.decode().split("\r\n"), body


def test_a_raw_request_is_the_picture_with_the_key() -> None:
    assert encoded("raw", "secret") == (
        ["POST /predict HTTP/1.1", "Host: host:1", "X-API-Key: secret", "Content-Type: image/jpeg",
         "Content-Length: 4"],
        b"jpeg",
    )  # fmt: skip


def test_a_workloads_own_headers_are_sent() -> None:
    workload = Workload([], 1.0, url="http://host:1", headers={"traceparent": "00-a-b-01"})
    assert b"\r\ntraceparent: 00-a-b-01\r\n" in predict_request.encode(workload, b"jpeg")


def test_an_upload_is_a_form_with_the_picture() -> None:
    head, body = encoded("upload")
    assert "Content-Type: multipart/form-data; boundary=bench" in head
    assert f"Content-Length: {len(body)}" in head
    assert b'name="image"' in body
    assert b"\r\n\r\njpeg\r\n--bench--" in body


def test_a_tensor_is_the_picture_in_base64() -> None:
    _, body = encoded("tensor")
    (tensor,) = json.loads(body)["inputs"]
    assert base64.b64decode(tensor["data"][0]) == b"jpeg"


@pytest.mark.parametrize(
    "answer",
    [
        {"predictions": [{"class_id": 285, "score": 0.4}, {"class_id": 1, "score": 0.3}]},
        {"outputs": [{"name": "class_id", "data": [285, 1]}]},
    ],
)
def test_the_top_class_is_read_from_either_protocol(answer: dict[str, object]) -> None:
    assert predict_request.top_class(answer) == 285
