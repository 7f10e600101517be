"""How any server of the comparison is asked, and where in its answer the class stands."""

import base64
import concurrent.futures
import json
import urllib.parse
from collections.abc import Callable
from typing import Any

from bench import connection, load_generator

BOUNDARY = "bench"


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


BODIES: dict[str, Callable[[bytes], tuple[str, bytes]]] = {
    "raw": raw,
    "upload": upload,
    "tensor": tensor,
}


def message(order: load_generator.Order, picture: bytes) -> bytes:
    """The whole request, made before the clock starts."""
    kind, body = BODIES[order.body](picture)
    lines = [
        f"POST {order.path} HTTP/1.1",
        f"Host: {urllib.parse.urlsplit(order.target).netloc}",
        *([f"X-API-Key: {order.key}"] if order.key else []),
        f"Content-Type: {kind}",
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def likeliest(answer: Any) -> int:
    """The number of the likeliest class: ours and most peers', or the Open Inference Protocol's."""
    if "outputs" in answer:
        return int(answer["outputs"][0]["data"][0])
    return int(answer["predictions"][0]["class_id"])


class Connection(connection.Connection):
    """One connection that stays open, to any of the servers."""

    def post(self, picture: bytes) -> None:
        """Send a whole request and check that its answer names a class.

        Raises:
            PostError
        """
        self.classify(picture)

    def classify(self, request: bytes) -> int:
        """Send a whole request; give the number of the likeliest class.

        Raises:
            PostError
        """
        self.socket.sendall(request)
        status, body = self.answer()
        try:
            if status == 200:
                return likeliest(json.loads(body))
        except (ValueError, LookupError, TypeError):
            pass
        raise connection.PostError(f"{status} {body[:500].decode(errors='replace')}")


def classes(order: load_generator.Order, pictures: list[bytes]) -> list[int]:
    """What a server says is on each picture, asked by the order's number of workers."""
    requests = [message(order, picture) for picture in pictures]

    def share(number: int) -> list[int]:
        connection = Connection(order)
        return [connection.classify(each) for each in requests[number :: order.workers]]

    with concurrent.futures.ThreadPoolExecutor(order.workers) as pool:
        shares = list(pool.map(share, range(order.workers)))
    return [shares[n % order.workers][n // order.workers] for n in range(len(pictures))]
