"""The body of an inference request: its inputs, and which outputs it asks for in which form."""

import dataclasses
import json
from collections.abc import Iterator, Mapping
from typing import Any

from passerelle.protocol import open_inference, problems
from passerelle.protocol.open_inference import BINARY_SIZE, HEADER_LENGTH

MAX_VALUES = 2_000_000  # commas and brackets of the JSON: each value takes memory and time
MAX_SHOWN = 40  # letters of a client's name for something
MAX_ID = 1000  # letters that are echoed
KINDS = {str: "text", list: "list", dict: "object", int: "whole number", bool: "true or false"}


@dataclasses.dataclass(frozen=True)
class InputTensor:
    """A tensor, or encoded pictures, as they were sent."""

    name: str
    datatype: str  # one of the protocol's
    shape: tuple[int, ...]  # not negative
    data: Any = None  # JSON's; None where the bytes have it
    content: memoryview = dataclasses.field(default_factory=lambda: memoryview(b""))

    @property
    def is_binary(self) -> bool:
        """Whether its data are bytes behind the JSON."""
        return self.data is None


@dataclasses.dataclass(frozen=True)
class RequestedOutput:
    """An output that is asked for by name."""

    name: str
    is_binary: bool
    classes: int | None = None  # in place of its values the likeliest classes, as text


@dataclasses.dataclass(frozen=True)
class InferRequest:
    """A request. `raw` is its whole body where that is the one input's bytes and nothing else."""

    inputs: tuple[InputTensor, ...] = ()
    outputs: tuple[RequestedOutput, ...] = ()  # none: all that there are
    is_binary: bool = False  # the form of outputs that nobody asked for by name
    id: str | None = None
    raw: memoryview | None = None


def parse(body: bytes, header: str | None) -> InferRequest:
    """The request of a body. `header` says where its JSON ends, if more follows.

    Raises:
        InvalidRequest
    """
    length, whole = json_length(header, len(body)), memoryview(body)
    if header is not None and length == 0:
        return InferRequest(is_binary=True, raw=whole)
    document = read(body[:length])
    asked = parameter(document, "binary_data_output", bool, default=False)
    inputs = _inputs(document, whole[length:])
    outputs = tuple(
        _output(each, default=asked) for each in objects(document, "outputs", required=False)
    )
    refuse_twice("inputs", [each.name for each in inputs])
    refuse_twice("outputs", [each.name for each in outputs])
    request_id = member(document, "id", str, required=False)
    return InferRequest(inputs, outputs, asked, request_id and request_id[:MAX_ID])


def json_length(header: str | None, size: int) -> int:
    """How many of a body's bytes are its JSON.

    Raises:
        InvalidRequest
    """
    try:
        return open_inference.header_length(header, size)
    except ValueError as error:
        raise problems.InvalidRequest(
            f"{HEADER_LENGTH} is {error}. It is the length of the JSON in bytes, from 0 to the "
            f"whole body's {size:,}."
        ) from None


def read(text: bytes) -> dict[str, Any]:
    """A JSON object.

    Raises:
        InvalidRequest: it is none, or has too many values.
    """
    if sum(text.count(each) for each in (b",", b"[", b"{")) > MAX_VALUES:
        raise problems.InvalidRequest(
            f"The JSON has more than {MAX_VALUES:,} values. Send tensors as binary data."
        )
    try:
        found = json.loads(text, parse_constant=refuse_constant)
    except (ValueError, RecursionError):
        raise problems.InvalidRequest(
            f"The JSON is not valid, or too deep. What follows it is told by {HEADER_LENGTH}."
        ) from None
    if not isinstance(found, dict):
        raise problems.InvalidRequest('The JSON is no object. Write {"inputs": […]}.')
    return found


def refuse_constant(name: str) -> None:
    """Refuse NaN and Infinity, which Python's json reads and JSON doesn't have.

    Raises:
        ValueError
    """
    raise ValueError(name)


