"""What an ONNX file says of its network, read from the file alone.

The file is one message of protocol buffers; the numbers of its fields are those of onnx.proto3,
https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3. Weights are stepped over, so that a file of
any size takes a moment.
"""

import dataclasses
import functools
import mmap
from collections.abc import Iterator
from pathlib import Path

from passerelle.artifact import content

# The Open Inference Protocol's words, by the numbers of TensorProto.DataType.
DATATYPES = {
    1: "FP32", 2: "UINT8", 3: "INT8", 4: "UINT16", 5: "INT16", 6: "INT32", 7: "INT64",
    8: "BYTES", 9: "BOOL", 10: "FP16", 11: "FP64", 12: "UINT32", 13: "UINT64", 16: "BF16",
}  # fmt: skip
TORCH = (
    "but a torch checkpoint: write its module:callable as architecture, or export it by "
    "torch.onnx.export"
)
# What files of another kind begin with, at which byte, and what they are.
OTHER_FILES = (
    (0, b"PK\x03\x04", TORCH),
    (0, b"\x80", TORCH),
    (0, b"version https://git-lfs", "but a pointer of Git LFS: run git lfs pull"),
    (0, b"<", "but a web page or XML: download it again, by its direct address"),
    (4, b"TFL3", "but a TensorFlow Lite model: convert it by tf2onnx"),
)
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5  # wire types
WIDTHS = {FIXED64: 8, FIXED32: 4}
OWN_DOMAINS = ("", "ai.onnx")  # of the operators that ONNX itself defines

Field = tuple[int, int | memoryview]  # its number, and its value or its bytes


class OnnxError(Exception):
    """An ONNX file that can't be used; the text says why, and what to do."""


@dataclasses.dataclass(frozen=True)
class Tensor:
    """An input or an output. A side that varies, or has a name, is -1."""

    name: str
    shape: tuple[int, ...]
    datatype: str  # in the Open Inference Protocol's words


@dataclasses.dataclass(frozen=True)
class Node:
    """One operation: what it is called, and the names of its inputs and outputs."""

    operator: str  # such as Conv, or com.microsoft:QAttention
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class OnnxFile:
    """What a file says of its network."""

    inputs: tuple[Tensor, ...]  # without the weights, which are among them in old files
    outputs: tuple[Tensor, ...]
    nodes: tuple[Node, ...]  # of the main graph
    opset: int  # of ONNX's own operators
    metadata: dict[str, str]
    weights: frozenset[str]  # their types, in the same words
    external: tuple[str, ...]  # files beside it that hold weights, as paths relative to its folder


def read(path: Path) -> OnnxFile:
    """What a file says, read again only where it has changed.

    Raises:
        OnnxError: it is none.
        OSError: it can't be read.
    """
    return _read(path, content.stamp(path))


@functools.lru_cache(maxsize=64)
def _read(path: Path, _: content.Stamp) -> OnnxFile:
    try:
        with path.open("rb") as stream:
            data = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        return _Reader(memoryview(data)).file()
    except (ValueError, RecursionError) as error:  # of an empty file, too
        raise OnnxError(f"{path} is no ONNX file{_instead(path)}") from error


def _instead(path: Path) -> str:
    """What a file is that is no ONNX file, and what to do."""
    with path.open("rb") as stream:
        head = stream.read(64)
    for offset, magic, what in OTHER_FILES:
        if head[offset:].startswith(magic):
            return f" {what}."
    return ", or it is cut short. Export it again, and copy it whole." if head else ": it is empty."


