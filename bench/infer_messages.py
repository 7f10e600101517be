"""One encoded picture to a model and one row of numbers back, in the Open Inference Protocol V2.

Over REST that is JSON with bytes behind it; over gRPC it is protobuf, of which only the fields that
are used here are declared, with their numbers in the protocol's grpc_predict_v2.proto.
"""

import functools
import json
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from passerelle.protocol.open_inference import BINARY_SIZE

MODEL, NUMBERS = "net", bytes(4 * 1000)  # of an answer: a thousand scores in FP32
PACKAGE = "inference"
METHOD = f"/{PACKAGE}.GRPCInferenceService/ModelInfer"
TEXT, INTEGERS, BYTES, OBJECT = 9, 3, 12, 11  # protobuf's numbers of types
TENSOR = {"name": (1, TEXT, False), "datatype": (2, TEXT, False), "shape": (3, INTEGERS, True)}
MESSAGES: dict[str, dict[str, tuple[int, Any, bool]]] = {  # a field: number, type, repeated
    "Tensor": TENSOR,
    "ModelInferRequest": {
        "model_name": (1, TEXT, False),
        "inputs": (5, "Tensor", True),
        "raw_input_contents": (7, BYTES, True),
    },
    "ModelInferResponse": {
        "model_name": (1, TEXT, False),
        "outputs": (5, "Tensor", True),
        "raw_output_contents": (6, BYTES, True),
    },
}


@functools.cache
def message(name: str) -> Any:
    """The class of a message, read and written by protobuf's own C code."""
    file = descriptor_pb2.FileDescriptorProto(name="look.proto", package=PACKAGE, syntax="proto3")
    for each, fields in MESSAGES.items():
        made = file.message_type.add(name=each)
        for field, (number, kind, is_repeated) in fields.items():
            is_object = isinstance(kind, str)
            made.field.add(
                name=field, number=number, label=3 if is_repeated else 1,
                type=OBJECT if is_object else kind,
                type_name=f".{PACKAGE}.{kind}" if is_object else None,
            )  # fmt: skip
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{PACKAGE}.{name}"))


def sized(content: bytes) -> bytes:
    """An element of a BYTES tensor."""
    return len(content).to_bytes(4, "little") + content


def rest_request(picture: bytes) -> tuple[int, bytes]:
    """The length of the JSON, and the whole body."""
    content = sized(picture)
    tensor = {
        "name": "image", "datatype": "BYTES", "shape": [1],
        "parameters": {BINARY_SIZE: len(content)},
    }  # fmt: skip
    document = {"inputs": [tensor], "parameters": {"binary_data_output": True}}
    head = json.dumps(document).encode()
    return len(head), head + content


def picture_of_rest(body: bytes, length: int) -> bytes:
    """The picture of a request."""
    (tensor,) = json.loads(body[:length])["inputs"]
    return body[length + 4 : length + tensor["parameters"][BINARY_SIZE]]


def rest_response() -> tuple[int, bytes]:
    """The length of the JSON, and the whole body."""
    tensor = {
        "name": "logits", "datatype": "FP32", "shape": [1, 1000],
        "parameters": {BINARY_SIZE: len(NUMBERS)},
    }  # fmt: skip
    head = json.dumps({"model_name": MODEL, "outputs": [tensor]}).encode()
    return len(head), head + NUMBERS


def numbers_of_rest(body: bytes, length: int) -> bytes:
    """The numbers of a response."""
    (tensor,) = json.loads(body[:length])["outputs"]
    return body[length : length + tensor["parameters"][BINARY_SIZE]]


def grpc_request(picture: bytes) -> bytes:
    """The same as a ModelInferRequest."""
    made = message("ModelInferRequest")(model_name=MODEL, raw_input_contents=[sized(picture)])
    made.inputs.add(name="image", datatype="BYTES", shape=[1])
    encoded: bytes = made.SerializeToString()
    return encoded


def picture_of_grpc(encoded: bytes) -> bytes:
    """The picture of a request."""
    (content,) = message("ModelInferRequest").FromString(encoded).raw_input_contents
    picture: bytes = content[4:]
    return picture


def grpc_response() -> bytes:
    """A ModelInferResponse."""
    made = message("ModelInferResponse")(model_name=MODEL, raw_output_contents=[NUMBERS])
    made.outputs.add(name="logits", datatype="FP32", shape=[1, 1000])
    encoded: bytes = made.SerializeToString()
    return encoded


def numbers_of_grpc(encoded: bytes) -> bytes:
    """The numbers of a response."""
    (numbers,) = message("ModelInferResponse").FromString(encoded).raw_output_contents
    return bytes(numbers)