def _inputs(document: Mapping[str, Any], binary: memoryview) -> tuple[InputTensor, ...]:
    """The inputs, whose bytes follow each other in `binary`.

    Raises:
        InvalidRequest
    """
    found, at = list[InputTensor](), 0
    for each in objects(document, "inputs"):
        size = parameter(each, BINARY_SIZE, int, default=None)
        end = at + (size or 0)
        if size is not None and not 0 <= size <= len(binary) - at:
            raise problems.InvalidRequest(
                f"{shown(each)} has a {BINARY_SIZE} of {size}, and {len(binary) - at:,} bytes are "
                f"left behind the JSON. {HEADER_LENGTH} says where that ends."
            )
        found.append(_input(each, None if size is None else binary[at:end]))
        at = end
    if at != len(binary):
        raise problems.InvalidRequest(
            f"Behind the JSON are {len(binary):,} bytes, and the inputs have {at:,} by their "
            f"{BINARY_SIZE}."
        )
    return tuple(found)


def _input(given: Mapping[str, Any], content: memoryview | None) -> InputTensor:
    """One input; `content` are its bytes, if it has any.

    Raises:
        InvalidRequest
    """
    data = given.get("data")
    if (data is None) == (content is None):
        both = "both" if content is not None else "neither"
        raise problems.InvalidRequest(
            f"{shown(given)} has {both} data and a {BINARY_SIZE}. Send one of the two."
        )
    named = member(given, "name", str), datatype(given), shape(given)
    return InputTensor(*named, data) if content is None else InputTensor(*named, None, content)


def datatype(given: Mapping[str, Any]) -> str:
    """An input's datatype.

    Raises:
        InvalidRequest: the protocol has no such.
    """
    found: str = member(given, "datatype", str)
    known = [*open_inference.SIZES, open_inference.BYTES]
    if found not in known:
        raise problems.InvalidRequest(
            f"{shown(given)} has the datatype {found[:MAX_SHOWN]!r}. There are {', '.join(known)}."
        )
    return found


def shape(given: Mapping[str, Any]) -> tuple[int, ...]:
    """An input's shape.

    Raises:
        InvalidRequest
    """
    sides = member(given, "shape", list)
    if len(sides) > 64 or not all(type(each) is int and 0 <= each < 1 << 62 for each in sides):
        raise problems.InvalidRequest(
            f"{shown(given)} has no shape. Write a list of whole numbers, none negative."
        )
    return tuple(sides)


def _output(given: Mapping[str, Any], *, default: bool) -> RequestedOutput:
    """One output that is asked for; `default` is whether it comes as bytes unless it says so.

    Raises:
        InvalidRequest
    """
    classes = parameter(given, "classification", int, default=None)
    if classes is not None and classes < 1:
        raise problems.InvalidRequest(f"classification is {classes}. Ask for one class or more.")
    is_binary = parameter(given, "binary_data", bool, default=default)
    return RequestedOutput(member(given, "name", str), is_binary, classes)


def objects(
    document: Mapping[str, Any], name: str, *, required: bool = True
) -> Iterator[dict[str, Any]]:
    """The objects of a list.

    Raises:
        InvalidRequest
    """
    found = member(document, name, list, required=required) or []
    if required and not found:
        raise problems.InvalidRequest(f"{name} is empty. Send one.")
    for each in found:
        if not isinstance(each, dict):
            raise problems.InvalidRequest(f"{name} holds something else than objects.")
        yield each


def member(document: Mapping[str, Any], name: str, kind: type, *, required: bool = True) -> Any:
    """A member of an object; None where it may be missing, and is.

    Raises:
        InvalidRequest: it is missing, or of another kind.
    """
    found = document.get(name)
    if found is None and not required:
        return None
    if type(found) is not kind:
        raise problems.InvalidRequest(f"The JSON has no {KINDS[kind]} {name!r} where one must be.")
    return found


def parameter(given: Mapping[str, Any], name: str, kind: type, *, default: Any) -> Any:
    """What an object's parameters say of something; `default` where they don't.

    Raises:
        InvalidRequest
    """
    found = member(given, "parameters", dict, required=False) or {}
    value = member(found, name, kind, required=False)
    return default if value is None else value


def refuse_twice(what: str, names: list[str]) -> None:
    """Return only if each name stands there once.

    Raises:
        InvalidRequest
    """
    if len(set(names)) < len(names):
        raise problems.InvalidRequest(f"Two {what} have the same name. Send each once.")


def shown(given: Mapping[str, Any]) -> str:
    """What a client calls something."""
    return f"{given.get('name', 'an input')!s:.{MAX_SHOWN}}"