class _Reader:
    """Reads one file's message."""

    def __init__(self, data: memoryview) -> None:
        self._data = data
        self._weights: set[str] = set()
        self._datatypes: set[str] = set()
        self._external: dict[str, None] = {}

    def file(self) -> OnnxFile:
        """The whole.

        Raises:
            ValueError: it is no such message.
        """
        graph, opsets, metadata = None, {}, {}
        for number, value in _fields(self._data):
            if number == 7:
                graph = _message(value)
            elif number == 8:
                opset = dict(_fields(_message(value)))
                opsets[_text(opset.get(1, b""))] = _number(opset.get(2, 0))
            elif number == 14:
                entry = dict(_fields(_message(value)))
                metadata[_text(entry.get(1, b""))] = _text(entry.get(2, b""))
        if graph is None or not opsets:
            raise ValueError("no graph")
        inputs, outputs, nodes = self._graph(graph)
        return OnnxFile(
            inputs=tuple(each for each in inputs if each.name not in self._weights),
            outputs=tuple(outputs),
            nodes=tuple(nodes),
            opset=max(opsets.get(domain, 0) for domain in OWN_DOMAINS),
            metadata=metadata,
            weights=frozenset(self._datatypes),
            external=tuple(self._external),
        )

    def _graph(self, data: memoryview) -> tuple[list[Tensor], list[Tensor], list[Node]]:
        inputs, outputs, nodes = [], [], []
        for number, value in _fields(data):
            if number == 1:
                nodes.append(self._node(_message(value)))
            elif number == 5:
                self._weight(_message(value))
            elif number == 11:
                inputs.append(_tensor(_message(value)))
            elif number == 12:
                outputs.append(_tensor(_message(value)))
        return inputs, outputs, nodes

    def _node(self, data: memoryview) -> Node:
        inputs, outputs, names = [], [], {4: "", 7: ""}
        for number, value in _fields(data):
            if number == 1:
                inputs.append(_text(value))
            elif number == 2:
                outputs.append(_text(value))
            elif number in names:
                names[number] = _text(value)
            elif number == 5:
                self._attribute(_message(value))
        operator, domain = names.values()
        name = operator if domain in OWN_DOMAINS else f"{domain}:{operator}"
        return Node(name, tuple(inputs), tuple(outputs))

    def _attribute(self, data: memoryview) -> None:
        """An attribute's tensors and graphs may have weights in other files."""
        for number, value in _fields(data):
            if number in {5, 10}:
                self._weight(_message(value))
            elif number in {6, 11}:
                self._graph(_message(value))

    def _weight(self, data: memoryview) -> None:
        for number, value in _fields(data):
            if number == 2:
                self._datatypes.add(DATATYPES.get(_number(value), ""))
            elif number == 8:
                self._weights.add(_text(value))
            elif number == 13:
                entry = dict(_fields(_message(value)))
                if _text(entry.get(1, b"")) == "location":
                    self._external[_text(entry.get(2, b""))] = None


def _tensor(data: memoryview) -> Tensor:
    """A ValueInfoProto; one that is no tensor has no shape, and no type."""
    fields = dict(_fields(data))
    kind = dict(_fields(_message(fields[2]))) if 2 in fields else {}
    tensor = dict(_fields(_message(kind[1]))) if 1 in kind else {}
    sides = [each for _, each in _fields(_message(tensor[2]))] if 2 in tensor else []
    shape = tuple(_side(_message(each)) for each in sides)
    datatype = DATATYPES.get(_number(tensor.get(1, 0)), "")
    return Tensor(_text(fields.get(1, b"")), shape, datatype)


def _side(data: memoryview) -> int:
    """A dimension; -1 where it varies."""
    value = _number(dict(_fields(data)).get(1, -1))
    return value if 0 < value < 1 << 63 else -1


def _fields(data: memoryview) -> Iterator[Field]:
    """The fields of a message, one after the other.

    Raises:
        ValueError: it is no message.
    """
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == VARINT:
            value, at = _varint(data, at)
            yield number, value
            continue
        size = WIDTHS.get(wire, -1)
        if wire == BYTES:
            size, at = _varint(data, at)
        if number == 0 or size < 0 or at + size > len(data):
            raise ValueError("no message of protocol buffers")
        yield number, data[at : at + size]
        at += size


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    """A number, and where what follows begins."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            break
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ValueError("no number of protocol buffers")


def _message(value: object) -> memoryview:
    if not isinstance(value, memoryview):
        raise ValueError("a number, where a message is")  # noqa: TRY004  # of the file's content
    return value


def _number(value: object) -> int:
    if not isinstance(value, int):
        raise ValueError("a message, where a number is")  # noqa: TRY004  # the same
    return value


def _text(value: object) -> str:
    if not isinstance(value, bytes | memoryview):
        raise ValueError("a number, where a text is")  # noqa: TRY004  # the same
    return bytes(value).decode()
