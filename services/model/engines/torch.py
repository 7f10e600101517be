"""PyTorch itself, in fp32: for a module that OpenVINO doesn't convert, or for a GPU."""

import json
from pathlib import Path

import torch

from services.model.engines.engine import SLOTS_PER_CPU, Engine
from services.model.tensors import Array, Tensors

FILE, NAMES = "model.pt2", "names.json"


def load(folder: Path, threads: int) -> Engine:
    """An artifact's `model.pt2`, with the names of its inputs and outputs inside."""
    torch.set_num_threads(1)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    names = {NAMES: ""}
    module = torch.export.load(folder / FILE, extra_files=names).module().to(device)
    inputs, outputs = json.loads(names[NAMES])

    def infer(given: Tensors) -> dict[str, Array]:
        with torch.inference_mode():
            arrays = [torch.from_numpy(given[name]).to(device) for name in inputs]
            made = module(*arrays)
            return {name: each.cpu().numpy() for name, each in zip(outputs, made, strict=True)}

    return Engine((infer,) * (SLOTS_PER_CPU * threads))
