"""What can run an artifact. Every engine takes (size, size, 3) uint8 and gives (classes,) logits.

Normalisation is part of the artifact, so that nothing outside it can get it wrong.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from services.model.decode import Pixels
from services.model.scheduler import Infer, Logits, Turns

AHEAD = 2  # pictures worked on for each processor: one waits or decodes while another infers


class Engine(Turns):
    """A loaded artifact with as many streams as pictures may be worked on side by side."""

    def __init__(self, infers: list[Infer], note: str = "") -> None:
        super().__init__(infers)
        self.note = note  # what a person should know of how it runs


def load_openvino(folder: Path, threads: int, precision: str = "fp32") -> Engine:
    """OpenVINO on the processor: one stream a thread.

    The precision is said, because a processor with bf16 would use it unasked; one without it runs
    such a model in fp32, and the engine notes that. Threads aren't pinned to cores, because two
    processes that pin would share the first core.
    """
    import openvino

    core = openvino.Core()
    has_bf16 = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    lacks = precision == "bf16" and not has_bf16
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
    requests = [compiled.create_infer_request() for _ in range(AHEAD * threads)]
    note = "this processor has no bf16, so it runs in fp32" if lacks else ""
    return Engine([openvino_infer(request) for request in requests], note)


def openvino_infer(request: Any) -> Infer:
    """One infer request of its own, which only one thread uses at a time."""
    batch, answer = request.get_input_tensor().data, request.get_output_tensor().data

    def infer(pixels: Pixels) -> Logits:
        batch[0] = pixels
        request.infer(share_outputs=True)  # spares a copy that nobody looks at
        logits: Logits = answer[0].copy()
        return logits

    return infer


def load_torch(folder: Path, threads: int, precision: str = "fp32") -> Engine:  # noqa: ARG001  # as in LOADERS
    """PyTorch itself, in fp32, for a module that OpenVINO doesn't convert, or for a GPU."""
    import torch

    torch.set_num_threads(1)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    module = torch.export.load(folder / "model.pt2").module().to(device)

    def infer(pixels: Pixels) -> Logits:
        with torch.inference_mode():
            batch = torch.from_numpy(pixels[np.newaxis]).to(device)
            logits: Logits = module(batch)[0].float().cpu().numpy()
        return logits

    return Engine([infer] * (AHEAD * threads))


LOADERS: dict[str, Callable[[Path, int, str], Engine]] = {
    "openvino": load_openvino,
    "torch": load_torch,
}
