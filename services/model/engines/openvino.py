"""OpenVINO on the processor."""

from pathlib import Path
from typing import Any

import numpy as np
import openvino

from services.model.engines.engine import SLOTS_PER_CPU, Engine, Infer
from services.model.tensors import Array, Tensors


def load(folder: Path, threads: int, precision: str = "fp32") -> Engine:
    """An artifact's `model.xml`, with one stream a thread.

    The precision is given to OpenVINO, because a processor with bf16 would use it unasked; one
    without it runs such a model in fp32, and the engine notes that. Threads aren't pinned to
    cores, because two processes that pin would share the first core.
    """
    core = openvino.Core()
    model = core.read_model(folder / "model.xml")
    has_bf16 = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    compiled = core.compile_model(
        model,
        "CPU",
        {
            "INFERENCE_PRECISION_HINT": "bf16" if precision == "bf16" and has_bf16 else "f32",
            "ENABLE_CPU_PINNING": False,
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": threads,
        },
    )
    # Compiling makes one tensor of several, with all their names; the order stays.
    inputs, outputs = (
        [each.get_any_name() for each in ports] for ports in (model.inputs, model.outputs)
    )
    requests = [compiled.create_infer_request() for _ in range(SLOTS_PER_CPU * threads)]
    lacks_bf16 = precision == "bf16" and not has_bf16
    note = "this processor has no bf16, so it runs in fp32" if lacks_bf16 else ""
    return Engine(tuple(_infer_with(request, inputs, outputs) for request in requests), note)


def _infer_with(request: Any, takes: list[str], gives: list[str]) -> Infer:
    """An infer request as a function, which only one thread uses at a time.

    `takes` and `gives` are the names of its inputs and outputs, in their order.
    """
    ports = dict(zip(takes, request.model_inputs, strict=True))
    inputs = {name: _static(request, port) for name, port in ports.items()}
    names = dict(zip(gives, request.model_outputs, strict=True))
    outputs = {name: _static(request, port) for name, port in names.items()}

    def infer(given: Tensors) -> dict[str, Array]:
        for name, array in given.items():
            own = inputs[name]
            if own is None:
                request.set_tensor(ports[name], openvino.Tensor(np.ascontiguousarray(array)))
            elif own.shape != array.shape:
                raise ValueError(f"{name} is {array.shape}, not {own.shape}")
            else:
                own[...] = array
        request.infer(share_outputs=True)  # spares a copy that nobody reads
        return {
            name: (request.get_tensor(names[name]).data if own is None else own).copy()
            for name, own in outputs.items()
        }

    return infer


def _static(request: Any, port: Any) -> Array | None:
    """A port's own memory; None where its shape is another for each picture."""
    if port.get_partial_shape().is_dynamic:
        return None
    memory: Array = request.get_tensor(port).data
    return memory
