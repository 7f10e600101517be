"""A picture -> a whole HTTP request in a server's encoding; its answer -> the top class."""

import base64
import json
import urllib.parse
from collections.abc import Callable
from typing import Any

from bench.workload import Workload

BOUNDARY = "bench"  # between the parts of a form

Encode = Callable[[bytes], tuple[str, bytes]]  # a JPEG -> content type and body


def raw(picture: bytes) -> tuple[str, bytes]:
    """The picture itself."""
    return "image/jpeg", picture


def upload(picture: bytes) -> tuple[str, bytes]:
    """The picture as the form's field `image`."""
    head = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="image"; filename="picture.jpg"\r\n'
        "Content-Type: image/jpeg\r\n\r\n"
    )
    body = b"%s%s\r\n--%s--\r\n" % (head.encode(), picture, BOUNDARY.encode())
    return f"multipart/form-data; boundary={BOUNDARY}", body


def tensor(picture: bytes) -> tuple[str, bytes]:
    """The picture as the one input of the Open Inference Protocol, in base64."""
    image = {
        "name": "image",
        "shape": [1],
        "datatype": "BYTES",
        "parameters": {"content_type": "base64"},
        "data": [base64.b64encode(picture).decode()],
    }
    return "application/json", json.dumps({"inputs": [image]}).encode()


ENCODINGS: dict[str, Encode] = {"raw": raw, "upload": upload, "tensor": tensor}


def encode(workload: Workload, picture: bytes) -> bytes:
    """The whole request for a picture: head and body."""
    content_type, body = ENCODINGS[workload.encoding](picture)
    lines = [
        f"POST {workload.path} HTTP/1.1",
        f"Host: {urllib.parse.urlsplit(workload.url).netloc}",
        *([f"X-API-Key: {workload.api_key}"] if workload.api_key else []),
        *(f"{name}: {value}" for name, value in workload.headers.items()),
        f"Content-Type: {content_type}",
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def top_class(answer: Any) -> int:
    """The number of the likeliest class: ours and most peers', or the Open Inference Protocol's."""
    if "outputs" in answer:
        return int(answer["outputs"][0]["data"][0])
    return int(answer["predictions"][0]["class_id"])
