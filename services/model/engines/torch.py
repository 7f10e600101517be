"""PyTorch itself, in fp32: for a module that OpenVINO doesn't convert, or for a GPU."""

from pathlib import Path

import numpy as np
import torch

from services.model.decode import Pixels
from services.model.engines.engine import SLOTS_PER_CPU, Engine, Logits


def load(folder: Path, threads: int) -> Engine:
    """An artifact's `model.pt2`."""
    torch.set_num_threads(1)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    module = torch.export.load(folder / "model.pt2").module().to(device)

    def infer(pixels: Pixels) -> Logits:
        with torch.inference_mode():
            batch = torch.from_numpy(pixels[np.newaxis]).to(device)
            logits: Logits = module(batch)[0].float().cpu().numpy()
        return logits

    return Engine((infer,) * (SLOTS_PER_CPU * threads))
