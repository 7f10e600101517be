"""An ONNX file as a graph: run by ONNX Runtime for reference, read by OpenVINO to be served.

The two read the file independently of one another, so that each shows the other's mistakes.
"""

import re
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import openvino
from openvino.preprocess import PrePostProcessor

from passerelle.artifact import onnx_input
from passerelle.artifact.card import Input, TensorSpec
from passerelle.artifact.onnx_file import OnnxFile
from passerelle.artifact.onnx_input import PictureInput
from services.bake import onnx_origin
from services.bake.errors import EngineError, ForwardError, OutputError
from services.bake.graph import Graph
from services.model import processors, tensors
from services.model.tensors import Array, Tensors

MAX_SAID = 300  # characters of a library's error
OWN_PLACES = re.compile(
    r"^\[ONNXRuntimeError\] : \d+ : \w+ : |Load model from \S+ failed: ?|Fatal error: "
    r"|This is an invalid model\. |Exception from src/\S+ |Check '[^']+' failed at \S+ "
    r"|/onnxruntime_src/\S+ .*?\) (?=[A-Z(])"
)
HALVES = {"FP16", "BF16"}  # types in which ONNX Runtime rounds each operation's values
HALF_TOLERANCE = 1e-2  # OpenVINO computes these in float32
ERRORS_ALONE = 3  # how much ONNX Runtime prints
FLOATS = (openvino.Type.f16, openvino.Type.f64, openvino.Type.bf16)  # that become float32


