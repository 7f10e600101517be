"""PyTorch as an engine."""

from pathlib import Path

import numpy as np
import pytest
import torch

from services.model import engines
from services.model.engines.engine import SLOTS_PER_CPU

pytestmark = pytest.mark.torch
SIZE = 4


class Means(torch.nn.Module):
    """Gives each channel's mean."""

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        """(N, H, W, 3) -> (N, 3)."""
        return batch.float().mean((1, 2))


def test_a_program_answers_for_every_slot(tmp_path: Path) -> None:
    example = torch.zeros(1, SIZE, SIZE, 3, dtype=torch.uint8)
    torch.export.save(torch.export.export(Means(), (example,)), tmp_path / "model.pt2")
    engine = engines.load("torch", tmp_path, threads=2)
    assert len(engine.infers) == 2 * SLOTS_PER_CPU
    assert engine.infer(np.full((SIZE, SIZE, 3), 7, np.uint8)).tolist() == [7, 7, 7]
