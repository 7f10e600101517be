"""What a backend of the Open Inference Protocol V2 says of itself and of its model."""

import dataclasses
import hashlib
import json
from typing import Any

from passerelle.protocol.open_inference import BYTES

BINARY = "binary_tensor_data"  # the extension by which tensors follow the JSON as they are
MAX_NAMED = 5  # tensors in a sentence, and sides of each


@dataclasses.dataclass(frozen=True)
class Tensor:
    """One of the model's inputs."""

    name: str
    datatype: str
    shape: tuple[int, ...]  # -1 for a side that varies

    def __str__(self) -> str:
        sides = ", ".join(map(str, self.shape[:MAX_NAMED]))
        more = ", …" if len(self.shape) > MAX_NAMED else ""
        return f"{self.name[:40]} {self.datatype[:10]} [{sides}{more}]"

    @property
    def holds_one(self) -> bool:
        """Whether one element is enough, whatever the number of its sides."""
        return all(side in (-1, 1) for side in self.shape)


@dataclasses.dataclass(frozen=True)
class Metadata:
    """A model's, and what of its server's counts."""

    model: dict[str, Any]  # as the server gave it
    inputs: tuple[Tensor, ...]
    takes_binary: bool  # tensors as they are, behind the JSON
    digest: str  # of the model's: another one tells of another model

    @property
    def lack(self) -> str:
        """Why no encoded picture can be sent; empty where one can."""
        if not self.inputs:
            return "its metadata names no input"
        if len(self.inputs) == 1 and self.inputs[0].datatype == BYTES and self.inputs[0].holds_one:
            return ""
        named = ", ".join(map(str, self.inputs[:MAX_NAMED]))
        more = f" and {len(self.inputs) - MAX_NAMED} more" if len(self.inputs) > MAX_NAMED else ""
        return f"it takes tensors ({named}{more}) and no encoded picture"


def parse(model: dict[str, Any], server: dict[str, Any]) -> Metadata:
    """The metadata of a model and of its server.

    Raises:
        TypeError, LookupError, ValueError: it has another form.
    """
    inputs = tuple(map(tensor, model.get("inputs") or ()))
    text = json.dumps(model, sort_keys=True, allow_nan=False)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Metadata(model, inputs, BINARY in (server.get("extensions") or ()), digest)


def tensor(given: Any) -> Tensor:
    """One of the inputs.

    Raises:
        TypeError, LookupError: it has another form.
    """
    name, datatype, shape = given["name"], given["datatype"], given["shape"]
    if not (isinstance(name, str) and isinstance(datatype, str) and isinstance(shape, list)):
        raise TypeError(name)
    if not all(type(side) is int for side in shape):
        raise TypeError(shape)
    return Tensor(name, datatype, tuple(shape))