class OnnxGraph(Graph):
    """A file, behind what makes its input of a picture's pixels, unless a handler makes it."""

    engines: ClassVar[tuple[str, ...]] = ("openvino",)

    def __init__(
        self, model_id: str, path: Path, file: OnnxFile, picture: PictureInput | None, shape: Input
    ) -> None:
        self._model_id, self._path, self._file = model_id, path, file
        self._picture, self._shape = picture, shape
        if file.weights & HALVES:
            self.tolerance = HALF_TOLERANCE
        self._session = self._opened()

    def run(self, inputs: Tensors) -> dict[str, Array]:
        """All that ONNX Runtime gives for a picture, by the file's names.

        Raises:
            ForwardError: it fails, in ONNX Runtime's own words.
            OutputError: it gives something that is no tensor.
        """
        fed = dict(inputs)
        if self._picture:
            fed = {self._picture.name: normalised(fed[tensors.PIXELS], self._picture, self._shape)}
        names = [each.name for each in self._session.get_outputs()]
        try:
            given = self._session.run(names, fed)
        except Exception as error:  # each kind of ONNX Runtime's errors has a class of its own
            shapes = tensors.listed(fed)
            raise ForwardError(
                f"{self._model_id} fails on a picture, given {shapes}: {said(error)}. It takes "
                f"{onnx_input.listed(self._file.inputs)}."
            ) from error
        for name, each in zip(names, given, strict=True):
            if not isinstance(each, np.ndarray):
                kind = type(each).__name__
                raise OutputError(f"{self._model_id}'s output {name} is a {kind}, no tensor.")
        return {name: in_float32(each) for name, each in zip(names, given, strict=True)}

    def convert(self, engine: str, chosen: dict[str, str], inputs: Tensors, folder: Path) -> None:  # noqa: ARG002  # the file tells what it takes
        """Write OpenVINO's model.xml and model.bin, in the file's own precision.

        Raises:
            EngineError: OpenVINO can't read it.
        """
        try:
            model = openvino.Core().read_model(self._path)
            if self._picture:
                model = behind_pixels(model, self._picture, self._shape)
            openvino.save_model(chosen_only(model, chosen), folder / "model.xml", False)  # noqa: FBT003  # not in half precision
        except Exception as error:
            raise EngineError(
                f"{self._path.name}, of opset {self._file.opset}, can't be read by {engine}, "
                f"which says: {said(error)}."
            ) from error

    def specs(self, seen: tuple[TensorSpec, ...]) -> tuple[TensorSpec, ...]:
        """What its engine takes: what the file says, where a handler makes that."""
        if self._picture:
            return seen
        return tuple(TensorSpec(each.name, each.shape, each.datatype) for each in self._file.inputs)

    def made_by(self, inputs: Tensors, name: str) -> str:  # noqa: ARG002  # the file tells
        """The operation that made an output."""
        return onnx_origin.of(self._file.nodes, name)

    def _opened(self) -> Any:
        """The file, loaded by ONNX Runtime.

        Raises:
            ForwardError: it can't be, such as for its opset or its operations.
        """
        import onnxruntime  # which only an ONNX file needs

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = processors.count()
        options.log_severity_level = ERRORS_ALONE
        try:
            return onnxruntime.InferenceSession(
                self._path, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            raise ForwardError(
                f"{self._model_id}: ONNX Runtime can't load {self._path.name}, of opset "
                f"{self._file.opset}: {said(error)}. Export it with another opset, or without "
                "what is named."
            ) from error


def normalised(pixels: Array, picture: PictureInput, shape: Input) -> Array:
    """A picture's pixels uint8 (1, height, width, channels) as what a file takes."""
    values: Array = pixels
    if picture.datatype != onnx_input.BYTES:
        scaled = pixels.astype(np.float32) / 255
        mean, std = (np.array(each, np.float32) for each in (shape.mean, shape.std))
        values = ((scaled - mean) / std).astype(tensors.DATATYPES[picture.datatype])
    return values.transpose(0, 3, 1, 2) if picture.layout == "NCHW" else values


def behind_pixels(model: Any, picture: PictureInput, shape: Input) -> Any:
    """OpenVINO's model with a picture's pixels as its input, and float outputs in float32."""
    height, width, channels = shape.shape
    is_first = picture.layout == "NCHW"
    sides = [1, channels, height, width] if is_first else [1, height, width, channels]
    own_type = model.input(0).get_element_type()
    model.reshape({model.input(0): sides})
    processor = PrePostProcessor(model)
    given = processor.input(0)
    given.tensor().set_element_type(openvino.Type.u8).set_layout(openvino.Layout("NHWC"))
    given.model().set_layout(openvino.Layout(picture.layout))
    if picture.datatype != onnx_input.BYTES:
        steps = given.preprocess().convert_element_type(openvino.Type.f32)
        steps.mean([255 * each for each in shape.mean]).scale([255 * each for each in shape.std])
        steps.convert_element_type(own_type)
    made = processor.build()
    made.input(0).get_tensor().set_names({tensors.PIXELS})
    return made


def chosen_only(model: Any, chosen: dict[str, str]) -> Any:
    """OpenVINO's model with the outputs that count and no others, floating ones in float32.

    `chosen` is {the name that it gets: the file's own}.
    """
    processor = PrePostProcessor(model)
    for own in chosen.values():
        if model.output(own).get_element_type() in FLOATS:
            processor.output(own).tensor().set_element_type(openvino.Type.f32)
    made = processor.build()
    sources = [made.output(own).get_node().input_value(0) for own in chosen.values()]
    for each in made.get_ordered_ops():  # an operation that goes would leave its name to others
        if each.get_type_name() != "Parameter":
            for port in each.outputs():
                port.get_tensor().set_names(set())
    lone = openvino.Model(sources, made.get_parameters(), "model")
    for port, name in zip(lone.outputs, chosen, strict=True):
        port.get_tensor().set_names({name})
    return lone


def in_float32(array: Array) -> Array:
    """An array, floating numbers of any width as float32."""
    return array.astype(np.float32) if array.dtype.kind == "f" else array


def said(error: Exception) -> str:
    """A library's error in one line, without the names of its own files and functions."""
    return OWN_PLACES.sub("", " ".join(str(error).split()))[:MAX_SAID].rstrip(". ")
