"""A picture as the one element of a BYTES tensor, in the Open Inference Protocol V2.

A server with the extension for binary tensors is sent it as it is, behind the JSON. JSON has no
bytes: any other is sent base64 and told so, by the parameter that MLServer reads.
"""

import base64
import json
from typing import Any

from gateway.adapters.oip_metadata import Metadata, Tensor
from passerelle.protocol.open_inference import BINARY_SIZE, BYTES, HEADER_LENGTH

DATA = b'"data": ["'


def encode(
    content: bytes, metadata: Metadata, request_id: str
) -> tuple[dict[str, str], tuple[bytes, ...]]:
    """The headers and the parts of the body that hold an encoded picture."""
    (given,) = metadata.inputs
    if metadata.takes_binary:
        element = len(content).to_bytes(4, "little")
        size = len(element) + len(content)
        head = header(given, request_id, {BINARY_SIZE: size})
        lengths = {HEADER_LENGTH: str(len(head)), "Content-Type": "application/octet-stream"}
        return lengths, (head, element, content)
    head = header(given, request_id, {"content_type": "base64"})
    # Base64 needs no escapes: 20 MB of it aren't looked through for any.
    parts = (head.removesuffix(b"}]}"), b", ", DATA, base64.b64encode(content), b'"]}]}')
    return {"Content-Type": "application/json"}, parts


def header(given: Tensor, request_id: str, parameters: dict[str, Any]) -> bytes:
    """The JSON of a request, without data."""
    tensor = {
        "name": given.name,
        "shape": [1] * max(len(given.shape), 1),
        "datatype": BYTES,
        "parameters": parameters,
    }
    return json.dumps({"id": request_id, "inputs": [tensor]}, allow_nan=False).encode()
