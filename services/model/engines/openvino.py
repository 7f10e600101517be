"""OpenVINO on the processor."""

from pathlib import Path
from typing import Any

import openvino

from services.model.decode import Pixels
from services.model.engines.engine import SLOTS_PER_CPU, Engine, Infer, Logits


def load(folder: Path, threads: int, precision: str = "fp32") -> Engine:
    """An artifact's `model.xml`, with one stream a thread.

    The precision is given to OpenVINO, because a processor with bf16 would use it unasked; one
    without it runs such a model in fp32, and the engine notes that. Threads aren't pinned to
    cores, because two processes that pin would share the first core.
    """
    core = openvino.Core()
    has_bf16 = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    compiled = core.compile_model(
        core.read_model(folder / "model.xml"),
        "CPU",
        {
            "INFERENCE_PRECISION_HINT": "bf16" if precision == "bf16" and has_bf16 else "f32",
            "ENABLE_CPU_PINNING": False,
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": threads,
        },
    )
    requests = [compiled.create_infer_request() for _ in range(SLOTS_PER_CPU * threads)]
    lacks_bf16 = precision == "bf16" and not has_bf16
    note = "this processor has no bf16, so it runs in fp32" if lacks_bf16 else ""
    return Engine(tuple(_infer_with(request) for request in requests), note)


def _infer_with(request: Any) -> Infer:
    """An infer request as a function, which only one thread uses at a time."""
    batch, output = request.get_input_tensor().data, request.get_output_tensor().data

    def infer(pixels: Pixels) -> Logits:
        batch[0] = pixels
        request.infer(share_outputs=True)  # spares a copy that nobody reads
        logits: Logits = output[0].copy()
        return logits

    return infer
